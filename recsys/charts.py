"""What small charts show, apart from how they are drawn: nothing here loads matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """One value for each moment, None where there is none. The label is shown if a chart has several."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """A small chart. `bounds` are values not to be passed; `percent` writes 0.5 as 50 %.

    `from_zero` draws no axis that would make much of little; `most` is where the axis ends if there can
    be no more.
    """

    title: str
    curves: Sequence[Curve]
    percent: bool = False
    bounds: Sequence[float] = ()
    from_zero: bool = False
    most: float | None = None
