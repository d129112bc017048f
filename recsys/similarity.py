"""More like this: one vector per film, and the cosine between them.

A film's vector joins its ranker factors (who likes it) and its genres (what it is). Each part has length
one, is scaled by the square root of its weight, and the whole is scaled to length one; so the cosine of two
films is a weighted mean of their parts' cosines. The factors' weight grows with the number of ratings: a film
that three people rated is known by its genres above all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.content import unit_rows
from recsys.ranker import FloatArray, IntArray

__all__ = ["Neighbours"]

FACTOR_WEIGHT, GENRE_WEIGHT = 2.1, 1.4  # a logistic fit to human judgements of pairs
TRUSTED_AFTER = 10  # ratings at which the factors have half their weight


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """`vectors` (n_films, n) have length one, or zero where nothing is known of a film."""

    vectors: FloatArray

    @classmethod
    def build(
        cls, film_factors: FloatArray, genres: FloatArray, counts: npt.NDArray[np.floating]
    ) -> Neighbours:
        """From ranker factors, idf genre vectors and ratings per film, all in catalog order."""
        weight = FACTOR_WEIGHT * counts / (counts + TRUSTED_AFTER)
        taste = unit_rows(film_factors) * np.sqrt(weight)[:, None]
        kind = unit_rows(genres) * np.sqrt(GENRE_WEIGHT)
        return cls(unit_rows(np.hstack([taste, kind])))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What an artifact stores."""
        return {"vectors": self.vectors}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Neighbours:
        """The inverse of `arrays`."""
        return cls(np.asarray(arrays["vectors"], np.float32))

    def cosines(self, movie_rows: IntArray) -> FloatArray:
        """Cosine of every film with the mean of the films at `movie_rows`; shape (n_films,)."""
        mean = self.vectors[movie_rows].mean(axis=0, keepdims=True)
        cosines: FloatArray = self.vectors @ unit_rows(mean)[0]
        return cosines
