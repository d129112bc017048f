"""What training a model of stars found, as recsys.models.uncertainty asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Floats, Reals
from recsys.models.loop import HIGH, LOW
from recsys.models.uncertainty import Pairs
from recsys.serving.stars.factors import sigmoid_range, slope_at
from recsys.serving.stars.network import Net

CHUNK = 100_000  # ratings whose vectors are held at once: 25 million would take 12.8 GB


@dataclass(frozen=True, slots=True)
class FittedFactors:
    """What training found. Ridges are in stars squared per logit squared."""

    user_factors: Reals  # (n_users, k)
    user_bias: Reals  # (n_users,)
    movie_factors: Reals  # (n_movies, k)
    movie_bias: Reals  # (n_movies,)
    offset: float
    film_ridge: float
    bias_ridge: float

    @property
    def people(self) -> Reals:
        """Factors, then the bias; shape (n_users, k + 1)."""
        return np.column_stack([self.user_factors, self.user_bias])

    @property
    def n_movies(self) -> int:
        """Films of the catalog, rated or not."""
        return len(self.movie_bias)

    @property
    def person_ridge(self) -> Reals:
        """Of factors and bias; shape (k + 1,)."""
        return np.array([*[self.film_ridge] * self.user_factors.shape[1], self.bias_ridge])

    def slopes(self, pairs: Pairs) -> Reals:
        """Stars per logit where the predictions stand; shape (n,)."""
        match = np.empty(len(pairs))
        for start in range(0, len(pairs), CHUNK):
            users, movies = pairs.users[start : start + CHUNK], pairs.movies[start : start + CHUNK]
            match[start : start + CHUNK] = np.einsum(
                "nk,nk->n", self.user_factors[users], self.movie_factors[movies]
            )
        logits = self.offset + self.user_bias[pairs.users] + self.movie_bias[pairs.movies] + match
        return slope_at(sigmoid_range(logits, LOW, HIGH), LOW, HIGH)

    def jacobian(self, pairs: Pairs) -> Reals:
        """Stars per unit of a person's factors and bias, whose partner is 1; shape (n, k + 1)."""
        design = np.column_stack([self.movie_factors[pairs.movies], np.ones(len(pairs))])
        return design * self.slopes(pairs)[:, None]


@dataclass(frozen=True, slots=True)
class FittedNetwork:
    """What training found. Decoupled decay says nothing of how far people and films spread, so ridges come
    from what is seen: the variance of embeddings, and that of one person's logits over films.
    """

    net: Net
    people: Floats  # (n_users, a)
    person_ridge: Reals  # (a,)
    film_ridge: float

    @property
    def n_movies(self) -> int:
        """Films of the catalog, rated or not."""
        return len(self.net.movie_inputs)

    def slopes(self, pairs: Pairs) -> Reals:
        """Stars per logit where the predictions stand; shape (n,)."""
        slopes = np.empty(len(pairs))
        for start in range(0, len(pairs), CHUNK):
            some = slice(start, start + CHUNK)
            slopes[some] = self.net.slope(self.net.stars(self.people[pairs.users[some]], pairs.movies[some]))
        return slopes

    def jacobian(self, pairs: Pairs) -> Reals:
        """Stars per unit of a person's embedding; shape (n, a)."""
        return self.net.jacobian(self.people[pairs.users], pairs.movies)[1]
