"""What all pictures share: colours, letters, and the way to PNG."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

DPI = 110  # dots per inch
_LETTERS_PER_INCH = 7  # of a heading
INK, MUTED, FAINT, ACCENT, CALM = "#1f2430", "#6b7280", "#c3c7d1", "#b5452c", "#2f6f8f"

_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # titles may hold dollars
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titlepad": 10,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "grid.color": "#e8eaef",
    "legend.frameon": False,
    "legend.fontsize": 9,
}


@contextmanager
def figure_of(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of so many inches; all that is drawn in the block has our style."""
    with mpl.rc_context(_STYLE):
        figure = Figure(
            figsize=(width, height), dpi=DPI, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
        )
        yield figure


def heading(figure: Figure, text: str) -> None:
    """The title of a whole picture, over its left edge."""
    # Not matplotlib's own wrapping, which takes dollars for mathematics whatever the style says.
    lines = textwrap.wrap(text, int(figure.get_figwidth() * _LETTERS_PER_INCH))
    figure.suptitle("\n".join(lines), x=0.02, ha="left", fontsize=14, fontweight="bold")


def png(figure: Figure) -> bytes:
    """The picture as PNG."""
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def elide(text: str, longest: int) -> str:
    """At most so many letters, the last an ellipsis where some are missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
