"""Which films to ask a newcomer about: known to many, telling about taste, unlike what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.ranker import FloatArray, IntArray

__all__ = ["Elicitation"]

SPREAD_SHRINKAGE = 20  # ratings that weigh as much as knowing nothing of how opinions differ
VARIETY = 0.5  # share of its worth that a film loses when all films asked before had its genres


@dataclass(frozen=True, slots=True, eq=False)
class Elicitation:
    """`worth` (n_films,) is popularity × variance of ratings: P(seen) times what an answer tells.

    A first cut of Rashid et al., *Getting to Know You*, 2002.
    """

    worth: FloatArray

    @classmethod
    def build(cls, movie_rows: IntArray, values: FloatArray, n_films: int) -> Elicitation:
        """From the ratings of training people."""
        counts = np.bincount(movie_rows, minlength=n_films)
        means = np.bincount(movie_rows, values, n_films) / np.maximum(counts, 1)
        squares = np.bincount(movie_rows, (values - means[movie_rows]) ** 2, n_films)
        overall = squares.sum() / max(len(values), 1)
        variance = (squares + SPREAD_SHRINKAGE * overall) / (counts + SPREAD_SHRINKAGE)
        return cls((counts * variance).astype(np.float32))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What an artifact stores."""
        return {"worth": self.worth}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Elicitation:
        """The inverse of `arrays`."""
        return cls(np.asarray(arrays["worth"], np.float32))

    def choose(self, n: int, *, asked: IntArray, kinds: FloatArray) -> list[int]:
        """Rows of the `n` films to ask next, best first, none of `asked`.

        `kinds` (n_films, m) are vectors of length one; a film like those already asked or chosen waits.
        """
        worth = self.worth.copy()
        worth[asked] = -np.inf
        left = len(worth) - len(np.unique(asked))
        told = kinds[asked].sum(axis=0)
        chosen: list[int] = []
        while len(chosen) < min(n, left):
            likeness = kinds @ told / max(len(asked) + len(chosen), 1)
            best = int(np.argmax(worth * (1 - VARIETY * likeness)))
            chosen.append(best)
            worth[best] = -np.inf
            told = told + kinds[best]
        return chosen
