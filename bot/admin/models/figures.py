"""Figures and the gate's verdicts, in words and aligned tables. A verdict is the gate's, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.admin.wording import aligned, number
from bot.texts import Html, Translator
from bot.training.publishing import LIVE_CHANGED

JsonVerdict = Mapping[str, Any]
FilmName = Callable[[int], str | None]  # the label of a film by the model's id

_KNOWN = ("rmse", "ndcg", "recall", "coverage")
_WHOLE = ("finite", "vocabulary")  # conditions, not measures: shown only where they are not met
_SHARES = ("recall", "coverage")  # shown in per cent
_BETTER, _WITHIN, _FAILED = "✓", "≈", "✗"
_PREFIX = "holdout_"
_NAMED = 3  # films whose neighbours changed most


def figures_table(metrics: Mapping[str, float], t: Translator) -> Html | None:
    """What was measured of one model; None for nothing."""
    rows = [(_label(name, t), _shown(name, value)) for name, value in metrics.items()]
    return aligned(rows) if rows else None


def verdict_table(
    verdict: JsonVerdict | None, live: int | None, version: int | None, t: Translator
) -> Html | None:
    """Old and new side by side, and a mark for each check, explained where it is not plain; None where
    nothing was compared."""
    rows = [
        (
            _label(check["name"], t),
            _shown(check["name"], check.get("live")),
            _shown(check["name"], check.get("candidate")),
            _mark(check),
        )
        for check in _checks(verdict)
        if check["name"] not in _WHOLE and check.get("candidate") is not None
    ]
    if not rows:
        return None
    head = ("", *(_column(each, t) for each in (live, version)), "")
    table = aligned([head, *rows])
    within = any(mark == _WITHIN for *_, mark in rows)
    return Html(f"{table}\n{t.html('models.within', mark=_WITHIN)}") if within else table


def _mark(check: Mapping[str, Any]) -> str:
    """Better or the same, worse within the margin, or not let pass."""
    if not check.get("passed"):
        return _FAILED
    return _WITHIN if (check.get("difference") or 0.0) < 0 else _BETTER


def reasons(verdict: JsonVerdict | None, t: Translator) -> list[Html]:
    """Why it was refused, a sentence for each check that was not passed, and one if another model serves by
    now than it was compared with."""
    found = [_reason(check, t) for check in _checks(verdict) if not check.get("passed")]
    return [*found, t.html("models.reason.live_changed")] if overtaken(verdict) else found


def overtaken(verdict: JsonVerdict | None) -> bool:
    """Whether another model was made the live one before this one could be."""
    return LIVE_CHANGED in (verdict or {}).get("reasons", ())


def _reason(check: Mapping[str, Any], t: Translator) -> Html:
    name, candidate, difference = check["name"], check.get("candidate"), check.get("difference")
    if name in _WHOLE and candidate is not None:
        return t.html(f"models.reason.{name}", percent=f"{100 * candidate:.1f}")
    if difference is None or name in _WHOLE:
        return t.html("models.reason.nothing", measure=_label(name, t))
    worse, margin = _shown(name, abs(difference)), _shown(name, check.get("margin", 0.0))
    return t.html("models.reason.worse", measure=_label(name, t), by=worse, margin=margin)


def drift_line(verdict: JsonVerdict | None, film_name: FilmName, t: Translator) -> Html | None:
    """How far "more like this" moved, and for which films most."""
    drift = (verdict or {}).get("drift")
    if not drift:
        return None
    titles = (film_name(each["movie_id"]) for each in drift["changed"])
    changed = list(dict.fromkeys(title for title in titles if title))[:_NAMED]  # a merged film is one film
    line = t.html("models.drift", films=drift["films"], percent=round(100 * drift["overlap"]))
    return Html(f"{line} {t.html('models.drift_most', films=', '.join(changed))}") if changed else line


def _checks(verdict: JsonVerdict | None) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = (verdict or {}).get("checks", ())
    return found


def _label(name: str, t: Translator) -> str:
    """A measure's name: those that are known in words, others as they are called."""
    plain = name.removeprefix(_PREFIX)
    base = plain.partition("@")[0]
    return t.plain(f"models.figure.{base}") if base in _KNOWN else plain


def _column(version: int | None, t: Translator) -> str:
    """The head of a column; a verdict does not say which model was live then."""
    return t.plain("models.column_live") if version is None else t.plain("models.column", version=version)


def _shown(name: str, value: float | None) -> str:
    base = name.removeprefix(_PREFIX).partition("@")[0]
    return "–" if value is None else number(value, percent=base in _SHARES)
