"""From ratings to a recommender: each part fitted in turn, nothing withheld."""

from __future__ import annotations

import numpy as np

from recsys.catalog import Catalog
from recsys.config import TrainingConfig
from recsys.content import content_features, genre_matrix, genre_vectors
from recsys.elicitation import Elicitation
from recsys.errors import InvalidData
from recsys.newcomers import fit_newcomers
from recsys.parts import Parts
from recsys.progress import Report
from recsys.ranker import Ranker
from recsys.ratings import Ratings
from recsys.recommender import Recommender
from recsys.rows import Rows
from recsys.seen import Seen
from recsys.shelves import Shelves
from recsys.similarity import Neighbours
from recsys.stars import Stars

__all__ = ["fit"]

DEFAULTS = TrainingConfig()


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
    ranker = neighbours = None
    if "ranker" in config.parts or "similar" in config.parts:
        ranker = _ranker(rows, catalog, config, report)
    kinds = genre_vectors(catalog)
    if ranker is not None and "similar" in config.parts:
        neighbours = Neighbours.build(ranker.film_factors, kinds, counts)
    if "ranker" not in config.parts:
        ranker = None  # it was needed for the neighbours alone
    seen = Seen.build(rows.users, rows.movies, rows.n_users, len(catalog))
    elicitation = Elicitation.build(seen, rows.movies, rows.values, len(catalog))
    shelves = Shelves.build(seen, kinds)
    newcomers = fit_newcomers(rows, genre_matrix(catalog), seen, shelves, ranker, stars, config)
    parts = Parts(user_ids, counts, elicitation, shelves, newcomers, stars, ranker, neighbours)
    return Recommender(catalog, parts, config)


def _stars(rows: Rows, config: TrainingConfig, report: Report | None) -> Stars:
    from recsys.models import dot_bias

    return dot_bias.fit_stars(rows, config, report)


def _ranker(rows: Rows, catalog: Catalog, config: TrainingConfig, report: Report | None) -> Ranker:
    from recsys.models import ials

    return ials.fit_ranker(rows, content_features(catalog), config, report)
