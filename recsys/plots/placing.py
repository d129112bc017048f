"""Where labels go so that they hide one another little."""

from __future__ import annotations

import numpy as np
from matplotlib.transforms import Bbox

from recsys.arrays import Doubles

_DISTANCES = (7, 16, 28, 42, 60, 80, 105)  # points from a film to its label
_DIRECTIONS = 16
_CLEAR = 3  # pixels that labels keep between them


def place_labels(points: Doubles, sizes: Doubles, inside: Bbox, scale: float = 1.0) -> Doubles:
    """Where labels of these `sizes` (n, 2) go so that they hide one another little; centres (n, 2).

    Everything is in pixels; `scale` is pixels per point. One by one, each takes the spot around its point
    that covers the least of the labels before it and of the points, and the nearest of equals.
    """
    angles = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    rays = np.column_stack([np.cos(angles), np.sin(angles)])
    centres = np.zeros_like(points)
    for label, (point, size) in enumerate(zip(points, sizes, strict=True)):
        spots = np.vstack([point + rays * (distance * scale + size / 2) for distance in _DISTANCES])
        low, high = spots - size / 2 - _CLEAR, spots + size / 2 + _CLEAR
        others = centres[:label], sizes[:label]
        covered = _overlap(low, high, others[0] - others[1] / 2, others[0] + others[1] / 2)
        dots = _overlap(low, high, points - _CLEAR, points + _CLEAR)
        beyond = np.maximum(inside.min - low, 0).sum(1) + np.maximum(high - inside.max, 0).sum(1)
        away = np.repeat(_DISTANCES, _DIRECTIONS)
        cost = covered + 3 * dots + 100 * beyond + away
        centres[label] = spots[cost.argmin()]
    return centres


def _overlap(
    low: Doubles,
    high: Doubles,
    others_low: Doubles,
    others_high: Doubles,
) -> Doubles:
    """Area in which each of some boxes (n, 2) lies over others (m, 2), in all; shape (n,)."""
    sides = np.minimum(high[:, None], others_high) - np.maximum(low[:, None], others_low)
    area: Doubles = sides.clip(0).prod(axis=2).sum(axis=1)
    return area
