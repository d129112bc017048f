"""From ratings to a recommender: each part fitted in turn, nothing withheld."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Floats
from recsys.config import TrainingConfig
from recsys.data.catalog import Catalog
from recsys.data.content import content_features, genre_matrix, genre_vectors, year_kernels
from recsys.data.ratings import Ratings
from recsys.data.rows import Rows
from recsys.errors import InvalidData
from recsys.models.backend import around_a_fit, check_torch
from recsys.models.warm_start import Start, start_from
from recsys.progress import OnStep
from recsys.recommender import Recommender
from recsys.serving.answers import AnswerPrior
from recsys.serving.elicitation import Elicitation
from recsys.serving.newcomers import fit_newcomers
from recsys.serving.parts import Parts
from recsys.serving.ranker import Ranker, diagonal_basis, effective_number
from recsys.serving.seen import Seen
from recsys.serving.shelves import Shelves
from recsys.serving.similarity import Neighbours
from recsys.serving.stars import DrawnStars, FactorStars, NetworkStars, Stars

_DEFAULTS = TrainingConfig()


def fit(
    ratings: Ratings,
    catalog: Catalog,
    config: TrainingConfig = _DEFAULTS,
    *,
    report: OnStep | None = None,
    start: Recommender | None = None,
) -> Recommender:
    """Train on all of `ratings`; `report` hears of every epoch or sweep of the stars and the ranker.

    `start` is a recommender fitted before, on fewer ratings or an older catalog, and makes it a fine-tuning:
    stars and ranker go on from what it serves, over all of `ratings`, in a fraction of the time (the settings
    named refit_…); questions, shelves and what answers mean to the ranker's factors are carried over, unless
    films or genres of theirs are gone or ratings have grown by half; the rest is made anew. People and films
    are matched by id, and may come and go. The order of the ratings changes nothing.

    It runs on torch where that is installed, else on numpy alone, where the same seed gives another draw of
    the same model.

    Raises InvalidData without ratings or with a `start` that does not fit, UnknownMovie for a rating of a
    film that `catalog` does not have, TorchMissing for CUDA and for another model than pmf without torch,
    Diverged when training ends in numbers that are not finite.
    """
    if not len(ratings):
        raise InvalidData("there are no ratings to learn from")
    check_torch(config)
    with around_a_fit():
        return _fit(ratings, catalog, config, report, start)


def _fit(
    ratings: Ratings,
    catalog: Catalog,
    config: TrainingConfig,
    report: OnStep | None,
    start: Recommender | None,
) -> Recommender:
    ratings = ratings.take(np.lexsort((ratings.movie_ids, ratings.user_ids)))
    user_ids, users = np.unique(ratings.user_ids, return_inverse=True)
    movies, cap = catalog.rows(ratings.movie_ids), config.influence_cap
    rows = Rows(users, movies, ratings.values, len(user_ids), len(catalog), cap)
    former = None if start is None else start_from(start, rows, user_ids, catalog, config)
    counts = np.bincount(rows.movies, minlength=len(catalog)).astype(np.float32)
    content = content_features(catalog)
    stars = _stars(rows, content, config, report, former) if "stars" in config.parts else None
    order = None
    if "ranker" in config.parts or "similar" in config.parts:
        order = _order(rows, content, config, report, former)
    kinds = genre_vectors(catalog)
    neighbours = None
    if order is not None and "similar" in config.parts:
        vectors = None if stars is None else stars.film_vectors()
        film_factors = order.ranker.film_factors
        neighbours = Neighbours.build(film_factors, vectors, kinds, year_kernels(catalog), counts)
    ranker = None if order is None or "ranker" not in config.parts else order.ranker
    questions = None if former is None else former.questions
    if questions is None:
        seen = Seen.build(rows.users, rows.movies, rows.n_users, len(catalog))
        shelves = Shelves.build(seen, kinds)
    else:
        seen, shelves = questions.seen, questions.shelves
    elicitation = Elicitation.build(seen, rows.movies, rows.values, len(catalog))
    newcomers = fit_newcomers(
        rows,
        genre_matrix(catalog),
        seen,
        shelves,
        ranker,
        stars,
        config,
        fine_tuned=former is not None,
        ordered=None if order is None else order.answers,
    )
    parts = Parts(user_ids, counts, elicitation, shelves, newcomers, stars, ranker, neighbours)
    return Recommender(catalog, parts.completed(catalog), config)


def _stars(
    rows: Rows, content: Floats, config: TrainingConfig, report: OnStep | None, former: Start | None
) -> Stars:
    if config.model == "nn":
        from recsys.models import network

        net = None if former is None else former.predictor(NetworkStars)
        return network.fit_stars(rows, config, report, net)
    if config.model == "pmf":
        from recsys.models import pmf

        draws, counts = (None, None) if former is None else (former.predictor(DrawnStars), former.counts)
        return pmf.fit_stars(rows, content, config, report, draws, counts)
    from recsys.models import dot_bias

    factors = None if former is None else former.predictor(FactorStars)
    return dot_bias.fit_stars(rows, config, report, factors)


@dataclass(frozen=True, slots=True)
class _Order:
    """`answers` is what they add to the ranker's factors, in its basis, where a former fit has learned it."""

    ranker: Ranker
    answers: AnswerPrior | None = None


def _order(
    rows: Rows, content: Floats, config: TrainingConfig, report: OnStep | None, former: Start | None
) -> _Order:
    from recsys.models import ease, ials

    if former is None or former.film_factors is None:
        film_factors = ials.fit_film_factors(rows, content, config, report)
    else:
        film_factors = ials.refit_film_factors(
            rows, content, config, former.film_factors, former.known_films, former.counts, report
        )
    basis, effective_films = diagonal_basis(film_factors), effective_number(np.bincount(rows.movies))
    weights = None if former is None else former.ease
    if weights is None:
        weights = ease.fit_ease(rows, content, config)
    ranker = Ranker.from_factors(film_factors, effective_films, weights, config.ranker, basis)
    questions = None if former is None else former.questions
    if questions is None or questions.order is None:
        return _Order(ranker)
    return _Order(ranker, questions.order.turned(basis[1]))
