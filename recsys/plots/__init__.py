"""Pictures as PNG, with matplotlib, which the process that answers people never loads.

Imports what is drawn: `recsys.charts`, `recsys.interpretation` and `recsys.progress`.
"""

from __future__ import annotations

from recsys.plots.films import draw_biases, draw_map
from recsys.plots.placing import place_labels
from recsys.plots.series import draw_charts, draw_losses, draw_per_day

__all__ = [
    "draw_biases",
    "draw_charts",
    "draw_losses",
    "draw_map",
    "draw_per_day",
    "place_labels",
]
