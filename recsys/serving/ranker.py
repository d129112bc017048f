"""The order of recommendations: implicit factors of films and EASE, and a person folded in by closed form.

The score of a film is a blend of two predictions of the same target. Both are linear in the targets of
what a person rated, and so is the blend. The factors know every film, EASE (recsys.serving.ease) the best
known ones; where it knows nothing, the factors speak for both.

The factors: Hu, Koren, Volinsky, *Collaborative Filtering for Implicit Feedback Datasets*, 2008, with graded
targets: t = 1 + slope × (stars − 4): a low rating is a weak positive, never a negative. A person u minimises

    Σ_rated (t − u·v)² + a0 · Σ_all (u·v)² + λ (n + a0·N) · |u|²

with n films rated. N is the effective number of films, since most of a large catalog have hardly a rating
(Rendle et al., *Revisiting the Performance of iALS*, 2021, take all). The factors are kept in the basis in
which a0·VᵀV is diagonal, so that a person with few ratings costs one n × n system (Woodbury).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from recsys.arrays import AnyArray, Doubles, Floats, Ints
from recsys.config import RankerConfig
from recsys.serving.ease import UNKNOWN, Ease
from recsys.serving.newfilms import NewFilms

_Axes = tuple[Doubles, Doubles]


def graded(values: Floats, slope: float) -> Floats:
    """Targets of ratings in stars; 4 stars make 1. Shape (n,)."""
    return (1 + slope * (values - 4)).astype(np.float32)


def effective_number(counts: Ints) -> float:
    """How many films with equally many ratings are as concentrated as these `counts`: (Σc)² / Σc²."""
    total = float(counts.sum())
    return total**2 / float((counts.astype(np.float64) ** 2).sum())


def diagonal_basis(film_factors: Floats) -> _Axes:
    """Eigenvalues (k,) of VᵀV, and the rotation (k, k) that turns vectors into the basis of its axes."""
    V = film_factors.astype(np.float64)
    eigenvalues, rotation = np.linalg.eigh(V.T @ V)
    return eigenvalues, rotation


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """Film factors and EASE, ready to serve; numpy alone.

    `film_factors` has shape (n_films, n_factors); `gram` (n_factors,) is the diagonal of a0·VᵀV.
    `effective_films` is N, as in `effective_number`.

    Factors lie in memory one after the other (Fortran order): a catalog is scored almost twice as fast.

    A person's vector has shape (n_factors + n_head,): u, then EASE's scores of the films of its head.
    """

    film_factors: Floats
    gram: Floats
    effective_films: float
    ease: Ease
    config: RankerConfig

    @classmethod
    def from_factors(
        cls,
        film_factors: Floats,
        effective_films: float,
        ease: Ease,
        config: RankerConfig,
        basis: _Axes | None = None,
    ) -> Ranker:
        """Film factors in any basis, turned into the diagonal one; products u·v stay the same.

        `basis` is their `diagonal_basis`, for who knows it already.
        """
        eigenvalues, rotation = basis or diagonal_basis(film_factors)
        gram = (config.unseen_weight * np.maximum(eigenvalues, 0)).astype(np.float32)
        rotated = np.asfortranarray(film_factors.astype(np.float64) @ rotation, dtype=np.float32)
        return cls(rotated, gram, effective_films, ease, config)

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores."""
        own: dict[str, AnyArray] = {
            "film_factors": self.film_factors,
            "gram": self.gram,
            "effective_films": np.array([self.effective_films]),
        }
        return own | {f"ease_{name}": array for name, array in self.ease.arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], config: RankerConfig) -> Ranker:
        """The inverse of `arrays`."""
        factors = np.asfortranarray(arrays["film_factors"], np.float32)
        gram = np.asarray(arrays["gram"], np.float32)
        ease = {
            name.removeprefix("ease_"): array for name, array in arrays.items() if name.startswith("ease_")
        }
        effective_films = float(arrays["effective_films"].item())
        return cls(factors, gram, effective_films, Ease.from_arrays(ease, len(factors)), config)

    def with_films(self, new: NewFilms) -> Ranker:
        """With the factors that are expected of new films; EASE knows nothing of them."""
        found = new.expected(self.film_factors[new.learned])
        grown = np.empty((new.n_films, found.shape[1]), np.float32, order="F")
        grown[: len(self.film_factors)], grown[new.rows] = self.film_factors, found
        return replace(self, film_factors=grown, ease=self.ease.extended(new.n_films))

    @property
    def width(self) -> int:
        """Length of a person's vector."""
        return len(self.gram) + len(self.ease.movie_rows)

    def fold_in(self, movie_rows: Ints, values: Floats) -> Floats:
        """The vector of a person who gave `values` stars to the films at `movie_rows`; shape (width,)."""
        targets = self._targets(values)
        return np.concatenate(
            [self.fold_in_factors(movie_rows, values), self.ease.scores(movie_rows, targets)]
        )

    def fold_in_factors(self, movie_rows: Ints, values: Floats) -> Floats:
        """The part u of a person's vector; shape (n_factors,)."""
        Y, targets = self.film_factors[movie_rows], self._targets(values)
        diagonal = self._diagonal(len(Y))
        if len(Y) < len(diagonal):
            YD: Floats = Y / diagonal
            few: Floats = YD.T @ np.linalg.solve(_and_identity(YD @ Y.T), targets)
            return few
        many: Floats = np.linalg.solve(Y.T @ Y + np.diag(diagonal), Y.T @ targets)
        return many

    def scores(self, vector: Floats) -> Floats:
        """The score of every film; shape (n_films,)."""
        u, by_ease = np.split(vector, [len(self.gram)])
        scores: Floats = self.film_factors @ u
        head, share = self.ease.movie_rows, np.float32(self.config.ease_share)
        scores[head] += share * (by_ease - scores[head])
        return scores

    def contributions(self, movie_rows: Ints, values: Floats, movie_row: int) -> Floats:
        """The share of each rating in the score of one film; shape (n,), and they sum to the score.

        The fold-in is linear in its targets, u = A⁻¹ Σ_j v_j·t_j, so rating j contributes v·A⁻¹v_j·t_j to the
        part of the factors.
        """
        Y, targets, v = self.film_factors[movie_rows], self._targets(values), self.film_factors[movie_row]
        diagonal = self._diagonal(len(Y))
        towards: Floats  # v·A⁻¹v_j for each j
        if len(Y) < len(diagonal):
            YD: Floats = Y / diagonal
            towards = np.linalg.solve(_and_identity(YD @ Y.T), YD @ v)
        else:
            towards = Y @ np.linalg.solve(Y.T @ Y + np.diag(diagonal), v)
        shares = towards * targets
        if self.ease.places[movie_row] != UNKNOWN:
            by_ease = self.ease.contributions(movie_rows, targets, movie_row)
            shares += np.float32(self.config.ease_share) * (by_ease - shares)
        return shares

    def _targets(self, values: Floats) -> Floats:
        return graded(values, self.config.slope)

    def _diagonal(self, n: int) -> Floats:
        """D of a person's A = D + YᵀY, with Y (n, n_factors) the factors of the rated films.

        Woodbury: A⁻¹Yᵀ = D⁻¹Yᵀ (I + Y·D⁻¹·Yᵀ)⁻¹, an n × n system.
        """
        config = self.config
        pull = config.regularisation * (n + config.unseen_weight * self.effective_films)
        return self.gram + np.float32(pull)


def _and_identity(square: Floats) -> Floats:
    """The same array, with 1 added to its diagonal."""
    square.flat[:: len(square) + 1] += 1
    return square
