"""The order of recommendations: implicit factors of films, and a person folded in by closed form.

Hu, Koren, Volinsky, *Collaborative Filtering for Implicit Feedback Datasets*, 2008, with graded targets:
t = 1 + slope × (stars − 4): a low rating is a weak positive, never a negative. A person u minimises

    Σ_rated (t − u·v)² + a0 · Σ_all (u·v)² + λ (n + a0·N) · |u|²

over N films, n of them rated. The factors are kept in the basis in which a0·VᵀV is diagonal, so that a person
with few ratings costs one n × n system (Woodbury).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.config import RankerConfig

__all__ = ["Ranker", "graded"]

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


def graded(values: FloatArray, slope: float) -> FloatArray:
    """Targets of ratings in stars; 4 stars make 1. Shape (n,)."""
    return (1 + slope * (values - 4)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """Film factors, ready to serve; numpy alone.

    `film_factors` has shape (n_films, n_factors); `gram` (n_factors,) is the diagonal of a0·VᵀV.
    """

    film_factors: FloatArray
    gram: FloatArray
    config: RankerConfig

    @classmethod
    def from_factors(cls, film_factors: FloatArray, config: RankerConfig) -> Ranker:
        """Film factors in any basis, turned into the diagonal one; products u·v stay the same."""
        V = film_factors.astype(np.float64)
        eigenvalues, rotation = np.linalg.eigh(config.unseen_weight * (V.T @ V))
        gram = np.maximum(eigenvalues, 0).astype(np.float32)
        rotated = np.ascontiguousarray(V @ rotation, dtype=np.float32)
        return cls(rotated, gram, config)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What an artifact stores."""
        return {"film_factors": self.film_factors, "gram": self.gram}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]], config: RankerConfig) -> Ranker:
        """The inverse of `arrays`."""
        factors, gram = (np.asarray(arrays[name], np.float32) for name in ("film_factors", "gram"))
        return cls(factors, gram, config)

    def fold_in(self, movie_rows: IntArray, values: FloatArray) -> FloatArray:
        """The vector of a person who gave `values` stars to the films at `movie_rows`; shape (n_factors,)."""
        return self._solve(movie_rows, self.film_factors[movie_rows].T @ self._targets(values))

    def scores(self, vector: FloatArray) -> FloatArray:
        """u·v for every film; shape (n_films,)."""
        return self.film_factors @ vector

    def contributions(self, movie_rows: IntArray, values: FloatArray, movie_row: int) -> FloatArray:
        """The share of each rating in the score of one film; shape (n,), and they sum to the score.

        The fold-in is linear in its targets, u = A⁻¹ Σ_j v_j·t_j, so rating j contributes v·A⁻¹v_j·t_j.
        """
        towards = self._solve(movie_rows, self.film_factors[movie_row])  # A is symmetric: A⁻¹v serves all j
        return (self.film_factors[movie_rows] @ towards) * self._targets(values)

    def _targets(self, values: FloatArray) -> FloatArray:
        return graded(values, self.config.slope)

    def _solve(self, movie_rows: IntArray, right: FloatArray) -> FloatArray:
        """A⁻¹·right with A = diag(gram + λ(n + a0·N)) + YᵀY, Y the factors of the rated films."""
        config = self.config
        n, n_films = len(movie_rows), len(self.film_factors)
        diagonal = self.gram + np.float32(config.regularisation * (n + config.unseen_weight * n_films))
        plain = right / diagonal
        if not n:
            return plain
        Y = self.film_factors[movie_rows]
        if n >= len(diagonal):
            full: FloatArray = np.linalg.solve(Y.T @ Y + np.diag(diagonal), right)
            return full
        YD = Y / diagonal
        small = YD @ Y.T
        small.flat[:: n + 1] += 1
        correction: FloatArray = YD.T @ np.linalg.solve(small, Y @ plain)
        return plain - correction
