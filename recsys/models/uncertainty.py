"""Completes a fitted model for serving: the prior of newcomers, the noise, the doubt about films."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recsys.arrays import Ints, Reals

ROUNDING = 0.5**2 / 12  # variance of rounding to half stars: no rating is more certain
_PEOPLE = 2000  # people enough to learn what newcomers are like
_FEWEST = 100  # of them, however long their vectors are
_ENTRIES = 50_000_000  # of all their matrices together: bounds the memory


@dataclass(frozen=True, slots=True)
class Pairs:
    """Who rated what, by row; arrays of shape (n,)."""

    users: Ints
    movies: Ints

    def __len__(self) -> int:
        return len(self.users)


class Fitted(Protocol):
    """What training found, as far as newcomers go: films fixed, a person is a vector of `size` entries.

    Ridges are in ratings: how many it takes to know as much as is known beforehand, where a rating
    moves by one star per unit.
    """

    @property
    def people(self) -> Reals:
        """The vectors of those who were in training; shape (n_users, size)."""

    @property
    def n_movies(self) -> int:
        """Films of the catalog, rated or not."""

    @property
    def person_ridge(self) -> Reals:
        """Of each entry of a person's vector; shape (size,)."""

    @property
    def film_ridge(self) -> float:
        """Of a film's logit."""

    def slopes(self, pairs: Pairs) -> Reals:
        """Stars per logit where the predictions stand; shape (n,)."""

    def jacobian(self, pairs: Pairs) -> Reals:
        """Stars per unit of the person's vector where the predictions stand; shape (n, size)."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What serving needs to know beyond the fit. `film_variance` (n_films,) is in logits squared."""

    prior_mean: Reals  # (size,)
    prior_precision: Reals  # (size, size)
    film_variance: Reals  # (n_movies,)
    noise_variance: float  # stars squared


def uncertainty_of(fitted: Fitted, ratings: Pairs, valid: Pairs, loss: float) -> Uncertainty:
    """What a fitted model leaves open, of people whom it does not know yet and of films.

    `loss` is the mean squared error on `valid`, ratings that the fit behind it did not see. It holds the
    noise of a rating and what is open about person and film. The latter grows with the noise in
    proportion, so that noise = loss / (1 + open / loss), where `open` is taken at noise = loss.
    """
    noise = max(loss, ROUNDING)
    doubt = film_doubt(fitted, ratings)
    sample = _Sample(fitted, ratings)
    among = np.isin(valid.users, sample.rows)
    if among.any():
        pairs = Pairs(valid.users[among], valid.movies[among])
        films = fitted.slopes(pairs) ** 2 * doubt[pairs.movies] * noise
        share_open = float(np.mean(sample.open(pairs, noise) + films)) / noise
        noise = max(noise / (1 + share_open), ROUNDING)
    mean, covariance, _ = sample.prior(noise)
    return Uncertainty(mean, np.linalg.inv(covariance), doubt * noise, noise)


def film_doubt(fitted: Fitted, ratings: Pairs) -> Reals:
    """Times the noise, it is the variance of each film's logit; shape (n_movies,)."""
    weights = np.bincount(ratings.movies, fitted.slopes(ratings) ** 2, minlength=fitted.n_movies)
    doubt: Reals = 1 / (fitted.film_ridge + weights)
    return doubt


class _Sample:
    """A sample of the people who rated, and what their ratings say about them."""

    def __init__(self, fitted: Fitted, ratings: Pairs) -> None:
        self._fitted = fitted
        everybody = np.unique(ratings.users)
        most = max(_FEWEST, min(_PEOPLE, _ENTRIES // len(fitted.person_ridge) ** 2))
        self.rows = np.sort(np.random.default_rng(0).permutation(everybody)[:most])
        self._people = fitted.people[self.rows].astype(np.float64)
        order = np.argsort(ratings.users, kind="stable")
        starts = np.searchsorted(ratings.users[order], self.rows)
        ends = np.searchsorted(ratings.users[order], self.rows, side="right")
        self._weights = np.sqrt(ends - starts)
        n, size = self._people.shape
        self._information = np.empty((n, size, size))  # sum over ratings of jacobian · jacobianᵀ
        for person in range(n):
            at = order[starts[person] : ends[person]]
            J = fitted.jacobian(Pairs(ratings.users[at], ratings.movies[at]))
            self._information[person] = J.T @ J

    def prior(self, noise: float) -> tuple[Reals, Reals, Reals]:
        """Mean (size,) and covariance (size, size) of people, and each one's posterior (n, size, size).

        Fitted vectors are drawn towards zero, so that their spread alone is too narrow. The law of
        total covariance adds what the ratings leave open: one EM step for a Gaussian prior; further
        steps predict worse, since the films were fitted to these people. The mean weighs people by
        the root of their number of ratings, midway between counting people and counting ratings. One
        imaginary person with the ridge of the fit keeps tiny worlds invertible.
        """
        n = len(self._people)
        mean = np.average(self._people, axis=0, weights=self._weights)
        centred = self._people - mean
        spread = (centred.T @ centred + np.diag(noise / self._fitted.person_ridge)) / (n + 1)
        posterior = np.linalg.inv(np.linalg.inv(spread) + self._information / noise)
        return mean, spread + posterior.mean(axis=0), posterior

    def open(self, pairs: Pairs, noise: float) -> Reals:
        """Variance of the predictions, in stars squared, from not knowing these people well; shape (n,)."""
        posterior = self.prior(noise)[2]
        J = self._fitted.jacobian(pairs)
        people = np.searchsorted(self.rows, pairs.users)
        return np.array([row @ posterior[person] @ row for row, person in zip(J, people, strict=True)])
