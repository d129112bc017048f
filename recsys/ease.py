"""Which films follow from which: EASE over the best known films, ready to serve. numpy alone.

Steck, *Embarrassingly Shallow Autoencoders for Sparse Data*, 2019: the score of a film is a weighted sum
of the targets of the films that a person rated. The weights are films × films, so it knows the head of the
catalog alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.errors import ArtifactError

__all__ = ["Ease"]

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

UNKNOWN = -1  # the place of a film outside the head


@dataclass(frozen=True, slots=True, eq=False)
class Ease:
    """Weights of the head.

    `movie_rows` (n_head,) are its films, ascending. Row i of `weights` (n_head, n_head), in half precision,
    is what a target of 1 for film i adds to the score of each film; the diagonal is zero. `places` (n_films,)
    is the place of each film in the head, UNKNOWN outside.
    """

    movie_rows: IntArray
    weights: npt.NDArray[np.float16]
    places: IntArray

    @classmethod
    def from_weights(cls, movie_rows: IntArray, weights: npt.NDArray[np.floating], n_films: int) -> Ease:
        """The head at `movie_rows` of a catalog of `n_films`."""
        places = np.full(n_films, UNKNOWN, np.int64)
        places[movie_rows] = np.arange(len(movie_rows))
        return cls(movie_rows, weights.astype(np.float16), places)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What an artifact stores."""
        return {"movie_rows": self.movie_rows, "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]], n_films: int) -> Ease:
        """The inverse of `arrays`. Raises ArtifactError for what is no head of so many films."""
        movie_rows = np.asarray(arrays["movie_rows"], np.int64)
        weights = np.asarray(arrays["weights"], np.float16)
        inside = not len(movie_rows) or (movie_rows[0] >= 0 and movie_rows[-1] < n_films)
        if not inside or (np.diff(movie_rows) <= 0).any() or weights.shape != (len(movie_rows),) * 2:
            raise ArtifactError(f"EASE has weights {weights.shape} for {len(movie_rows)} of {n_films} films")
        return cls.from_weights(movie_rows, weights, n_films)

    def scores(self, movie_rows: IntArray, targets: FloatArray) -> FloatArray:
        """Scores of the head for somebody with these targets; shape (n_head,)."""
        places = self.places[movie_rows]
        known = places != UNKNOWN
        scores: FloatArray = targets[known] @ self.weights[places[known]].astype(np.float32)
        return scores

    def contributions(self, movie_rows: IntArray, targets: FloatArray, movie_row: int) -> FloatArray:
        """What each target adds to the score of a film of the head; shape (n,)."""
        places = self.places[movie_rows]
        column = self.weights[:, self.places[movie_row]][places].astype(np.float32)
        return np.where(places != UNKNOWN, column * targets, np.float32(0))
