"""More like this: one vector per film, and the cosine between them.

A film's vector joins its ranker factors (who likes it), its genres (what it is), and what is not known of
it. Each part has length one and is scaled by the square root of its weight; so the cosine of two films is a
weighted mean of their parts' cosines. The factors' weight grows with the number of ratings. What it lacks
goes to a dimension that is the film's own, in which it is like nothing else: a film that one person rated
cannot crowd the list of a famous one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.content import unit_rows
from recsys.ranker import FloatArray, IntArray

__all__ = ["Neighbours"]

FACTOR_WEIGHT, GENRE_WEIGHT = 0.6, 0.4  # as 2.1 to 1.4 in a logistic fit to human judgements of pairs
TRUSTED_AFTER = 10  # ratings at which the factors have half their weight


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """`vectors` (n_films, n) without the films' own dimensions: what a row lacks to length one lies there."""

    vectors: FloatArray

    @classmethod
    def build(cls, film_factors: FloatArray, genres: FloatArray, counts: FloatArray) -> Neighbours:
        """From ranker factors, idf genre vectors and ratings per film, all in catalog order."""
        weight = FACTOR_WEIGHT * counts / (counts + TRUSTED_AFTER)
        taste = unit_rows(film_factors) * np.sqrt(weight)[:, None]
        kind = unit_rows(genres) * np.sqrt(GENRE_WEIGHT)
        return cls(np.hstack([taste, kind]).astype(np.float32))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What an artifact stores."""
        return {"vectors": self.vectors}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Neighbours:
        """The inverse of `arrays`."""
        return cls(np.asarray(arrays["vectors"], np.float32))

    def cosines(self, movie_rows: IntArray) -> FloatArray:
        """Cosine of every film with the sum of the films at `movie_rows`, these apart; shape (n_films,)."""
        seeds = self.vectors[movie_rows]
        total = seeds.sum(axis=0)
        own = len(seeds) - np.square(seeds).sum()  # squared length in the seeds' own dimensions
        cosines: FloatArray = self.vectors @ (total / np.sqrt(total @ total + own))
        return cosines
