"""Bounds of figures, as MATINEE_ALERTS names them: admins get a notice at once where one is passed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields

from recsys.monitoring import Figure, Figures

# ml-100k's people, shown the ten most rated films alone: Gini .994, lift 1.55, miscalibration .60; shown all
# that they rated: .63, 0, .07; shown ten films of their own by chance: miscalibration .69, since ten are few.
# The most active hundredth of them gave .05 of all ratings.
DEFAULT_BOUNDS = "gini>0.98,popularity_lift>1.2,miscalibration>1.5,most_active_share>0.3,hit_rate<0.01"

# Cases below which a figure says more about how little there is than about the loop.
_EXPOSURES, _PEOPLE, _HUNDREDTH, _RIPE = 1000, 20, 100, 200
_ENOUGH = {
    "gini": _EXPOSURES,
    "popularity_shown": _PEOPLE,
    "popularity_rated": _PEOPLE,
    "popularity_lift": _PEOPLE,
    "miscalibration": _PEOPLE,
    "most_active_share": _HUNDREDTH,  # one in a hundred is nobody among fewer
    "hit_rate": _RIPE,
}
_FIGURES = tuple(field.name for field in fields(Figures))
_FORM = re.compile(r"(\w+)\s*([<>])\s*(\S+)")


def enough(name: str, figures: Figures) -> bool:
    """Whether a figure stands on enough cases to say something about the loop."""
    if name == "coverage":  # which counts films: what matters is how often one was shown
        return figures.gini.n >= _EXPOSURES
    figure: Figure = getattr(figures, name)
    return figure.n >= _ENOUGH[name]


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that a figure must not rise above (`above`), or fall below."""

    figure: str
    above: bool
    value: float

    def passed(self, figures: Figures) -> bool:
        """Whether the figure is past it, and stands on enough cases to say so."""
        figure: Figure = getattr(figures, self.figure)
        if figure.value is None or not enough(self.figure, figures):
            return False
        return figure.value > self.value if self.above else figure.value < self.value


def parse_bounds(text: str) -> tuple[Bound, ...]:
    """From "gini>0.98,hit_rate<0.01", or "off". Raises ValueError that says what is wrong."""
    if text.strip().lower() == "off":
        return ()
    return tuple(_bound(part.strip()) for part in text.split(",") if part.strip())


def _bound(part: str) -> Bound:
    form = _FORM.fullmatch(part)
    if form is None or form[1] not in _FIGURES:
        raise ValueError(f"must be off, or bounds as gini>0.98,hit_rate<0.01 of {', '.join(_FIGURES)}")
    try:
        value = float(form[3])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{form[3]} is no number")
    return Bound(form[1], form[2] == ">", value)
