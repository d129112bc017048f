"""Films that nobody has rated: what a model would have learned of them, as far as genres and years say.

A ridge map from the content of rated films (recsys.data.content) to what was learned of them. It is not
stored, for it is made in a moment from what is. What it leaves unexplained of the rated films, each left out
in turn, is what is not known of a new one.

For stars, films weigh as their ratings: a rating that a new film gets is a rating like any other, and what
is learned from few is mostly the model's own pull to nothing. For the order, by which films are chosen among
all, they weigh more alike: else a new film would stand with the best known before anybody chose it.
The settings are those of the least error on ml-100k and ml-latest-small (seeds 10 and 11 of
benchmarks.new_films), and for the order those with which new films are in a top ten about as often as any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray, Ints, Reals
from recsys.data.catalog import Catalog
from recsys.data.content import content_features

# A film with n ratings weighs n^damping; a genre is worth half of what it says when it has as many films of
# equal weight as the ridge.
_STARS_DAMPING, _STARS_RIDGE = 1.0, 10.0
_ORDER_DAMPING, _ORDER_RIDGE = 0.25, 5.0
_MOST = 5_000  # best-known films to learn from: the others weigh little, and time grows with their number
_LEAST_FREE = 0.1  # of a film's residual: in a tiny world, a film alone of its kind explains itself


@dataclass(frozen=True, slots=True, eq=False)
class NewFilms:
    """Films at `rows` of a catalog of `n_films`, and a map to them from `learned` ones, with ratings.

    Tables that are handed in have a row for each film of `learned`.
    """

    n_films: int
    rows: Ints  # (q,)
    learned: Ints  # (m,)
    weights: Reals  # (m,), of sum one
    _features: Reals  # (q, f), less the mean of the learned films
    _learned_features: Reals  # (m, f), the same
    _solver: Reals  # (f, m): times a table, the weights of the map

    @classmethod
    def for_stars(cls, catalog: Catalog, counts: npt.ArrayLike, rows: Ints) -> NewFilms:
        """The films at `rows`, after the ratings `counts` (n,) of the first n films, one of them above 0."""
        return cls._of(catalog, counts, rows, _STARS_DAMPING, _STARS_RIDGE)

    @classmethod
    def for_order(cls, catalog: Catalog, counts: npt.ArrayLike, rows: Ints) -> NewFilms:
        """The same for a ranker."""
        return cls._of(catalog, counts, rows, _ORDER_DAMPING, _ORDER_RIDGE)

    @classmethod
    def _of(
        cls, catalog: Catalog, counts: npt.ArrayLike, rows: Ints, damping: float, ridge: float
    ) -> NewFilms:
        ratings = np.asarray(counts, np.float64)
        learned = np.argsort(-ratings, kind="stable")[:_MOST]
        learned = np.sort(learned[ratings[learned] > 0])
        weights = ratings[learned] ** damping
        weights /= weights.sum()
        X, new = (content_features(catalog.part(at)).astype(np.float64) for at in (learned, rows))
        centre = weights @ X
        X, new = X - centre, _known_parts(new, len(catalog.genres)) * (new - centre)
        weighted = (X * weights[:, None]).T
        pull = ridge * np.square(weights).sum()  # n equal weights of a sum of one are 1 / n each
        solver = np.linalg.solve(weighted @ X + pull * np.eye(X.shape[1]), weighted)
        return cls(len(catalog), rows, learned, weights, new, X, solver)

    def mean(self, table: Reals) -> Reals:
        """The weighted mean of the learned films; shape of a row."""
        mean: Reals = np.tensordot(self.weights, table, axes=1)
        return mean

    def expected(self, table: Reals) -> Reals:
        """What the new films' rows would be; shape (q, ...)."""
        flat = table.reshape(len(table), -1)
        found = self.mean(flat) + self._features @ (self._solver @ flat)
        return found.reshape(len(self.rows), *table.shape[1:])

    def unexplained(self, table: Reals) -> Reals:
        """How far the learned films' rows (m, k) are from what they would be as new films; shape (m, k).

        Each is left out of its own map, in closed form: residual / (1 - leverage).
        """
        fitted = self.mean(table) + self._learned_features @ (self._solver @ table)
        leverage = np.einsum("mf,fm->m", self._learned_features, self._solver) + self.weights
        left: Reals = (table - fitted) / np.maximum(1 - leverage, _LEAST_FREE)[:, None]
        return left

    def doubt(self, table: Reals, moment: Reals) -> float:
        """Mean square of what is unexplained (k,) times x, over films and x with E[xxᵀ] = `moment` (k, k)."""
        left = self.unexplained(table)
        return float(self.weights @ np.einsum("mk,mk->m", left @ moment, left))

    def put(self, table: AnyArray, values: npt.ArrayLike) -> AnyArray:
        """`table` (n, ...), grown to all films of the catalog, with `values` at the new ones."""
        grown = np.empty((self.n_films, *table.shape[1:]), table.dtype)
        grown[: len(table)] = table
        grown[self.rows] = values
        return grown


def _known_parts(features: Reals, n_genres: int) -> Reals:
    """1 for columns of which a film says anything, 0 where it has no genre, or no year: then it is usual."""
    known = np.ones_like(features)
    known[~features[:, :n_genres].any(axis=1), :n_genres] = 0
    known[~features[:, n_genres:-1].any(axis=1), n_genres:] = 0
    return known
