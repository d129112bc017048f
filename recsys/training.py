"""From ratings to a recommender: each part fitted in turn, nothing withheld."""

from __future__ import annotations

import numpy as np

from recsys.catalog import Catalog
from recsys.config import TrainingConfig
from recsys.content import content_features, genre_matrix, genre_vectors
from recsys.elicitation import Elicitation
from recsys.errors import InvalidData
from recsys.parts import Parts
from recsys.prior import GenrePrior, fit_genre_prior, genre_profiles, genre_taste
from recsys.progress import Report
from recsys.ranker import Ranker
from recsys.ratings import Ratings
from recsys.recommender import Recommender
from recsys.rows import Rows
from recsys.similarity import Neighbours
from recsys.stars import Stars

__all__ = ["fit"]

DEFAULTS = TrainingConfig()
PRIOR_PEOPLE = 5000  # people enough to learn what genre answers mean


def fit(
    ratings: Ratings, catalog: Catalog, config: TrainingConfig = DEFAULTS, *, report: Report | None = None
) -> Recommender:
    """Train on all of `ratings`; `report` hears of every epoch of the stars and every sweep of the ranker.

    The order of the ratings changes nothing. Raises InvalidData without ratings, UnknownMovie for a
    rating of a film that `catalog` does not have, Diverged when training ends in numbers that are not finite.
    """
    if not len(ratings):
        raise InvalidData("there are no ratings to learn from")
    ratings = ratings.take(np.lexsort((ratings.movie_ids, ratings.user_ids)))
    user_ids, users = np.unique(ratings.user_ids, return_inverse=True)
    rows = Rows(users, catalog.rows(ratings.movie_ids), ratings.values, len(user_ids), len(catalog))
    counts = np.bincount(rows.movies, minlength=len(catalog)).astype(np.float32)
    stars = _stars(rows, config, report) if "stars" in config.parts else None
    ranker = prior = neighbours = None
    if "ranker" in config.parts or "similar" in config.parts:
        ranker = _ranker(rows, catalog, config, report)
    if ranker is not None and "similar" in config.parts:
        neighbours = Neighbours.build(ranker.film_factors, genre_vectors(catalog), counts)
    if ranker is not None and "ranker" in config.parts:
        prior = _genre_prior(ranker, rows, catalog, config)
    else:
        ranker = None  # it was needed for the neighbours alone
    elicitation = Elicitation.build(rows.movies, rows.values, len(catalog))
    return Recommender(
        catalog, Parts(user_ids, counts, elicitation, stars, ranker, prior, neighbours), config
    )


def _stars(rows: Rows, config: TrainingConfig, report: Report | None) -> Stars:
    from recsys.models import dot_bias

    return dot_bias.fit_stars(rows, config, report)


def _ranker(rows: Rows, catalog: Catalog, config: TrainingConfig, report: Report | None) -> Ranker:
    from recsys.models import ials

    return ials.fit_ranker(rows, content_features(catalog), config, report)


def _genre_prior(ranker: Ranker, rows: Rows, catalog: Catalog, config: TrainingConfig) -> GenrePrior:
    """Learned on the vectors that training people get by folding in all of their ratings."""
    profiles = genre_profiles(rows.users, rows.movies, rows.values, genre_matrix(catalog), rows.n_users)
    taste = genre_taste(profiles, among=profiles)
    people = np.random.default_rng(config.seed).permutation(rows.n_users)[:PRIOR_PEOPLE]
    starts = np.searchsorted(rows.users, np.arange(rows.n_users + 1))
    vectors = np.stack(
        [
            ranker.fold_in(
                rows.movies[starts[row] : starts[row + 1]], rows.values[starts[row] : starts[row + 1]]
            )
            for row in people
        ]
    )
    settings = config.ranker
    return fit_genre_prior(
        vectors,
        taste[people],
        ridge=settings.prior_ridge,
        strength=settings.prior_strength,
        seed=config.seed,
    )
