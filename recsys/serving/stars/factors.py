"""Predicted stars: what is served of a rating model, in numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.arrays import Floats, Ints, Reals
from recsys.errors import ArtifactError
from recsys.serving.newfilms import NewFilms
from recsys.serving.stars.predictor import Sensitivity, StarsPosterior, as_rating, carried, people_moment

_STEPS = 6  # Gauss-Newton steps of a fold-in; three do on real ratings, the rest is for odd ones


@dataclass(frozen=True, slots=True, eq=False)
class FactorStars:
    """stars = low + (high - low) * sigmoid(offset + user_bias + movie_bias + user_factors @ movie_factors).

    A posterior is in logits, over (factors, bias), the bias last. A film that nobody rated has the vector
    that its genres and year let expect (recsys.serving.newfilms).
    `prior_mean` (k + 1,) and `prior_precision` (k + 1, k + 1) describe people before their first rating;
    `noise_variance` (stars squared) is what stays unexplained when a person is known well;
    `movie_variance` (n_movies,), in logits squared, is how little is known of each film's bias.
    """

    user_factors: Floats  # (n_users, k)
    user_bias: Floats  # (n_users,)
    movie_factors: Floats  # (n_movies, k)
    movie_bias: Floats  # (n_movies,)
    movie_variance: Floats  # (n_movies,)
    prior_mean: Floats  # (k + 1,)
    prior_precision: Floats  # (k + 1, k + 1)
    offset: float
    noise_variance: float
    low: float
    high: float

    @property
    def n_users(self) -> int:
        """People who were in training."""
        return len(self.user_bias)

    @property
    def n_movies(self) -> int:
        """Films of the catalog, rated or not."""
        return len(self.movie_bias)

    def predict(self, user_rows: npt.ArrayLike, movie_rows: npt.ArrayLike) -> Floats:
        """Stars of training people for films, pair by pair; shape (n,)."""
        users, movies = np.asarray(user_rows, np.int64), np.asarray(movie_rows, np.int64)
        match = np.einsum("nk,nk->n", self.user_factors[users], self.movie_factors[movies])
        logits = self.offset + self.user_bias[users] + self.movie_bias[movies] + match
        return as_rating(self._stars(logits))

    def fold_in(
        self, movie_rows: npt.ArrayLike, values: npt.ArrayLike, prior_shift: Reals | None = None
    ) -> StarsPosterior:
        """A newcomer, from their ratings in stars: ridge regression on the fixed film factors, in logits.

        The bias is one more factor whose partner is 1. A rating of 5 lies where the sigmoid is flat
        and says little about the logit, so the regression is linearised where the person stands
        (Gauss-Newton; Bishop, Pattern Recognition and Machine Learning, 4.3.3): targets
        eta + (r - s(eta)) / s'(eta), weights s'(eta)^2 / noise_variance. Without ratings: the prior, its
        mean moved by `prior_shift` (k + 1,).
        """
        movies, stars = np.asarray(movie_rows, np.int64), np.asarray(values, np.float64)
        X, base = self._design(movies), self._base(movies)
        precision: Reals = self.prior_precision.astype(np.float64)
        mean: Reals = self.prior_mean.astype(np.float64)
        if prior_shift is not None:
            mean = mean + prior_shift
        pull = precision @ mean
        for _ in range(_STEPS if movies.size else 0):
            eta = X @ mean
            predicted = self._stars(base + eta)
            slope = self._slope(predicted)
            weighted = (X * slope[:, None]).T / self.noise_variance
            precision = self.prior_precision + weighted @ (X * slope[:, None])
            mean = np.linalg.solve(precision, pull + weighted @ (slope * eta + stars - predicted))
        return StarsPosterior(mean, np.linalg.inv(precision))

    def predict_posterior(
        self, posterior: StarsPosterior, movie_rows: npt.ArrayLike | None = None
    ) -> tuple[Floats, Floats]:
        """Mean and standard deviation, in stars, of the rating this person would give; shapes (n,).

        The deviation (delta method) joins what is not known of the person, what is not known of the
        film and the noise of a rating: about two ratings in three fall within one deviation.
        (Without the noise: the root of deviation² - noise_variance.)
        `movie_rows` None means every film.
        """
        movies = np.arange(len(self.movie_bias)) if movie_rows is None else np.asarray(movie_rows, np.int64)
        X = self._design(movies)
        mean = self._stars(self._base(movies) + X @ posterior.mean)
        doubt = np.einsum("nk,nk->n", X @ posterior.covariance, X) + self.movie_variance[movies]
        deviation = np.sqrt(self._slope(mean) ** 2 * doubt + self.noise_variance)
        return as_rating(mean), deviation.astype(np.float32)

    def sensitivity(self, posterior: StarsPosterior, movie_rows: npt.ArrayLike) -> Sensitivity:
        """How the stars of these films depend on what is not known of this person."""
        movies = np.asarray(movie_rows, np.int64)
        X = self._design(movies)
        slope = self._slope(self._stars(self._base(movies) + X @ posterior.mean))
        return Sensitivity(X * slope[:, None], posterior.covariance, self.noise_variance)

    def film_biases(self) -> Floats | None:
        """In logits; shape (n_movies,). None for a model that was fitted without."""
        return self.movie_bias if self.movie_bias.any() else None

    def film_vectors(self) -> Floats:
        """The film factors, without biases; shape (n_movies, k)."""
        return self.movie_factors

    def with_films(self, new: NewFilms) -> FactorStars:
        """With the vectors that are expected of new films, and the variance of their logits among people."""
        vectors = np.column_stack([self.movie_factors, self.movie_bias])[new.learned]
        found = new.expected(vectors)
        people = people_moment(self.prior_mean, np.linalg.inv(self.prior_precision), -1)
        doubt = new.doubt(vectors, people) + new.mean(self.movie_variance[new.learned])
        return replace(
            self,
            movie_factors=new.put(self.movie_factors, found[:, :-1]),
            movie_bias=new.put(self.movie_bias, found[:, -1]),
            movie_variance=new.put(self.movie_variance, doubt),
        )

    @property
    def people_vectors(self) -> Floats:
        """Factors, then the bias; shape (n_users, k + 1)."""
        return np.column_stack([self.user_factors, self.user_bias])

    def renumbered(self, users: Ints, movies: Ints) -> FactorStars:
        """The same with other rows; a new film stands at the average, as one that nobody rated."""
        average = 0 if self.movie_bias.any() else self.movie_factors.mean(axis=0)
        return replace(
            self,
            user_factors=carried(self.user_factors, users, self.prior_mean[:-1]),
            user_bias=carried(self.user_bias, users, self.prior_mean[-1]),
            movie_factors=carried(self.movie_factors, movies, average),
            movie_bias=carried(self.movie_bias, movies, 0),
            movie_variance=carried(self.movie_variance, movies, self.movie_variance.max()),
        )

    def placed(self, user_rows: Ints, vectors: Reals) -> FactorStars:
        """The same with other vectors (n, k + 1) for some of the people."""
        factors, bias = self.user_factors.copy(), self.user_bias.copy()
        factors[user_rows], bias[user_rows] = vectors[:, :-1], vectors[:, -1]
        return replace(self, user_factors=factors, user_bias=bias)

    def arrays(self) -> dict[str, Floats]:
        """Every field by name, scalars with shape (1,); for safetensors."""
        return {
            each.name: np.atleast_1d(np.asarray(getattr(self, each.name), np.float32))
            for each in fields(self)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> FactorStars:
        """The inverse of `arrays`. Raises ArtifactError when names or shapes do not fit together."""
        names = {each.name for each in fields(cls)}
        if set(arrays) != names:
            raise ArtifactError(f"stars: expected arrays {sorted(names)}, found {sorted(arrays)}")
        k = arrays["prior_mean"].size - 1
        n_users, n_movies = arrays["user_bias"].size, arrays["movie_bias"].size
        shapes = {
            "user_factors": (n_users, k),
            "user_bias": (n_users,),
            "movie_factors": (n_movies, k),
            "movie_bias": (n_movies,),
            "movie_variance": (n_movies,),
            "prior_mean": (k + 1,),
            "prior_precision": (k + 1, k + 1),
        }
        for name in names:
            if arrays[name].shape != shapes.get(name, (1,)):
                raise ArtifactError(f"stars: {name} has shape {arrays[name].shape}")
        values: dict[str, Any] = {
            name: array if name in shapes else float(array[0]) for name, array in arrays.items()
        }
        return cls(**values)

    def _design(self, movies: Ints) -> Reals:
        """Film factors with the bias's partner, a column of ones; shape (n, k + 1)."""
        return np.hstack([self.movie_factors[movies], np.ones((movies.size, 1))])

    def _base(self, movies: Ints) -> Reals:
        return self.offset + self.movie_bias[movies].astype(np.float64)

    def _stars(self, logits: Reals) -> Reals:
        return sigmoid_range(logits, self.low, self.high)

    def _slope(self, stars: Reals) -> Reals:
        return slope_at(stars, self.low, self.high)


def sigmoid_range(logits: Reals, low: float, high: float) -> Reals:
    """Stars in (low, high) from logits, in float64."""
    return low + (high - low) / (1.0 + np.exp(-logits.astype(np.float64)))


def slope_at(stars: Reals, low: float, high: float) -> Reals:
    """Stars per logit where a prediction stands at this many stars."""
    return (stars - low) * (high - stars) / (high - low)
