"""What ratings say about somebody, in figures that they can check: how generous they are, what they like."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_SHRINKAGE = 5  # ratings of a kind that weigh as much as knowing nothing of it
_FEWEST = 3  # films that make a kind worth a word
_NOTICEABLE = 0.2  # stars, after shrinking, from which a difference is taste and not chance
_ENOUGH = 5  # ratings from which somebody's generosity shows


@dataclass(frozen=True, slots=True)
class Leaning:
    """How somebody rates films of one kind: how many, their mean stars, and how far that is above the mean
    of all they rated. `strength` is that difference shrunk towards nothing, in stars: few films make little
    of a taste."""

    kind: str
    films: int
    mean: float
    above: float
    strength: float


def generosity(stars: npt.ArrayLike, typical: npt.ArrayLike) -> float | None:
    """Mean of somebody's stars minus what others give the same films; None for fewer than five ratings.

    `typical` are Recommender.typical_stars of the films; both have shape (n,).
    """
    own, others = np.asarray(stars, np.float64), np.asarray(typical, np.float64)
    if len(own) < _ENOUGH:
        return None
    return float(np.mean(own - others))


def leanings(stars: Sequence[float], kinds: Sequence[Collection[str]]) -> list[Leaning]:
    """The kinds (genres, decades) that somebody rates clearly above or below their own mean, best first.

    `kinds` has the kinds of each film. With n films of a kind the difference d is shrunk to n·d / (n + 5);
    kinds with fewer than three films, or with less than a fifth of a star left, are no taste.
    """
    of_kind: dict[str, list[float]] = {}
    for value, names in zip(stars, kinds, strict=True):
        for name in names:
            of_kind.setdefault(name, []).append(value)
    overall = float(np.mean(stars)) if stars else 0.0
    found = [_leaning(kind, values, overall) for kind, values in of_kind.items() if len(values) >= _FEWEST]
    clear = [leaning for leaning in found if abs(leaning.strength) >= _NOTICEABLE]
    return sorted(clear, key=lambda leaning: (-leaning.strength, leaning.kind))


def _leaning(kind: str, values: Sequence[float], overall: float) -> Leaning:
    n, mean = len(values), float(np.mean(values))
    above = mean - overall
    return Leaning(kind, n, mean, above, n * above / (n + _SHRINKAGE))
