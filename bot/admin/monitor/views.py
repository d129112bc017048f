"""The figures of the feedback loop as words and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.admin.monitor.service import MonitorReport
from bot.pictures import Charts
from bot.process.bounds import Bound, enough
from bot.texts import Html, Translator
from recsys.charts import Chart, Curve
from recsys.monitoring import Figure, Figures

# In the order in which they are shown; whether more of it is better.
_MORE_IS_BETTER = {
    "gini": False,
    "coverage": True,
    "popularity_lift": False,
    "miscalibration": False,
    "most_active_share": False,
    "hit_rate": True,
}
_SHARES = frozenset({"coverage", "popularity_lift", "most_active_share", "hit_rate"})
_AT_MOST_ONE = frozenset({"gini", "coverage", "most_active_share", "hit_rate"})
_FEW = "*"
_BETTER, _WORSE, _SAME, _NOTHING = "🟢", "🔴", "⚪", "–"


def report_text(report: MonitorReport, t: Translator) -> Html:
    """Each figure now, and against the week before and the first one where there are any."""
    last = report.before[-1] if report.before else None
    first = report.before[0] if len(report.before) > 1 else None
    title = t.html("monitor.digest", week=report.week) if report.week else t.html("monitor.title")
    lines: list[str] = [title]
    if last is not None:
        lines.append(t.html("monitor.against", last=last.week))
    if first is not None:
        lines.append(t.html("monitor.against_first", first=first.week))
    lines.append(t.html("monitor.no_week" if last is None else "monitor.signs"))
    lines.append("")
    past = [each.figures for each in (last, first) if each is not None]
    lines += [_line(name, report.now, past, t) for name in _MORE_IS_BETTER]
    now = report.now
    lines.append("")
    if any(_few(name, now) for name in _MORE_IS_BETTER):
        lines.append(t.html("monitor.few", mark=_FEW))
    lines.append(t.html("monitor.stands_on", count=now.gini.n, people=now.popularity_shown.n))
    lines.append(t.html("monitor.ripe", count=now.hit_rate.n))
    return Html("\n".join(lines))


def report_picture(report: MonitorReport, bounds: Sequence[Bound], t: Translator) -> Charts:
    """Small charts, week by week, with the figures of now at the end; bounds of those that stand on enough
    cases to pass them."""
    weeks = [*((each.monday, each.figures) for each in report.before), (report.day, report.now)]

    def curve(name: str, label: str = "") -> Curve:
        return Curve(label, [getattr(figures, name).value for _, figures in weeks])

    popularity = Chart(
        t.plain("monitor.popularity"),
        [
            curve("popularity_shown", t.plain("monitor.shown")),
            curve("popularity_rated", t.plain("monitor.rated")),
        ],
        from_zero=True,
    )
    charts = [
        popularity
        if name == "popularity_lift"
        else Chart(
            t.plain(f"monitor.figure.{name}"),
            [curve(name)],
            percent=name in _SHARES,
            bounds=[bound.value for bound in bounds if bound.figure == name and enough(name, report.now)],
            from_zero=name != "gini",  # whose whole range is near one
            most=1.0 if name in _AT_MOST_ONE else None,
        )
        for name in _MORE_IS_BETTER
    ]
    return Charts(
        moments=[day for day, _ in weeks],
        charts=charts,
        title=t.plain("monitor.picture"),
        note=t.plain("monitor.note"),
    )


def picture_text(t: Translator) -> Html:
    """What stands below the picture, which comes after the words."""
    return t.html("monitor.caption")


def alert_text(payload: Mapping[str, Any], t: Translator) -> Html:
    """Which figure is past which bound."""
    name, measured = str(payload["figure"]), payload["measured"][payload["figure"]]
    return t.html(
        "monitor.alert.above" if payload["above"] else "monitor.alert.below",
        name=t.plain(f"monitor.figure.{name}"),
        value=_written(name, measured["value"]),
        bound=_written(name, payload["value"]),
        why=t.plain(f"monitor.alert.why.{name}"),
    )


def _line(name: str, now: Figures, past: Sequence[Figures], t: Translator) -> str:
    figure: Figure = getattr(now, name)
    value = _written(name, figure.value)
    if name == "popularity_lift" and figure.value is not None:
        shown, rated = (round(each.value or 0) for each in (now.popularity_shown, now.popularity_rated))
        value = t.plain("monitor.lift", lift=value, shown=shown, rated=rated)
    line = t.html("monitor.line", name=t.plain(f"monitor.figure.{name}"), value=value)
    if _few(name, now):
        line = Html(f"{line} {_FEW}")
    for then in past:
        line = Html(f"{line} · {_compared(name, now, then)}")
    return line


def _few(name: str, figures: Figures) -> bool:
    """Whether a figure was measured, on too few cases."""
    return getattr(figures, name).value is not None and not enough(name, figures)


def _compared(name: str, figures: Figures, past: Figures) -> str:
    """What it was, after a sign that says how it is by now; without one where there are too few cases."""
    now: Figure = getattr(figures, name)
    then: Figure = getattr(past, name)
    if then.value is None or now.value is None or _few(name, figures) or _few(name, past):
        return _written(name, then.value)
    written = _written(name, then.value)
    if written == _written(name, now.value):
        return f"{_SAME} {written}"
    better = (now.value > then.value) == _MORE_IS_BETTER[name]
    return f"{_BETTER if better else _WORSE} {written}"


def _written(name: str, value: float | None) -> str:
    if value is None:
        return _NOTHING
    if name in _SHARES:
        sign = "+" if name == "popularity_lift" else ""
        return f"{100 * value:{sign}.1f} %".replace("-", "−")
    return f"{value:.3f}"
