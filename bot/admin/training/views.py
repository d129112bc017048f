"""A training as a message that changes while it goes on, and what /retrain answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.admin.ways import ShowPanel
from bot.admin.wording import cut, echo, span
from bot.pictures import Losses
from bot.telegram.callbacks import AdminsId, Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Html, Translator
from recsys.progress import Step
from storage.running.jobs import Job

_PHASES = ("snapshot", "checking", "training", "gate", "publishing")
_PARTS = ("stars", "ranker")
_CELLS = 14  # of the bar


@record("at")
class StartTraining(Record):
    """Begin a training of this kind."""

    kind: str


@record("as")
class StopTraining(Record):
    """Have this training end."""

    job_id: AdminsId


@record("ac")
class ShowCurves(Record):
    """The losses of the last training as a picture."""


def progress_screen(job: Job, t: Translator) -> Screen:
    """How far a training is, or how it ended; Stop while that can be."""
    return Screen(progress_text(job, t), () if job.finished_at else (stop_row(job, t),))


def stop_row(job: Job, t: Translator) -> tuple[Button, ...]:
    """The button that ends a training."""
    return (Button(t.plain("button.stop"), StopTraining(job.id)),)


def progress_text(job: Job, t: Translator) -> Html:
    """Its head, then what it does now or how it ended."""
    head = t.html("training.head", number=job.id, kind=t.plain(f"training.kind.{job.kind}"))
    lines = [_ending(job, t)] if job.finished_at else _doing(job, t)
    return Html("\n".join([head, "", *lines]))


def _doing(job: Job, t: Translator) -> list[Html]:
    if job.state == "waiting":
        return [t.html("training.waiting")]
    lines = [_phase(job, t)]
    if job.progress:
        lines += _pace(job.progress, t, learning=job.phase == "training")
    if job.attempts > 1:
        lines.append(t.html("training.again", n=job.attempts))
    if job.stop:
        lines.append(t.html("training.stopping"))
    return lines


def _phase(job: Job, t: Translator) -> Html:
    """The step that it is at, of five."""
    if job.phase not in _PHASES:
        return t.html("training.begins")
    doing = t.plain(f"training.phase.{job.phase}")
    return t.html("training.step", n=_PHASES.index(job.phase) + 1, of=len(_PHASES), doing=doing)


def _pace(progress: Mapping[str, Any], t: Translator, *, learning: bool) -> list[Html]:
    """A bar, the pass and its losses while it learns, and the time left; each if it is known."""
    lines = []
    share = _number(progress.get("done"))
    if share is not None:
        full = min(_CELLS, max(0, round(share * _CELLS)))
        bar = "▓" * full + "░" * (_CELLS - full)
        lines.append(t.html("training.bar", bar=bar, percent=_percent(share)))
    if learning:
        lines += _pass(progress, t)
    left = _number(progress.get("seconds_left"))
    if left is not None:
        lines.append(t.html("training.left", span=span(timedelta(seconds=left), t)))
    return lines


def _pass(progress: Mapping[str, Any], t: Translator) -> list[Html]:
    """Which part it learns, how often it has gone through the ratings, and how well it does."""
    lines = []
    part, number, total = (progress.get(name) for name in ("part", "number", "total"))
    if part and number and total:
        doing = t.plain(f"training.part.{part}") if part in _PARTS else str(part)
        lines.append(t.html("training.pass", doing=doing, n=number, of=total))
    # The error of one draw is not that of the model, and does not show whether it gets better.
    if progress.get("chain"):
        return lines
    losses = [
        t.plain(f"training.{name}", loss=f"{loss:.3f}")
        for name in ("train_loss", "valid_loss")
        if (loss := _number(progress.get(name))) is not None
    ]
    if losses:
        lines.append(t.html("training.losses", losses=" · ".join(losses)))
    return lines


def _ending(job: Job, t: Translator) -> Html:
    took = span(job.finished_at - (job.started_at or job.created_at), t) if job.finished_at else ""
    if job.state == "failed":
        return t.html("training.ended.failed", span=took, error=cut(job.error or ""))
    if job.outcome == "promoted":
        return t.html("training.ended.promoted", span=took, version=job.version)
    if job.outcome == "refused":
        return t.html("training.ended.refused", span=took, version=job.version)
    return t.html("training.ended.stopped" if job.state == "stopped" else "training.ended.done", span=took)


def job_line(job: Job, ago: str, t: Translator) -> Html:
    """One line of the panel: when, which kind, why it began, what came of it."""
    result = job.outcome or job.state
    outcome = t.plain(f"training.result.{result}", version=job.version)
    kind, reason = t.plain(f"training.kind.{job.kind}"), t.plain(f"training.reason.{job.reason}")
    return t.html("training.line", ago=ago, kind=kind, reason=reason, outcome=outcome)


def curves_text(job: Job, t: Translator) -> Html:
    """What the picture is of."""
    key = "fine" if job.kind == "fine" else "chains" if any(map(_chain, _points(job))) else "full"
    return t.html(f"training.curves.{key}", number=job.id, kind=t.plain(f"training.kind.{job.kind}"))


def losses_picture(job: Job, t: Translator) -> Losses:
    """The losses of the stars in a training, pass by pass."""
    points = _points(job)
    steps = [
        Step("stars", number, len(points), 0.0, _loss(point[0]), _loss(point[1]), _chain(point))
        for number, point in enumerate(points, start=1)
    ]
    drawn = any(each.chain for each in steps)
    return Losses(
        steps=steps,
        title=t.plain("training.picture", number=job.id),
        train=t.plain("training.picture.draws" if drawn else "training.picture.train"),
        valid=t.plain("training.picture.valid"),
        step=t.plain("training.picture.pass"),
        loss=t.plain("training.picture.loss"),
    )


def _points(job: Job) -> Sequence[Sequence[float | None]]:
    """The curve: of each pass the train loss, the valid loss, and the chain if it is a draw."""
    points: Sequence[Sequence[float | None]] = (job.progress or {}).get("curve") or ()
    return points


def _loss(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _chain(point: Sequence[float | None]) -> int:
    return int(point[2] or 0) if len(point) > 2 else 0


def already_screen(job: Job | None, where: str, t: Translator) -> Screen:
    """There is one: which, how far it is, and where the message is that shows it and has its Stop: "above",
    "below" or "elsewhere". This message changes no more, so it has none."""
    if job is None or job.finished_at is not None:
        return Screen(t.html("training.already_over"))
    kind = t.plain(f"training.kind.{job.kind}")
    text = t.html("training.already", number=job.id, kind=kind, far=_far(job, t))
    rows = ((Button(t.plain("panel.training"), ShowPanel("training")),),) if where == "elsewhere" else ()
    return Screen(f"{text} {t.html(f'training.already_{where}')}", rows)


def _far(job: Job, t: Translator) -> str:
    """How far a training is, in a line."""
    if job.state == "waiting":
        return t.plain("training.far.waiting")
    if job.phase not in _PHASES:
        return t.plain("training.far.begins")
    number, doing = _PHASES.index(job.phase) + 1, t.plain(f"training.phase.{job.phase}")
    step = t.plain("training.far.step", n=number, of=len(_PHASES), doing=doing)
    share = _number((job.progress or {}).get("done"))
    return step if share is None else t.plain("training.far.share", percent=_percent(share), step=step)


def wrong_kind_screen(asked: str, t: Translator) -> Screen:
    """No kind of training is called so."""
    return Screen(t.html("training.wrong", asked=echo(asked)))


def impossible_screen(t: Translator) -> Screen:
    """Nobody can train."""
    return Screen(t.html("training.impossible"))


def _percent(share: float) -> int:
    return min(100, max(0, int(share * 100)))


def _number(value: object) -> float | None:
    """A number that can be shown; what diverged is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
