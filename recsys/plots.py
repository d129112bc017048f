"""Pictures of what was learned, with matplotlib, which the process that answers people never loads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from recsys.interpretation import FilmMap

__all__ = ["draw_map", "place_labels"]

SIZE, DPI = (13.0, 9.5), 110  # inches; dots per inch
DISTANCES = (7, 16, 28, 42, 60, 80, 105)  # points from a film to its label
DIRECTIONS = 16
NEAR = 12  # pixels from a film to its label that need no line
CLEAR = 3  # pixels that labels keep between them
INK, FAINT, ACCENT = "#1f2430", "#c3c7d1", "#b5452c"


def draw_map(film_map: FilmMap, labels: Sequence[str], path: Path) -> None:
    """Write a PNG: every film a dot, and the first `len(labels)` of them with their titles."""
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    named = film_map.points[: len(labels)]
    axes.scatter(film_map.points[:, 0], film_map.points[:, 1], s=6, color=FAINT, linewidths=0)
    axes.scatter(named[:, 0], named[:, 1], s=14, color=ACCENT, linewidths=0, zorder=3)
    axes.set_title(
        f"The {len(film_map.movie_ids)} most rated films by what people think of them", loc="left", color=INK
    )
    axes.set_xlabel(f"first principal component, {film_map.shares[0]:.0%} of the variance", color=INK)
    axes.set_ylabel(f"second principal component, {film_map.shares[1]:.0%} of the variance", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.06)
    canvas.draw()  # type: ignore[no-untyped-call]  # now pixels are known
    _annotate(axes, canvas, named, labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def place_labels(
    points: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], inside: Bbox, scale: float = 1.0
) -> npt.NDArray[np.float64]:
    """Where labels of these `sizes` (n, 2) go so that they hide one another little; centres (n, 2).

    Everything is in pixels; `scale` is pixels per point. One by one, each takes the spot around its point
    that covers the least of the labels before it and of the points, and the nearest of equals.
    """
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    rays = np.column_stack([np.cos(angles), np.sin(angles)])
    centres = np.zeros_like(points)
    for label, (point, size) in enumerate(zip(points, sizes, strict=True)):
        spots = np.vstack([point + rays * (distance * scale + size / 2) for distance in DISTANCES])
        low, high = spots - size / 2 - CLEAR, spots + size / 2 + CLEAR
        others = centres[:label], sizes[:label]
        covered = _overlap(low, high, others[0] - others[1] / 2, others[0] + others[1] / 2)
        dots = _overlap(low, high, points - CLEAR, points + CLEAR)
        beyond = np.maximum(inside.min - low, 0).sum(1) + np.maximum(high - inside.max, 0).sum(1)
        away = np.repeat(DISTANCES, DIRECTIONS)
        cost = covered + 3 * dots + 100 * beyond + away
        centres[label] = spots[cost.argmin()]
    return centres


def _overlap(
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    others_low: npt.NDArray[np.float64],
    others_high: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Area in which each of some boxes (n, 2) lies over others (m, 2), in all; shape (n,)."""
    sides = np.minimum(high[:, None], others_high) - np.maximum(low[:, None], others_low)
    area: npt.NDArray[np.float64] = sides.clip(0).prod(axis=2).sum(axis=1)
    return area


def _annotate(
    axes: Axes, canvas: FigureCanvasAgg, points: npt.NDArray[np.float64], labels: Sequence[str]
) -> None:
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    texts = [
        axes.text(x, y, label, fontsize=8, color=INK, ha="center", va="center", zorder=4, parse_math=False)
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
        if np.linalg.norm(edge - pixel) > NEAR:
            line = to_data.transform([pixel, edge])
            axes.plot(line[:, 0], line[:, 1], color=ACCENT, linewidth=0.5, alpha=0.6, zorder=2)
