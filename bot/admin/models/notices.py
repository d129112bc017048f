"""Notices about models: how a training ended, and that a model could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.admin.announcer import NoticeRenderer
from bot.admin.models.figures import FilmName, drift_line, overtaken, reasons, verdict_table
from bot.admin.models.views import AskPromote, OpenModel, RollBackTo
from bot.admin.wording import cut
from bot.films.library import Library
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from bot.wording import film_label

_Payload = Mapping[str, Any]


def notice_renderers(library: Library) -> dict[str, NoticeRenderer]:
    """Of this room's kinds of notice."""

    async def outcome(payload: _Payload, t: Translator) -> Screen:
        return outcome_screen(payload, partial(_film_name, library), t)

    async def broken(payload: _Payload, t: Translator) -> Screen:
        return broken_screen(payload, t)

    return {"outcome": outcome, "broken": broken}


def _film_name(library: Library, movie_id: int) -> str | None:
    """A film by the model's id, as it is numbered now."""
    try:
        return film_label(library.film(library.film_id(movie_id)))
    except KeyError:
        return None


def outcome_screen(payload: _Payload, film_name: FilmName, t: Translator) -> Screen:
    """Promoted or Refused, old and new side by side, and what can be done next; or Failed, and why."""
    version, live, verdict = payload.get("version"), payload.get("live"), payload.get("verdict")
    kind, job = t.plain(f"training.kind.{payload['kind']}"), payload["job"]
    outcome = payload.get("outcome")
    if outcome not in ("promoted", "refused") or version is None:
        error = cut(payload.get("error") or "")
        return Screen(t.html("models.failed", job=job, kind=kind, error=error))
    first = live is None or live == version
    what = "overtaken" if overtaken(verdict) else f"{outcome}_first" if first else outcome
    sentence = t.plain(f"models.notice.{what}", version=version, live=live)
    word = t.plain(f"models.word.{outcome}")
    lines: list[str] = [t.html("models.outcome", word=word, details=sentence, job=job, kind=kind)]
    table = verdict_table(verdict, None if first else live, version, t)
    lines += [] if table is None else ["", table]
    lines += reasons(verdict, t)
    if verdict and "people" in verdict and table is not None:
        lines.append(t.html("models.measured", people=verdict["people"], ratings=verdict.get("ratings", 0)))
    drift = drift_line(verdict, film_name, t)
    lines += [] if drift is None else [drift]
    return Screen("\n".join(lines), (_next(outcome, version, None if first else live, t),))


def _next(outcome: str, version: int, live: int | None, t: Translator) -> tuple[Button, ...]:
    details = Button(t.plain("button.model", version=version), OpenModel(version))
    if outcome == "refused":
        return (Button(t.plain("button.promote", version=version), AskPromote(version)), details)
    if live is None:
        return (details,)
    return (Button(t.plain("button.roll_back", version=live), RollBackTo(live)), details)


def broken_screen(payload: _Payload, t: Translator) -> Screen:
    """A model could not be read, and another serves."""
    lines = [t.html("models.broken", version=payload["version"], live=payload["live"])]
    if reason := payload.get("reason"):
        lines.append(t.html("models.because", reason=cut(reason)))
    return Screen("\n".join(lines))
