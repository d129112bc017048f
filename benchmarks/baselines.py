"""Rankers to compare with, in numpy, written from their papers and tuned on validation people alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.held_out import Split, goodness, listed
from recsys.arrays import Floats, Ints
from recsys.data.content import genre_matrix
from recsys.evaluation.splits import HeldOutPerson
from recsys.serving.answers import genre_profiles, genre_taste, simulate_answers
from recsys.serving.ranker import graded

SLOPE = 0.25  # target of a rating: 1 + slope × (stars - 4)
RIDGES = (10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
MOST = 12_000  # films or people, whichever are fewer, that EASE inverts a matrix of
FADE = 4.0  # ratings after which genre answers weigh 1/e
PRIOR_RIDGE, PRIOR_DRAWS = 10.0, 8  # of the map from answers to vectors, and simulated answers per person


@dataclass(frozen=True, slots=True)
class EASE:
    """Steck, *Embarrassingly Shallow Autoencoders*, 2019, on graded targets.

    With K = XXᵀ + λI and q_j = x_jᵀK⁻¹x_j, the score of a film j that a person x has not rated is
    (xXᵀK⁻¹X)_j / (1 - q_j): people × people, where there are fewer of them than films. Else, films × films,
    B = I - P / diag(P) with P = (XᵀX + λI)⁻¹.
    """

    X: Floats
    KX: Floats
    scale: Floats
    B: Floats
    ridge: float

    @classmethod
    def tuned(cls, split: Split, seed: int) -> EASE:
        """With the ridge that orders best for a tenth of the training people, held out in their turn."""
        inner = Split.parted(split.train, split.catalog, 1000 + seed)
        found = {
            ridge: float(np.mean(goodness(cls.fit(inner, ridge).lists(inner), inner.people)["NDCG@10"]))
            for ridge in RIDGES
        }
        return cls.fit(split, max(found, key=found.__getitem__))

    @classmethod
    def fit(cls, split: Split, ridge: float) -> EASE:
        n_users, n_films = split.n_users, len(split.catalog)
        nothing = np.zeros((0, 0), np.float32)
        X = np.zeros((n_users, n_films), np.float32)
        X[split.users, split.movies] = graded(split.train.values, SLOPE)
        if n_users < n_films:
            K = X @ X.T + ridge * np.eye(n_users, dtype=np.float32)
            KX: Floats = np.linalg.solve(K, X)
            return cls(X, KX, 1 - np.einsum("un,un->n", X, KX), nothing, ridge)
        P = np.linalg.inv((X.T @ X).astype(np.float64) + ridge * np.eye(n_films))
        B = (-P / np.diag(P)).astype(np.float32)
        np.fill_diagonal(B, 0)
        return cls(nothing, nothing, nothing, B, ridge)

    def scores(self, rows: Ints, values: Floats) -> Floats:
        targets = graded(values, SLOPE)
        if len(self.B):
            of_all: Floats = targets @ self.B[rows]
            return of_all
        in_dual: Floats = ((self.X[:, rows] @ targets) @ self.KX / self.scale).astype(np.float32)
        return in_dual

    def lists(self, split: Split) -> list[list[int]]:
        """For each held-out person."""
        return [listed(self.scores(*split.history(person)), person, split.catalog) for person in split.people]


@dataclass(frozen=True, slots=True)
class ImplicitALS:
    """Hu, Koren, Volinsky, 2008, graded: Σ_rated (t - u·v)² + a0·Σ_all (u·v)² + λ(n + a0·N)·‖·‖²."""

    U: Floats
    V: Floats
    a0: float
    regularisation: float

    @classmethod
    def fit(
        cls, split: Split, *, factors: int, a0: float = 0.3, regularisation: float = 0.005, sweeps: int = 8
    ) -> ImplicitALS:
        targets = graded(split.train.values, SLOPE)
        by_user = _rows(split.users, split.movies, targets, split.n_users)
        by_film = _rows(split.movies, split.users, targets, len(split.catalog))
        scale = 0.3 / factors**0.5
        start = np.random.default_rng(0).normal(0, scale, (len(split.catalog), factors))
        V: Floats = start.astype(np.float32)
        for _ in range(sweeps):
            U = _half_sweep(by_user, V, a0, regularisation)
            V = _half_sweep(by_film, U, a0, regularisation)
        return cls(_half_sweep(by_user, V, a0, regularisation), V, a0, regularisation)

    def fold_in(self, rows: Ints, values: Floats) -> Floats:
        """The vector of somebody who was not in training; shape (factors,)."""
        return _solve(self.V, rows, graded(values, SLOPE), self.a0, self.regularisation, self.V.T @ self.V)


@dataclass(frozen=True, slots=True)
class GenreAnswers:
    """A ridge map from genre answers to people's vectors, learned on training people's simulated answers."""

    genres: tuple[str, ...]
    mean: Floats
    weights: Floats

    @classmethod
    def fit(cls, split: Split, vectors: Floats, seed: int) -> GenreAnswers:
        """`vectors` (n_users, n_factors) are those of the people in training."""
        kinds = genre_matrix(split.catalog)
        profiles = genre_profiles(split.users, split.movies, split.train.values, kinds, split.n_users)
        taste = genre_taste(profiles, among=profiles)
        rng = np.random.default_rng([seed, 2])
        A = np.vstack([simulate_answers(taste, rng) for _ in range(PRIOR_DRAWS)])
        mean = vectors.mean(axis=0)
        gram = A.T @ A + PRIOR_RIDGE * PRIOR_DRAWS * np.eye(A.shape[1])
        weights = np.linalg.solve(gram, A.T @ np.tile(vectors - mean, (PRIOR_DRAWS, 1)))
        return cls(split.catalog.genres, mean, weights.astype(np.float32))

    def vector(self, person: HeldOutPerson, shown: int) -> Floats:
        """What to add to a fold-in of `shown` ratings: it fades with them."""
        answers = np.array([person.answers.get(genre, 0) for genre in self.genres], np.float32)
        prior: Floats = np.exp(-shown / FADE) * (self.mean + answers @ self.weights)
        return prior


def _rows(rows: Ints, columns: Ints, targets: Floats, n: int) -> list[tuple[Ints, Floats]]:
    order = np.lexsort((columns, rows))
    ends = np.cumsum(np.bincount(rows, minlength=n))[:-1]
    return list(zip(np.split(columns[order], ends), np.split(targets[order], ends), strict=True))


def _half_sweep(rows: list[tuple[Ints, Floats]], W: Floats, a0: float, regularisation: float) -> Floats:
    gram = W.T @ W
    return np.stack([_solve(W, at, targets, a0, regularisation, gram) for at, targets in rows])


def _solve(W: Floats, at: Ints, targets: Floats, a0: float, regularisation: float, gram: Floats) -> Floats:
    Y = W[at]
    A = (a0 * gram + Y.T @ Y).astype(np.float32)
    A.flat[:: len(A) + 1] += regularisation * (len(at) + a0 * len(W))
    found: Floats = np.linalg.solve(A, Y.T @ targets)
    return found
