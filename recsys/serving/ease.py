"""Which films follow from which: EASE over the best known films, ready to serve. numpy alone.

Steck, *Embarrassingly Shallow Autoencoders for Sparse Data*, 2019: the score of a film is a weighted sum
of the targets of the films that a person rated. The weights are films × films, so it knows the head of the
catalog alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray, Floats, Integers, Ints, Reals
from recsys.errors import ArtifactError

UNKNOWN = -1  # the place of a film outside the head


@dataclass(frozen=True, slots=True, eq=False)
class Ease:
    """Weights of the head.

    `movie_rows` (n_head,) are its films, ascending. What a target of 1 for film i adds to the score
    of film j is weights[i, j] · scale[j]: whole numbers (n_head, n_head) of 16 bits, which numpy turns into
    floats faster than halves, and their unit (n_head,). The diagonal is zero. `places` (n_films,) is where
    each film is in the head, UNKNOWN outside; `counts` (n_head,) are the ratings that it was learned from.
    """

    movie_rows: Ints
    weights: npt.NDArray[np.int16]
    scale: Floats
    places: Integers
    counts: Ints

    @classmethod
    def from_weights(cls, movie_rows: Ints, weights: Reals, counts: Ints) -> Ease:
        """The head at `movie_rows` of a catalog whose films have so many ratings; `counts` is (n_films,)."""
        largest = np.abs(weights).max(axis=0, initial=0)
        scale = np.where(largest > 0, largest / np.iinfo(np.int16).max, 1)
        return cls(
            movie_rows,
            np.rint(weights / scale).astype(np.int16),
            scale.astype(np.float32),
            _places(movie_rows, len(counts)),
            counts[movie_rows],
        )

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores."""
        return {
            "movie_rows": self.movie_rows,
            "weights": self.weights,
            "scale": self.scale,
            "counts": self.counts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], n_films: int) -> Ease:
        """The inverse of `arrays`. Raises ArtifactError for what is no head of so many films."""
        movie_rows = np.asarray(arrays["movie_rows"], np.int64)
        weights, scale = np.asarray(arrays["weights"], np.int16), np.asarray(arrays["scale"], np.float32)
        inside = not len(movie_rows) or (movie_rows[0] >= 0 and movie_rows[-1] < n_films)
        counts = np.asarray(arrays["counts"], np.int64)
        fits = weights.shape == (len(movie_rows),) * 2 and scale.shape == counts.shape == movie_rows.shape
        if not inside or (np.diff(movie_rows) <= 0).any() or not fits:
            raise ArtifactError(f"EASE has weights {weights.shape} for {len(movie_rows)} of {n_films} films")
        return cls(movie_rows, weights, scale, _places(movie_rows, n_films), counts)

    def extended(self, n_films: int) -> Ease:
        """The same head, in a catalog of `n_films` whose first films are those of this one."""
        return replace(self, places=_places(self.movie_rows, n_films))

    def renumbered(self, places: Ints, n_films: int) -> Ease:
        """The same head in another catalog of `n_films`, where film i of this one is at `places[i]`."""
        moved = places[self.movie_rows]
        order = np.argsort(moved)
        rows = moved[order]
        return Ease(
            rows,
            self.weights[np.ix_(order, order)],
            self.scale[order],
            _places(rows, n_films),
            self.counts[order],
        )

    def scores(self, movie_rows: Ints, targets: Floats) -> Floats:
        """Scores of the head for somebody with these targets; shape (n_head,)."""
        places = self.places[movie_rows]
        known = places != UNKNOWN
        scores: Floats = targets[known] @ self.weights[places[known]].astype(np.float32)
        return scores * self.scale

    def total(self, shares: Floats, targets: Floats) -> Floats:
        """Shares (m, n_people) of people's scores: shares @ scores, linear in targets of the head,
        (n_people, n_head); shape (m, n_head).
        """
        total: Floats = (shares @ targets) @ self.weights.astype(np.float32)
        return total * self.scale

    def contributions(self, movie_rows: Ints, targets: Floats, movie_row: int) -> Floats:
        """What each target adds to the score of a film of the head; shape (n,)."""
        places = self.places[movie_rows]
        column = self.weights[places, self.places[movie_row]] * self.scale[self.places[movie_row]]
        return np.where(places != UNKNOWN, column * targets, np.float32(0))


def _places(movie_rows: Ints, n_films: int) -> Integers:
    places = np.full(n_films, UNKNOWN, np.int32)
    places[movie_rows] = np.arange(len(movie_rows))
    return places
