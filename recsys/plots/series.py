"""Pictures of what changes with time: weekly figures, ratings a day, the losses of a training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from recsys.arrays import Doubles
from recsys.charts import Chart
from recsys.errors import InvalidData
from recsys.plots.canvas import ACCENT, CALM, FAINT, MUTED, figure_of, heading, png
from recsys.progress import Step

_COLUMNS = 2  # of charts: a phone is held upright
_MOST_BARS = 120  # days; a longer history is drawn by weeks
_AVERAGED = 7  # days
_ROOM = timedelta(days=3)  # at both ends, at least
_LONG = 300  # days; over more of them months stand with their year
_COLOURS = (CALM, MUTED)
_CHART_HEIGHT, _LETTERS = 135, 13  # points: of a chart, about, and of a line of letters
_NICE = (1, 2, 5, 10)  # steps between ticks


def draw_charts(moments: Sequence[date], charts: Sequence[Chart], title: str, note: str = "") -> bytes:
    """A PNG of small multiples over the same time, a note below: each with its last values written out, the
    first ones as dotted lines, bounds as dashed ones. Raises InvalidData without moments or charts."""
    if not moments or not charts:
        raise InvalidData("there is nothing to draw yet")
    rows = math.ceil(len(charts) / _COLUMNS)
    with figure_of(10.5, 0.9 + 2.6 * rows) as figure:
        grid = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for axes, chart in zip(grid, charts, strict=False):
            _chart(axes, moments, chart)
        for axes in grid[len(charts) :]:
            axes.set_visible(False)
        heading(figure, title)
        figure.supxlabel(note, x=0.02, ha="left", fontsize=9, color=MUTED)
        return png(figure)


def draw_per_day(counts: Mapping[date, int], title: str, per_day: str, per_week: str, average: str) -> bytes:
    """A PNG of bars, one a day, with the mean of the last seven days as a line; one a week where there are
    many days. Days that `counts` leaves out have none. Raises InvalidData without days.

    `per_day`, `per_week` say what a bar is, `average` what the line is.
    """
    if not counts:
        raise InvalidData("there is no day to draw")
    first, last = min(counts), max(counts)
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    values = np.array([counts.get(day, 0) for day in days], np.float64)
    with figure_of(10.5, 5.2) as figure:
        axes = figure.add_subplot()
        if len(days) <= _MOST_BARS:
            axes.bar(days, values, width=0.8, color=FAINT)  # type: ignore[arg-type]
            if len(days) > _AVERAGED:
                axes.plot(days, _trailing_mean(values), color=CALM, linewidth=2, label=average)  # type: ignore[arg-type]
                axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2)
            axes.set_ylabel(per_day)
        else:
            weeks, sums = _by_week(days, values)
            axes.bar(weeks, sums, width=6.2, align="edge", color=CALM)  # type: ignore[arg-type]
            axes.set_ylabel(per_week)
        heading(figure, title)
        _calendar(axes, days, most=8)
        axes.set_ylim(bottom=0, top=max(1.0, axes.get_ylim()[1]))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=_NICE))
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        return png(figure)


def draw_losses(steps: Sequence[Step], title: str, train: str, valid: str, step: str, loss: str) -> bytes:
    """A PNG of the losses of the stars, epoch by epoch or sweep by sweep, with the best valid one marked.
    Each chain of draws is a line of its own.

    The words name the two lines and the two axes. Raises InvalidData where nothing was measured.
    """
    stars = [each for each in steps if each.part == "stars"]
    numbers = np.array([each.number for each in stars])
    chains = np.array([each.chain for each in stars])
    measured = {
        train: (np.array([each.train_loss for each in stars]), MUTED),
        valid: (np.array([each.valid_loss for each in stars]), CALM),
    }
    if not any(np.isfinite(values).any() for values, _ in measured.values()):
        raise InvalidData("no loss was measured in this training")
    with figure_of(10.5, 5.6) as figure:
        axes = figure.add_subplot()
        for label, (values, colour) in measured.items():
            there = np.isfinite(values)
            for at, chain in enumerate(np.unique(chains[there])):
                mine = there & (chains == chain)
                marker, name = "o" if mine.sum() == 1 else "", "_" if at else label  # _ is not in the legend
                axes.plot(numbers[mine], values[mine], color=colour, linewidth=2, marker=marker, label=name)
        losses = measured[valid][0]
        if np.isfinite(losses).any():
            best = int(np.nanargmin(losses))
            axes.plot(numbers[best], losses[best], "o", color=ACCENT, zorder=4)
            axes.annotate(
                f"{losses[best]:.4f}",
                (numbers[best], losses[best]),
                xytext=(0, -14),
                textcoords="offset points",
                ha="center",
                color=ACCENT,
            )
        heading(figure, title)
        axes.legend(loc="upper right")
        axes.set_xlabel(step)
        axes.set_ylabel(loss)
        axes.margins(y=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        return png(figure)


def _chart(axes: Axes, moments: Sequence[date], chart: Chart) -> None:
    ends: list[tuple[float, str, str, date]] = []  # value, what is said, colour, moment
    for curve, colour in zip(chart.curves, _COLOURS, strict=False):
        values = np.array([math.nan if value is None else value for value in curve.values])
        axes.plot(moments, values, color=colour, linewidth=1.8, marker="o", markersize=4, clip_on=False)  # type: ignore[arg-type]
        there = np.flatnonzero(np.isfinite(values))
        if not there.size:
            continue
        if there.size > 1:
            axes.axhline(values[there[0]], color=colour, linewidth=0.8, linestyle=":", alpha=0.7)
        last = there[-1]
        said = _written(float(values[last]), chart.percent)
        written = f"{said} {curve.label}" if len(chart.curves) > 1 else said
        ends.append((float(values[last]), written, colour, moments[last]))
    axes.set_title(chart.title)
    axes.margins(y=0.2)
    _calendar(axes, moments, most=5)
    if all(value is None for curve in chart.curves for value in curve.values):
        axes.text(0.5, 0.5, "–", transform=axes.transAxes, ha="center", va="center", color=MUTED, fontsize=16)
        axes.set_yticks([])
        return
    for bound in chart.bounds:
        axes.axhline(bound, color=ACCENT, linewidth=0.9, linestyle="--", alpha=0.8)
    if chart.from_zero:
        axes.set_ylim(bottom=0)
    if chart.most is not None:
        axes.set_ylim(top=min(chart.most, axes.get_ylim()[1]))
    _write_ends(axes, ends)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=_NICE))
    if chart.percent:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(100 * value, 9):g} %"))
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _write_ends(axes: Axes, ends: Sequence[tuple[float, str, str, date]]) -> None:
    """The last values beside their points, moved apart where they would lie over one another."""
    low, high = axes.get_ylim()
    below = math.inf  # the middle of the highest line that still fits, in points
    for value, said, colour, moment in sorted(ends, key=lambda end: -end[0]):
        place = (value - low) / (high - low) * _CHART_HEIGHT
        moved = min(place, below)
        below = moved - _LETTERS
        axes.annotate(
            said,
            (moment, value),
            xytext=(7, moved - place),
            textcoords="offset points",
            va="center",
            color=colour,
            fontweight="bold",
            fontsize=9,
            annotation_clip=False,
        )


def _written(value: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:.1f} %" if abs(value) < 0.1 else f"{100 * value:.0f} %"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _calendar(axes: Axes, days: Sequence[date], most: int) -> None:
    """At most so many of the days, the last one always, and room at both ends."""
    step = math.ceil(len(days) / most)
    shown = days[::-1][::step]
    years = (days[-1] - days[0]).days > _LONG
    labels = [f"{day:%b %Y}" if years else f"{day.day} {day:%b}" for day in shown]
    axes.set_xticks(shown, labels)  # type: ignore[arg-type]
    room = max(_ROOM, (days[-1] - days[0]) * 0.04)
    axes.set_xlim(days[0] - room, days[-1] + room)  # type: ignore[arg-type]


def _trailing_mean(values: Doubles) -> Doubles:
    """The mean of each day and the six before it, of fewer at the beginning."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - _AVERAGED)
    means: Doubles = (sums[ends] - sums[starts]) / (ends - starts)
    return means


def _by_week(days: Sequence[date], values: Doubles) -> tuple[list[date], list[float]]:
    """Sums of the weeks, each under its Monday."""
    sums: dict[date, float] = {}
    for day, value in zip(days, values, strict=True):
        monday = day - timedelta(days=day.weekday())
        sums[monday] = sums.get(monday, 0.0) + float(value)
    return list(sums), list(sums.values())
