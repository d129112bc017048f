"""Versions of the model as messages: the list, one of them, and what /rollback and /promote say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.admin.models.figures import JsonVerdict, figures_table, reasons, verdict_table
from bot.admin.models.service import PAGE, ModelsPage, SwitchPlan
from bot.admin.ways import back_to
from bot.admin.wording import cut, echo, span
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen, in_rows, page_buttons
from bot.texts import Html, Translator
from storage.running.models import Model

_PER_ROW = 4
_HEADLINE = "holdout_rmse"  # the one figure of a line


@record("am")
class ShowModels(Record):
    """The page of the list that begins at this offset."""

    offset: int


@record("ad")
class ShowModel(Record):
    """One model, opened from the page that begins at this offset."""

    version: int
    offset: int


@record("ao")
class OpenModel(Record):
    """One model, below the notice about it, which stays with its buttons."""

    version: int


@record("ar")
class RollBackTo(Record):
    """Make this model the live one; one that the gate refused is left alone."""

    version: int


@record("ap")
class AskPromote(Record):
    """Is this model to serve, whatever the gate says?"""

    version: int


@record("ay")
class PromoteNow(Record):
    """It is."""

    version: int


@record("an")
class KeepLive(Record):
    """It is not."""


def models_screen(page: ModelsPage, now: datetime, t: Translator) -> Screen:
    """A line and a button for each, and Newer and Older."""
    lines = [t.html("models.title", count=page.total), ""]
    lines += [_line(model, now, t) for model in page.models]
    buttons = [
        Button(t.plain("button.number", number=model.version), ShowModel(model.version, page.offset))
        for model in page.models
    ]
    turns = page_buttons(page.offset, PAGE, page.total, ShowModels, t)
    return Screen("\n".join(lines), (*in_rows(buttons, _PER_ROW), (*turns, back_to("models", t))))


def _line(model: Model, now: datetime, t: Translator) -> Html:
    origin, age = t.plain(f"models.origin.{model.origin}"), span(now - model.made_at, t)
    error = model.metrics.get(_HEADLINE)
    parts = [t.plain("models.line_age", origin=origin, age=age)]
    parts += [] if error is None else [t.plain("models.line_error", error=f"{error:.3f}")]
    state = _state(model)
    parts += [] if state == "former" else [t.plain(f"models.state.{state}")]
    details = " · ".join(parts)
    return t.html(
        "models.line_live" if state == "live" else "models.line", version=model.version, details=details
    )


def _state(model: Model) -> str:
    """What matters most of it: live, pruned, refused or former."""
    return "pruned" if model.pruned_at is not None else model.state


def model_head(model: Model, now: datetime, t: Translator) -> list[Html]:
    """Which model it is, how it came about, and since when it serves."""
    lines = [t.html("models.head", version=model.version, state=t.plain(f"models.state.{_state(model)}"))]
    origin, age = t.plain(f"models.origin.{model.origin}"), span(now - model.made_at, t)
    lines.append(t.html("models.made", origin=origin, age=age))
    if model.state == "live" and model.live_since is not None:
        lines.append(t.html("models.serves_for", age=span(now - model.live_since, t)))
    return lines


def model_screen(model: Model, now: datetime, offset: int, t: Translator) -> Screen:
    """All that is known of one, and what can be done with it."""
    lines: list[str] = [*model_head(model, now, t)]
    if (table := figures_table(model.metrics, t)) is not None:
        lines += ["", t.html("models.figures"), table]
    if model.verdict is not None:
        lines += ["", *_findings(model.verdict, None, model.version, t)]
    rows = [(Button(t.plain("button.back"), ShowModels(offset)),)]
    if model.pruned_at is None and model.state != "live":
        action = AskPromote if model.state == "refused" else RollBackTo
        label = "button.promote" if model.state == "refused" else "button.roll_back"
        rows.insert(0, (Button(t.plain(label, version=model.version), action(model.version)),))
    return Screen("\n".join(lines), tuple(rows))


def _findings(verdict: JsonVerdict, live: int | None, version: int, t: Translator) -> list[Html]:
    """What the gate found, and its reasons if it refused."""
    table = verdict_table(verdict, live, version, t)
    found = [t.html("models.gate"), *([] if table is None else [table])]
    return [*found, *reasons(verdict, t)]


def confirm_screen(model: Model, now: datetime, t: Translator) -> Screen:
    """Is it to serve although the gate said no, or never judged it?"""
    lines: list[str] = [t.html("models.confirm", version=model.version), *model_head(model, now, t)[1:]]
    if model.verdict is None:
        lines += ["", t.html("models.unjudged")]
    else:
        lines += ["", *_findings(model.verdict, None, model.version, t)]
    yes = Button(t.plain("button.promote_now", version=model.version), PromoteNow(model.version))
    return Screen("\n".join(lines), ((yes, Button(t.plain("button.cancel"), KeepLive())),))


def kept_screen(live: int, t: Translator) -> Screen:
    """Nothing was changed."""
    return Screen(t.html("models.kept", version=live))


def switched_screen(done: Mapping[str, Any], t: Translator) -> Screen:
    """What `Versions.switch` did: which model serves now, and the way back; or why it did nothing."""
    if "refusal" in done:
        return _refused(done, t)
    if done["was"] is None:
        return Screen(t.html("models.now", version=done["version"]))
    back = Button(t.plain("button.roll_back", version=done["was"]), RollBackTo(done["was"]))
    return Screen(t.html("models.now_not", version=done["version"], was=done["was"]), ((back,),))


def refusal_screen(plan: SwitchPlan, t: Translator) -> Screen:
    """Why a plan cannot be carried out."""
    return _refused({"refusal": plan.refusal, "version": plan.version, "asked": plan.asked}, t)


def _refused(plan: Mapping[str, Any], t: Translator) -> Screen:
    number = echo(str(plan["asked"])) if plan["version"] is None else plan["version"]
    text = t.html(f"models.no.{plan['refusal']}", version=number, reason=cut(str(plan.get("reason", ""))))
    if plan["refusal"] != "refused":
        return Screen(text)
    button = Button(t.plain("button.promote", version=number), AskPromote(plan["version"]))
    return Screen(text, ((button,),))
