"""What is kept of Bayesian matrix factorisation, draw by draw, and put together for serving; numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Floats, Halves
from recsys.serving.stars import DrawnStars


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of everything; arrays as in DrawnStars, without the axis of draws."""

    users: Halves  # (n_users, 1 + k)
    movies: Floats  # (n_movies, 1 + k)
    movie_weight: Floats
    movie_doubt: Floats
    movie_appeal: Floats
    implicit_links: Floats
    prior_mean: Doubles
    prior_covariance: Doubles
    noise_variance: float
    noise_spread: float


def stars_of_draws(draws: Sequence[Draw], implicit: Floats, centre: Floats, offset: float) -> DrawnStars:
    """What one draw or more make together.

    `implicit` (n_movies, d) is what it says of a person to have rated each film, `centre` (d,) its mean over
    people, `offset` what the draws' predictions are added to, in stars.
    """
    single = np.float32
    users = np.stack([draw.users for draw in draws])
    movies = np.stack([draw.movies for draw in draws])
    covariances = np.stack([draw.prior_covariance for draw in draws])
    weight, appeal, spread = (
        np.stack([np.atleast_1d(getattr(draw, name)) for draw in draws]).mean(axis=0, dtype=single)
        for name in ("movie_weight", "movie_appeal", "noise_spread")
    )
    x = movies.copy()
    x[..., 0] = 1
    openness = np.einsum("snk,snk->n", x @ covariances.astype(single), x) / len(x)
    return DrawnStars(
        user_bias=users[..., 0].T.copy(),
        user_factors=users[..., 1:].transpose(1, 0, 2).copy(),
        movie_bias=movies[..., 0].T.copy(),
        movie_factors=movies[..., 1:].transpose(1, 0, 2).copy(),
        movie_weight=weight,
        movie_doubt=draws[-1].movie_doubt,
        movie_appeal=appeal,
        movie_openness=openness,
        implicit=implicit,
        implicit_links=np.stack([draw.implicit_links for draw in draws]),
        implicit_centre=centre,
        prior_mean=np.stack([draw.prior_mean for draw in draws]).astype(single),
        prior_precision=np.linalg.inv(covariances).astype(single),
        noise_variance=np.array([draw.noise_variance for draw in draws], single),
        noise_spread=spread,
        offset=np.array([offset], single),
    )
