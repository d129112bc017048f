"""What every predictor of stars can do, whichever model it was fitted by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray, Floats, Ints, Reals
from recsys.data.ratings import MAX_STARS, MIN_STARS
from recsys.serving.newfilms import NewFilms

UNSEEN = -1  # instead of a row: it was not there in the former fit


@dataclass(frozen=True, slots=True, eq=False)
class StarsPosterior:
    """What some ratings say about one person: a Gaussian over their vector.

    `mean` has shape (k,), `covariance` (k, k); what the entries mean is the predictor's own matter.
    """

    mean: Reals
    covariance: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """How the predicted stars of n films move with a person's vector, near what is known of it.

    `gradients` (n, k) are stars per unit of the vector, and `covariance` (k, k) is what is not known of it:
    so gradient · covariance · gradient is a variance in stars squared. `noise` is that of a rating.
    """

    gradients: Reals
    covariance: Reals
    noise: float


class Stars(Protocol):
    """A served predictor; people and films by row number."""

    @property
    def n_users(self) -> int:
        """People who were in training."""

    @property
    def n_movies(self) -> int:
        """Films of the catalog, rated or not."""

    def predict(self, user_rows: npt.ArrayLike, movie_rows: npt.ArrayLike) -> Floats:
        """Stars of training people for films, pair by pair; shape (n,)."""

    def fold_in(
        self,
        movie_rows: npt.ArrayLike,
        values: npt.ArrayLike,
        prior_shift: Reals | None = None,
    ) -> StarsPosterior:
        """A newcomer, from their ratings in stars; pure. Without ratings: people as they are on the whole.

        `prior_shift` is how far from those their vector was expected before any rating; as many numbers as
        the posterior's mean has.
        """

    def sensitivity(self, posterior: StarsPosterior, movie_rows: npt.ArrayLike) -> Sensitivity:
        """How the stars of these films depend on what is not known of this person."""

    def predict_posterior(
        self, posterior: StarsPosterior, movie_rows: npt.ArrayLike | None = None
    ) -> tuple[Floats, Floats]:
        """Mean and standard deviation, in stars, of the rating this person would give; shapes (n,).

        The deviation joins what is not known of the person and the film, and the noise of a rating: about
        two ratings in three fall within one deviation. `movie_rows` None means every film.
        """

    def film_vectors(self) -> Floats:
        """How films are rated: two with like vectors are liked by the same people; shape (n_movies, k).

        Only angles count.
        """

    def film_biases(self) -> Floats | None:
        """How much better films are rated than their vectors explain; (n_movies,). None without biases."""

    def with_films(self, new: NewFilms) -> Stars:
        """With what is expected of films that nobody rated, less surely than of any; the others stay."""

    @property
    def people_vectors(self) -> Reals:
        """Of those who were in training, as `fold_in` makes means; shape (n_users, numbers of a mean)."""

    def renumbered(self, users: Ints, movies: Ints) -> Stars:
        """The same with other rows, to go on from: `users` (n_users,) and `movies` (n_movies,) say which row
        each one has in this predictor, UNSEEN where it has none. Such start where everybody does, before any
        rating.
        """

    def placed(self, user_rows: Ints, vectors: Reals) -> Stars:
        """The same with other vectors (n, numbers of a mean) for some of the people."""

    def arrays(self) -> Mapping[str, AnyArray]:
        """What an artifact stores."""


def carried(table: Reals, rows: Ints, beginning: npt.ArrayLike) -> AnyArray:
    """Rows of `table`, and `beginning` where a row is UNSEEN; shape (len(rows), …)."""
    found: AnyArray = table[rows]
    found[rows == UNSEEN] = beginning
    return found


def as_rating(stars: Reals) -> Floats:
    """Clipped to what can be given: what models predict goes beyond, so that the ends can be reached."""
    clipped: Floats = np.clip(stars, MIN_STARS, MAX_STARS).astype(np.float32)
    return clipped


def people_moment(mean: Reals, covariance: Reals, bias: int) -> Reals:
    """E[xxᵀ] of people's vectors x (k,), with 1, the partner of a film's bias, for their own at `bias`."""
    expected, spread = mean.astype(np.float64), covariance.astype(np.float64)
    expected[bias], spread[bias], spread[:, bias] = 1, 0, 0
    moment: Reals = spread + np.outer(expected, expected)
    return moment
