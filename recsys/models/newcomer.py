"""Completes fitted factors for serving: the prior of newcomers, the noise, the doubt about films."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.stars.factors import Array, FactorStars, IntArray, sigmoid_range, slope_at

__all__ = ["ROUNDING", "Fitted", "Pairs", "complete"]

ROUNDING = 0.5**2 / 12  # variance of rounding to half stars: no rating is more certain
PEOPLE = 2000  # people enough to learn what newcomers are like


@dataclass(frozen=True, slots=True)
class Pairs:
    """Who rated what, by row; arrays of shape (n,)."""

    users: IntArray
    movies: IntArray

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What training found. `ridge` is its weight decay, in stars squared per logit squared."""

    user_factors: Array  # (n_users, k)
    user_bias: Array  # (n_users,)
    movie_factors: Array  # (n_movies, k)
    movie_bias: Array  # (n_movies,)
    offset: float
    low: float
    high: float
    ridge: float

    def design(self, movies: IntArray) -> Array:
        """Film factors with the partner of a person's bias, a column of ones; shape (n, k + 1)."""
        return np.column_stack([self.movie_factors[movies], np.ones(len(movies))])

    def slopes(self, pairs: Pairs) -> Array:
        """Stars per logit where the predictions stand; shape (n,)."""
        match = np.einsum("nk,nk->n", self.user_factors[pairs.users], self.movie_factors[pairs.movies])
        logits = self.offset + self.user_bias[pairs.users] + self.movie_bias[pairs.movies] + match
        return slope_at(sigmoid_range(logits, self.low, self.high), self.low, self.high)


def complete(fitted: Fitted, ratings: Pairs, valid: Pairs, loss: float) -> FactorStars:
    """The predictor as it is served.

    `loss` is the mean squared error on `valid`, ratings that the fit behind it did not see. It holds the
    noise of a rating and what is open about person and film. The latter grows with the noise in
    proportion, so that noise = loss / (1 + open / loss), where `open` is taken at noise = loss.
    """
    noise = max(loss, ROUNDING)
    slopes = fitted.slopes(ratings)
    film_weights = np.bincount(ratings.movies, slopes**2, minlength=len(fitted.movie_bias))
    movie_doubt = 1 / (fitted.ridge + film_weights)  # times the noise: the variance of a film's bias
    crowd = _Crowd(fitted, ratings, slopes)
    among = np.isin(valid.users, crowd.rows)
    if among.any():
        pairs = Pairs(valid.users[among], valid.movies[among])
        logits = crowd.open(pairs, noise) + movie_doubt[pairs.movies] * noise
        share_open = float(np.mean(fitted.slopes(pairs) ** 2 * logits)) / noise
        noise = max(noise / (1 + share_open), ROUNDING)
    mean, covariance, _ = crowd.prior(noise)
    single = np.float32
    return FactorStars(
        user_factors=fitted.user_factors.astype(single),
        user_bias=fitted.user_bias.astype(single),
        movie_factors=fitted.movie_factors.astype(single),
        movie_bias=fitted.movie_bias.astype(single),
        movie_variance=(movie_doubt * noise).astype(single),
        prior_mean=mean.astype(single),
        prior_precision=np.linalg.inv(covariance).astype(single),
        offset=float(single(fitted.offset)),
        noise_variance=float(single(noise)),
        low=fitted.low,
        high=fitted.high,
    )


class _Crowd:
    """A sample of the people who rated, and what their ratings say about them."""

    def __init__(self, fitted: Fitted, ratings: Pairs, slopes: Array) -> None:
        self._fitted = fitted
        everybody = np.unique(ratings.users)
        self.rows = np.sort(np.random.default_rng(0).permutation(everybody)[:PEOPLE])
        self._people = np.column_stack([fitted.user_factors[self.rows], fitted.user_bias[self.rows]])
        order = np.argsort(ratings.users, kind="stable")
        starts = np.searchsorted(ratings.users[order], self.rows)
        ends = np.searchsorted(ratings.users[order], self.rows, side="right")
        self._weights = np.sqrt(ends - starts)
        n, size = self._people.shape
        self._information = np.empty((n, size, size))  # sum over ratings of slope² · x xᵀ
        for person in range(n):
            at = order[starts[person] : ends[person]]
            X = fitted.design(ratings.movies[at]) * slopes[at, None]
            self._information[person] = X.T @ X

    def prior(self, noise: float) -> tuple[Array, Array, Array]:
        """Mean (k + 1,) and covariance (k + 1, k + 1) of people, and each one's posterior (n, k + 1, k + 1).

        Fitted vectors are drawn towards zero, so that their spread alone is too narrow. The law of
        total covariance adds what the ratings leave open: one EM step for a Gaussian prior; further
        steps predict worse, since the films were fitted to these people. The mean weighs people by
        the root of their number of ratings, midway between counting people and counting ratings. One
        imaginary person with the ridge of the fit keeps tiny worlds invertible.
        """
        n, size = self._people.shape
        mean = np.average(self._people, axis=0, weights=self._weights)
        centred = self._people - mean
        spread = (centred.T @ centred + np.eye(size) * noise / self._fitted.ridge) / (n + 1)
        posterior = np.linalg.inv(np.linalg.inv(spread) + self._information / noise)
        return mean, spread + posterior.mean(axis=0), posterior

    def open(self, pairs: Pairs, noise: float) -> Array:
        """Variance of the logits that comes from not knowing these people well; shape (n,)."""
        posterior = self.prior(noise)[2]
        x = self._fitted.design(pairs.movies)
        return np.array(
            [
                row @ posterior[person] @ row
                for row, person in zip(x, np.searchsorted(self.rows, pairs.users), strict=True)
            ]
        )
