"""From ratings to a recommender: each part fitted in turn, nothing withheld."""

from __future__ import annotations

import numpy as np

from recsys.catalog import Catalog
from recsys.config import TrainingConfig
from recsys.content import content_features, genre_matrix, genre_vectors, year_kernels
from recsys.elicitation import Elicitation
from recsys.errors import InvalidData, MissingPart
from recsys.newcomers import fit_newcomers
from recsys.parts import Parts
from recsys.progress import Report
from recsys.ranker import IntArray, Ranker, effective_number
from recsys.ratings import Ratings
from recsys.recommender import Recommender
from recsys.rows import Rows
from recsys.seen import Seen
from recsys.shelves import Shelves
from recsys.similarity import Neighbours
from recsys.stars import DrawnStars, FormerVectors, Stars

__all__ = ["fit"]

DEFAULTS = TrainingConfig()


def fit(
    ratings: Ratings,
    catalog: Catalog,
    config: TrainingConfig = DEFAULTS,
    *,
    report: Report | None = None,
    start: Recommender | None = None,
) -> Recommender:
    """Train on all of `ratings`; `report` hears of every epoch or sweep of the stars and the ranker.

    `start` is a recommender fitted before, on fewer ratings or an older catalog: the stars of model="pmf" go
    on from where it ended, for `config.pmf.refit_sweeps` only; people and films are matched by id. The
    order of the ratings changes nothing. Raises InvalidData without ratings or with a `start` that does not
    fit, UnknownMovie for a rating of a film that `catalog` does not have, Diverged when training ends in
    numbers that are not finite.
    """
    if not len(ratings):
        raise InvalidData("there are no ratings to learn from")
    if start is not None and "stars" not in config.parts:
        raise InvalidData("start: only stars go on from a former fit, and config.parts leaves them out")
    ratings = ratings.take(np.lexsort((ratings.movie_ids, ratings.user_ids)))
    user_ids, users = np.unique(ratings.user_ids, return_inverse=True)
    rows = Rows(users, catalog.rows(ratings.movie_ids), ratings.values, len(user_ids), len(catalog))
    counts = np.bincount(rows.movies, minlength=len(catalog)).astype(np.float32)
    stars = None
    if "stars" in config.parts:
        former = None if start is None else _former_vectors(start, user_ids, catalog, config)
        stars = _stars(rows, catalog, config, report, former)
    ranker = neighbours = None
    if "ranker" in config.parts or "similar" in config.parts:
        ranker = _ranker(rows, catalog, config, report)
    kinds = genre_vectors(catalog)
    if ranker is not None and "similar" in config.parts:
        vectors = None if stars is None else stars.film_vectors()
        neighbours = Neighbours.build(ranker.film_factors, vectors, kinds, year_kernels(catalog), counts)
    if "ranker" not in config.parts:
        ranker = None  # it was needed for the neighbours alone
    seen = Seen.build(rows.users, rows.movies, rows.n_users, len(catalog))
    elicitation = Elicitation.build(seen, rows.movies, rows.values, len(catalog))
    shelves = Shelves.build(seen, kinds)
    newcomers = fit_newcomers(rows, genre_matrix(catalog), seen, shelves, ranker, stars, config)
    parts = Parts(user_ids, counts, elicitation, shelves, newcomers, stars, ranker, neighbours)
    return Recommender(catalog, parts.completed(catalog), config)


def _stars(
    rows: Rows, catalog: Catalog, config: TrainingConfig, report: Report | None, former: FormerVectors | None
) -> Stars:
    from recsys.models import dot_bias, network, pmf

    if config.model == "nn":
        return network.fit_stars(rows, config, report)
    if config.model != "pmf":
        return dot_bias.fit_stars(rows, config, report)
    return pmf.fit_stars(rows, content_features(catalog), config, report, former)


def _former_vectors(
    start: Recommender, user_ids: IntArray, catalog: Catalog, config: TrainingConfig
) -> FormerVectors:
    """The last draw of a former fit, by the rows of this one. Raises InvalidData if it is of another kind."""
    try:
        stars = start.stars
    except MissingPart as error:
        raise InvalidData("start: it was fitted without stars, so that there is nothing to go on") from error
    if config.model != "pmf" or not isinstance(stars, DrawnStars):
        raise InvalidData("start: only a fit of model='pmf' can go on, from one of the same model")
    if stars.movie_factors.shape[2] != config.pmf.factors:
        raise InvalidData(
            f"start has {stars.movie_factors.shape[2]} factors, config.pmf asks for {config.pmf.factors}"
        )
    users, former_users = _common(user_ids, start.user_ids)
    movies, former_movies = _common(catalog.movie_ids, start.catalog.movie_ids)
    former = FormerVectors(
        np.tile(stars.prior_mean[-1], (len(user_ids), 1)),
        np.zeros((len(catalog), stars.prior_mean.shape[1]), np.float32),
        np.ones(len(catalog), np.float32),
        float(stars.noise_variance[-1]),
    )
    former.users[users, 0] = stars.user_bias[former_users, -1]
    former.users[users, 1:] = stars.user_factors[former_users, -1]
    former.movies[movies, 0] = stars.movie_bias[former_movies, -1]
    former.movies[movies, 1:] = stars.movie_factors[former_movies, -1]
    former.movie_weights[movies] = stars.movie_weight[former_movies]
    return former


def _common(ids: IntArray, former_ids: IntArray) -> tuple[IntArray, IntArray]:
    """Rows of the ids that are in both, here and there."""
    _, rows, former_rows = np.intersect1d(ids, former_ids, assume_unique=True, return_indices=True)
    return rows, former_rows


def _ranker(rows: Rows, catalog: Catalog, config: TrainingConfig, report: Report | None) -> Ranker:
    from recsys.models import ease, ials

    features = content_features(catalog)
    film_factors = ials.fit_film_factors(rows, features, config, report)
    effective_films = effective_number(np.bincount(rows.movies))
    weights = ease.fit_ease(rows, features, config)
    return Ranker.from_factors(film_factors, effective_films, weights, config.ranker)
