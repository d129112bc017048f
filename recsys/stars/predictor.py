"""What every predictor of stars can do, whichever model it was fitted by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Stars", "StarsPosterior"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StarsPosterior:
    """What some ratings say about one person: a Gaussian over their vector.

    `mean` has shape (k,), `covariance` (k, k); what the entries mean is the predictor's own matter.
    """

    mean: npt.NDArray[np.floating[Any]]
    covariance: npt.NDArray[np.floating[Any]]


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

    def fold_in(self, movie_rows: npt.ArrayLike, values: npt.ArrayLike) -> StarsPosterior:
        """A newcomer, from their ratings in stars; pure. Without ratings: people as they are on the whole."""

    def predict_posterior(
        self, posterior: StarsPosterior, movie_rows: npt.ArrayLike | None = None
    ) -> tuple[Floats, Floats]:
        """Mean and standard deviation, in stars, of the rating this person would give; shapes (n,).

        The deviation joins what is not known of the person and the film, and the noise of a rating: about
        two ratings in three fall within one deviation. `movie_rows` None means every film.
        """

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """What an artifact stores."""
