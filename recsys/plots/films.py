"""Pictures of what was learned of films: the map, and the biases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from recsys.arrays import Doubles
from recsys.errors import InvalidData
from recsys.interpretation import FactorMap
from recsys.plots.canvas import ACCENT, CALM, DPI, FAINT, INK, MUTED, elide, figure_of, heading, png
from recsys.plots.placing import place_labels

_NEAR = 12  # pixels from a film to its label that need no line
_LONGEST_ON_MAP, _LONGEST_BESIDE_BAR = 30, 46  # letters of a label


def draw_map(factor_map: FactorMap, labels: Sequence[str]) -> bytes:
    """A PNG: every film a dot, and the first `len(labels)` of them with their titles."""
    with figure_of(13.0, 9.5) as figure:
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        named = factor_map.points[: len(labels)]
        axes.scatter(factor_map.points[:, 0], factor_map.points[:, 1], s=6, color=FAINT, linewidths=0)
        axes.scatter(named[:, 0], named[:, 1], s=14, color=ACCENT, linewidths=0, zorder=3)
        heading(figure, f"The {len(factor_map.movie_ids)} most rated films by what people think of them")
        axes.set_xlabel(f"first principal component, {factor_map.shares[0]:.0%} of the variance")
        axes.set_ylabel(f"second principal component, {factor_map.shares[1]:.0%} of the variance")
        axes.margins(0.06)
        canvas.draw()  # type: ignore[no-untyped-call]  # now pixels are known
        _annotate(axes, canvas, named, [elide(label, _LONGEST_ON_MAP) for label in labels])
        return png(figure)


def draw_biases(
    loved: Sequence[tuple[str, float]], unloved: Sequence[tuple[str, float]], title: str, axis: str
) -> bytes:
    """A PNG: films as bars to the right and to the left, the most extreme outermost.

    Each is (label, bias), the most loved and the least loved first. Labels stand on the other side of zero.
    Raises InvalidData without films.
    """
    if not loved and not unloved:
        raise InvalidData("there are no biases to draw")
    bars = [*loved, *reversed(unloved)]
    gap = np.array([0.0] * len(loved) + [0.6] * len(unloved))  # between the two kinds
    places = np.arange(len(bars)) + gap
    biases = np.array([bias for _, bias in bars])
    with figure_of(10.5, 1.6 + 0.34 * len(bars)) as figure:
        axes = figure.add_subplot()
        colours = [CALM if at < len(loved) else ACCENT for at in range(len(bars))]
        axes.barh(places, biases, height=0.72, color=colours)
        reach = max(float(np.abs(biases).max()), 1e-9)
        for place, (label, bias) in zip(places, bars, strict=True):
            side = -1 if bias > 0 else 1
            words = elide(label, _LONGEST_BESIDE_BAR)
            axes.text(
                side * 0.02 * reach,
                place,
                words,
                va="center",
                ha="right" if side < 0 else "left",
                fontsize=9.5,
            )
            axes.text(
                bias - side * 0.02 * reach,
                place,
                f"{bias:+.2f}".replace("-", "−"),
                va="center",
                ha="left" if side < 0 else "right",
                fontsize=9,
                color=MUTED,
            )
        heading(figure, title)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xlim(-1.25 * reach, 1.25 * reach)
        axes.margins(y=0.02)
        axes.invert_yaxis()
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis)
        return png(figure)


def _annotate(axes: Axes, canvas: FigureCanvasAgg, points: Doubles, labels: Sequence[str]) -> None:
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    texts = [
        axes.text(x, y, label, fontsize=8, ha="center", va="center", zorder=4)
        for (x, y), label in zip(points, labels, strict=True)
    ]
    sizes = np.array([text.get_window_extent(renderer).size for text in texts]).reshape(-1, 2)
    pixels = axes.transData.transform(points)
    centres = place_labels(pixels, sizes, axes.get_window_extent(renderer), DPI / 72)
    to_data = axes.transData.inverted()
    for text, pixel, centre, size in zip(texts, pixels, centres, sizes, strict=True):
        x, y = to_data.transform(centre)
        text.set_position((x, y))
        edge = np.clip(pixel, centre - size / 2, centre + size / 2)
        if np.linalg.norm(edge - pixel) > _NEAR:
            line = to_data.transform([pixel, edge])
            axes.plot(line[:, 0], line[:, 1], color=ACCENT, linewidth=0.5, alpha=0.6, zorder=2)
