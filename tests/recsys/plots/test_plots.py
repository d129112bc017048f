"""Pictures as bytes: their form, the figures they are drawn from, and titles with odd letters."""

from __future__ import annotations

import io
from datetime import date, timedelta
from textwrap import wrap
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from recsys import InvalidData, Recommender
from recsys.arrays import Floats
from recsys.charts import Chart, Curve
from recsys.interpretation import extreme_biases, factor_map
from recsys.plots import draw_biases, draw_charts, draw_losses, draw_map, draw_per_day
from recsys.progress import Step

MONDAY = date(2026, 10, 26)
ODD = "Mad $\\frac{$ & <co>: a subtitle that does not end where others do, ever"
WORDS = ("ratings a day", "ratings a week", "mean of seven days")


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure, in the order in which they were saved."""
    figures: list[Figure] = []
    save = Figure.savefig

    def keep(figure: Figure, *args: Any, **kwargs: Any) -> None:
        figures.append(figure)
        save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def pixels(png: bytes) -> Floats:
    """The picture, shape (height, width, 4)."""
    assert png.startswith(b"\x89PNG")
    return np.asarray(matplotlib.image.imread(io.BytesIO(png)), np.float32)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(match=lambda each: hasattr(each, "get_text"))]  # type: ignore[attr-defined]


def test_the_map_is_a_picture_of_all_titles(small_recommender: Recommender, figures: list[Figure]) -> None:
    found = factor_map(small_recommender)
    assert pixels(draw_map(found, [ODD, "Amélie", "Сталкер"])).shape[:2] == (1045, 1430)
    said = texts(figures[0])
    assert {ODD[:29].rstrip() + "…", "Amélie", "Сталкер"} <= set(said)
    assert len(figures[0].axes[0].collections[0].get_offsets()) == len(found.movie_ids)  # type: ignore[arg-type]


def test_biases_are_bars_as_long_as_they_are(small_recommender: Recommender, figures: list[Figure]) -> None:
    lowest, highest = extreme_biases(small_recommender, 4)
    loved = [(f"${each.movie_id} {ODD}", each.bias) for each in highest]
    unloved = [(f"film {each.movie_id}", each.bias) for each in lowest]
    pixels(draw_biases(loved, unloved, ODD, "stars"))
    bars = figures[0].axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx(  # type: ignore[attr-defined]
        [each.bias for each in highest] + [each.bias for each in reversed(lowest)]
    )
    assert f"film {lowest[0].movie_id}" in texts(figures[0])
    assert len(draw_biases(loved, [], "", "")) != len(draw_biases([], unloved, "", ""))


def test_days_without_ratings_are_days(figures: list[Figure]) -> None:
    pixels(draw_per_day({MONDAY: 14, MONDAY + timedelta(days=9): 7}, ODD, *WORDS))
    axes = figures[0].axes[0]
    assert [bar.get_height() for bar in axes.patches] == [14, 0, 0, 0, 0, 0, 0, 0, 0, 7]  # type: ignore[attr-defined]
    mean = axes.lines[0].get_ydata()
    assert mean == pytest.approx(np.array([14 / n for n in range(1, 8)] + [0, 0, 1]))


def test_a_long_history_is_drawn_by_weeks(figures: list[Figure]) -> None:
    days = {MONDAY - timedelta(days=3) + timedelta(days=at): 1 for at in range(200)}
    pixels(draw_per_day(days, ODD, *WORDS))
    heights = [bar.get_height() for bar in figures[0].axes[0].patches]  # type: ignore[attr-defined]
    assert heights == [3, *[7] * 28, 1]
    assert "ratings a week" in texts(figures[0])


def test_each_chart_ends_in_its_last_value(figures: list[Figure]) -> None:
    weeks = [MONDAY + timedelta(weeks=at) for at in range(3)]
    charts = [
        Chart(ODD, [Curve("", [0.5, None, 0.0625])], percent=True, bounds=(0.9,)),
        Chart("two", [Curve("shown", [200, 210, None]), Curve("rated", [None, None, 120.0])], from_zero=True),
        Chart("nothing", [Curve("", [None, None, None])], bounds=(0.5,)),
    ]
    pixels(draw_charts(weeks, charts, ODD, "dotted"))
    said = texts(figures[0])
    assert {
        "6.2 %",
        "210 shown",
        "120 rated",
        "–",
        "26 Oct",
        "2 Nov",
        "9 Nov",
        "dotted",
        "\n".join(wrap(ODD, 73)),
    } <= set(said)
    (line, _first, bound) = figures[0].axes[0].lines
    assert line.get_ydata() == pytest.approx(np.array([0.5, np.nan, 0.0625]), nan_ok=True)
    assert list(bound.get_ydata()) == [0.9, 0.9]  # type: ignore[arg-type]
    assert [axes.get_ylim()[0] == 0 for axes in figures[0].axes[:2]] == [False, True]
    assert len(figures[0].axes[2].lines) == 1  # no bound of nothing


def test_values_that_end_alike_are_written_apart(figures: list[Figure]) -> None:
    lines = [Curve("shown", [272.0]), Curve("rated", [272.4])]
    pixels(draw_charts([MONDAY], [Chart("two", lines, from_zero=True)], "first"))
    high, low = (
        text.get_window_extent()
        for words in ("272 rated", "272 shown")
        for text in figures[0].axes[0].texts
        if text.get_text() == words
    )
    assert low.y1 < high.y0


def test_an_axis_ends_where_there_can_be_no_more(figures: list[Figure]) -> None:
    pixels(draw_charts([MONDAY], [Chart("Gini", [Curve("", [0.999])], most=1.0)], "first"))
    assert figures[0].axes[0].get_ylim()[1] == 1.0


def test_one_week_is_a_picture_too(figures: list[Figure]) -> None:
    pixels(draw_charts([MONDAY], [Chart("one", [Curve("", [0.25])], percent=True)], "first"))
    assert {"25 %", "26 Oct"} <= set(texts(figures[0]))


def test_losses_show_what_was_measured_and_the_best(figures: list[Figure]) -> None:
    words = (ODD, "train", "valid", "epoch", "loss")
    steps = [Step("stars", n, 4, 1.0, 2.0 / n, valid) for n, valid in enumerate([1.5, 0.9, 1.2], 1)]
    steps += [Step("ranker", n, 4, 1.0, 77.0, 0.1) for n in range(1, 3)]
    pixels(draw_losses(steps, *words))
    train, valid, best = figures[0].axes[0].lines
    assert list(train.get_ydata()) == [2.0, 1.0, 2 / 3]  # type: ignore[arg-type]
    assert list(valid.get_ydata()) == [1.5, 0.9, 1.2]  # type: ignore[arg-type]
    assert (list(best.get_xdata()), "0.9000" in texts(figures[0])) == ([2], True)  # type: ignore[arg-type]
    pixels(draw_losses([Step("stars", n, 2, 1.0, train_loss=1.0) for n in (1, 2)], *words))
    assert len(figures[1].axes[0].lines) == 1


def test_each_chain_is_a_line_of_its_own(figures: list[Figure]) -> None:
    losses = [3.0, 1.0, 0.9, 3.1, 1.1, 0.8]
    steps = [
        Step("stars", n, 6, 1.0, train_loss=loss, chain=1 + (n > 3)) for n, loss in enumerate(losses, start=1)
    ]
    pixels(draw_losses(steps, ODD, "draws", "valid", "pass", "loss"))
    lines = figures[0].axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [losses[:3], losses[3:]]  # type: ignore[arg-type]
    assert [list(line.get_xdata()) for line in lines] == [[1, 2, 3], [4, 5, 6]]  # type: ignore[arg-type]
    assert [line.get_label() for line in lines] == ["draws", "_"]  # named once


def test_there_is_no_picture_of_nothing() -> None:
    with pytest.raises(InvalidData, match="no biases"):
        draw_biases([], [], "", "")
    with pytest.raises(InvalidData, match="no day"):
        draw_per_day({}, "", *WORDS)
    with pytest.raises(InvalidData, match="nothing to draw"):
        draw_charts([], [Chart("", [])], "")
    with pytest.raises(InvalidData, match="no loss"):
        draw_losses([Step("stars", 1, 1, 1.0), Step("ranker", 1, 1, 1.0, 1.0, 1.0)], "", "", "", "", "")
