"""Stars from several draws of a Bayesian model: what is served of pmf, in numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray, Floats, Ints, Reals
from recsys.errors import ArtifactError
from recsys.serving.newfilms import NewFilms
from recsys.serving.stars.predictor import Sensitivity, StarsPosterior, as_rating, carried, people_moment

_IMPLICIT_FADE = 10.0  # ratings after which what a newcomer chose to rate says half of what it can say


@dataclass(frozen=True, slots=True, eq=False)
class DrawnStars:
    """stars = offset + user_bias + movie_bias + user_factors @ movie_factors, averaged over `s` draws.

    A posterior holds one Gaussian a draw over (bias, factors): means (s, 1 + k), covariances
    (s, 1 + k, 1 + k). Each is the exact posterior of a person given that draw's films, so that their mixture
    joins what is not known of the person and of the films.
    """

    user_bias: Reals  # (n_users, s), half precision
    user_factors: Reals  # (n_users, s, k), half precision
    movie_bias: Floats  # (n_movies, s)
    movie_factors: Floats  # (n_movies, s, k)
    movie_weight: Floats  # (n_movies,): how much more than usual a rating of this film weighs
    movie_doubt: Floats  # (n_movies,): variance of its stars from not knowing the film, within a draw
    movie_appeal: Floats  # (n_movies,): stars its own audience gives it more than anyone
    movie_openness: Floats  # (n_movies,): variance of its stars among people of whom nothing is known
    implicit: Floats  # (n_movies, d): what it says to have rated this film, however
    implicit_links: Floats  # (s, d, 1 + k): the same in vectors of people
    implicit_centre: Floats  # (d,): mean over people
    prior_mean: Floats  # (s, 1 + k): of people of whom nothing is known
    prior_precision: Floats  # (s, 1 + k, 1 + k)
    noise_variance: Floats  # (s,): of a rating of a usual film, stars squared
    noise_spread: Floats  # (1,): how much larger it is when it is not known how steady the person is
    offset: Floats  # (1,): mean of the ratings

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
        bias = self.user_bias[users].mean(1, np.float32) + self.movie_bias[movies].mean(1)
        match = np.einsum(
            "nsk,nsk->n", self.user_factors[users].astype(np.float32), self.movie_factors[movies]
        )
        return as_rating(self.offset + bias + match / len(self.noise_variance))

    def fold_in(
        self, movie_rows: npt.ArrayLike, values: npt.ArrayLike, prior_shift: Reals | None = None
    ) -> StarsPosterior:
        """A newcomer, from their ratings in stars: Bayesian linear regression on each draw's films.

        The prior moves with which films they rated (as far as there are enough) and, where it is given, by
        `prior_shift` (s · (1 + k),), draw by draw.
        """
        movies, stars = np.asarray(movie_rows, np.int64), np.asarray(values, np.float64)
        X = np.concatenate(
            [np.ones((movies.size, len(self.noise_variance), 1)), self.movie_factors[movies]], axis=2
        )
        variance = self.noise_variance / self.movie_weight[movies, None] + self.movie_doubt[movies, None]
        weighted = X / variance[..., None]
        left = stars[:, None] - self.offset - self.movie_bias[movies]
        precision = self.prior_precision + weighted.transpose(1, 2, 0) @ X.transpose(1, 0, 2)
        pull = self.prior_precision @ self._prior(movies, prior_shift)[..., None]
        covariance = np.linalg.inv(precision)
        mean = covariance @ (pull + np.einsum("nsk,ns->sk", weighted, left)[..., None])
        return StarsPosterior(mean[..., 0], covariance)

    def predict_posterior(
        self, posterior: StarsPosterior, movie_rows: npt.ArrayLike | None = None
    ) -> tuple[Floats, Floats]:
        """Mean and standard deviation, in stars, of the rating this person would give; shapes (n,)."""
        rows = slice(None) if movie_rows is None else np.asarray(movie_rows, np.int64)
        factors, bias = self.movie_factors[rows], self.movie_bias[rows]
        person = posterior.mean.astype(np.float32)
        covariance = posterior.covariance.astype(np.float32)
        by_draw = factors.transpose(1, 0, 2)
        means = (by_draw @ person[:, 1:, None])[..., 0] + person[:, :1] + bias.T  # (s, n)
        linear = by_draw @ covariance[:, 1:, 1:] + 2 * covariance[:, None, 0, 1:]
        doubt = np.einsum("snk,snk->n", linear, by_draw) / len(person) + covariance[:, 0, 0].mean()
        noise = self.noise_variance.mean() * self.noise_spread / self.movie_weight[rows]
        # Who rates a film chose it, and so likes it better than anyone: the less, the better we know them.
        audience = self.movie_appeal[rows] * doubt / self.movie_openness[rows]
        deviation = np.sqrt(doubt + self.movie_doubt[rows] + means.var(axis=0) + noise)
        return as_rating(self.offset + means.mean(axis=0) + audience), deviation.astype(np.float32)

    def sensitivity(self, posterior: StarsPosterior, movie_rows: npt.ArrayLike) -> Sensitivity:
        """How the stars of these films depend on what is not known of this person, in the last draw.

        One draw finds the film that says most about somebody about as well as all of them.
        """
        factors = self.movie_factors[np.asarray(movie_rows, np.int64), -1]
        gradients = np.concatenate([np.ones((len(factors), 1)), factors], axis=1)
        return Sensitivity(gradients, posterior.covariance[-1], float(self.noise_variance[-1]))

    def film_biases(self) -> Floats | None:
        """In stars, the mean of the draws; shape (n_movies,)."""
        biases: Floats = self.movie_bias.mean(axis=1)
        return biases

    def film_vectors(self) -> Floats:
        """Factors whose products are the covariances of two films' stars among people; (n_movies, k).

        That is the mean over draws of V Σ Vᵀ with the covariance Σ of people's factors, cut to as many
        principal axes as a draw has factors: the draws are turned differently, but agree on these.
        """
        k = self.movie_factors.shape[2]
        spread = np.linalg.inv(self.prior_precision)[:, 1:, 1:]
        roots = np.linalg.cholesky(spread).astype(np.float32)
        stacked = np.einsum("nsk,skl->nsl", self.movie_factors, roots).reshape(self.n_movies, -1)
        _, axes = np.linalg.eigh(stacked.T @ stacked / len(roots))
        vectors: Floats = (stacked @ axes[:, : -k - 1 : -1] / np.sqrt(len(roots))).astype(np.float32)
        return vectors

    def with_films(self, new: NewFilms) -> DrawnStars:
        """With the vectors that are expected of new films, draw by draw, and what these leave open.

        Of their noise and of who watches them nothing is known, as of no film without ratings.
        """
        known = new.learned
        vectors = np.concatenate([self.movie_bias[known][..., None], self.movie_factors[known]], axis=2)
        found = new.expected(vectors)
        covariances = np.linalg.inv(self.prior_precision)
        people = [people_moment(*each, 0) for each in zip(self.prior_mean, covariances, strict=True)]
        doubts = [new.doubt(vectors[:, draw], moment) for draw, moment in enumerate(people)]
        x = found.copy()
        x[..., 0] = 1
        return replace(
            self,
            movie_bias=new.put(self.movie_bias, found[..., 0]),
            movie_factors=new.put(self.movie_factors, found[..., 1:]),
            movie_weight=new.put(self.movie_weight, 1),
            movie_doubt=new.put(self.movie_doubt, np.mean(doubts) + new.mean(self.movie_doubt[known])),
            movie_appeal=new.put(self.movie_appeal, 0),
            movie_openness=new.put(
                self.movie_openness, np.einsum("qsk,skl,qsl->q", x, covariances, x) / len(people)
            ),
            implicit=new.put(self.implicit, 0),
        )

    @property
    def people_vectors(self) -> Reals:
        """Biases and factors, draw by draw; shape (n_users, s · (1 + k))."""
        vectors = np.concatenate([self.user_bias[..., None], self.user_factors], axis=2)
        return vectors.reshape(self.n_users, -1).astype(np.float32)

    def renumbered(self, users: Ints, movies: Ints) -> DrawnStars:
        """The same with other rows; new films have no taste yet, and are known as little as any."""
        return replace(
            self,
            user_bias=carried(self.user_bias, users, self.prior_mean[:, 0]),
            user_factors=carried(self.user_factors, users, self.prior_mean[:, 1:]),
            movie_bias=carried(self.movie_bias, movies, 0),
            movie_factors=carried(self.movie_factors, movies, 0),
            movie_weight=carried(self.movie_weight, movies, 1),
            movie_doubt=carried(self.movie_doubt, movies, self.movie_doubt.max()),
            movie_appeal=carried(self.movie_appeal, movies, 0),
            movie_openness=carried(self.movie_openness, movies, self.movie_openness.mean()),
            implicit=carried(self.implicit, movies, 0),
        )

    def placed(self, user_rows: Ints, vectors: Reals) -> DrawnStars:
        """The same with other vectors (n, s · (1 + k)) for some of the people."""
        by_draw = vectors.reshape(len(user_rows), *self.prior_mean.shape)
        bias, factors = self.user_bias.copy(), self.user_factors.copy()
        bias[user_rows], factors[user_rows] = by_draw[..., 0], by_draw[..., 1:]
        return replace(self, user_bias=bias, user_factors=factors)

    def arrays(self) -> dict[str, AnyArray]:
        """Every field by name; for safetensors."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> DrawnStars:
        """The inverse of `arrays`. Raises ArtifactError when names or shapes do not fit together."""
        names = {each.name for each in fields(cls)}
        if set(arrays) != names:
            raise ArtifactError(f"stars: expected arrays {sorted(names)}, found {sorted(arrays)}")
        stars = cls(**arrays)
        s, width = stars.prior_mean.shape if stars.prior_mean.ndim == 2 else (0, 0)
        users, movies, d = len(stars.user_bias), len(stars.movie_bias), stars.implicit_centre.size
        shapes = {
            "user_bias": (users, s),
            "user_factors": (users, s, width - 1),
            "movie_bias": (movies, s),
            "movie_factors": (movies, s, width - 1),
            "movie_weight": (movies,),
            "movie_doubt": (movies,),
            "movie_appeal": (movies,),
            "movie_openness": (movies,),
            "implicit": (movies, d),
            "implicit_links": (s, d, width),
            "implicit_centre": (d,),
            "prior_mean": (s, width),
            "prior_precision": (s, width, width),
            "noise_variance": (s,),
            "noise_spread": (1,),
            "offset": (1,),
        }
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise ArtifactError(f"stars: {name} has shape {arrays[name].shape}")
        return stars

    def _prior(self, movies: Ints, shift: Reals | None) -> Reals:
        """Means of the draws' priors for somebody who rated these films; shape (s, 1 + k)."""
        mean: Reals = self.prior_mean
        if shift is not None:
            mean = mean + shift.reshape(mean.shape)
        if movies.size:
            chosen = self.implicit[movies].sum(0) / np.sqrt(movies.size) - self.implicit_centre
            trust = movies.size / (movies.size + _IMPLICIT_FADE)
            mean = mean + trust * (chosen @ self.implicit_links)
        return mean
