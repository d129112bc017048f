"""The permanent holdout of the bot's own training: what no model ever learns from, so that models compare.

Decided by a hash of the ids alone: one person in fifty is held out whole, and of the others one rating in
twenty. However the data grow, the verdict on a person or a rating never changes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.evaluation.metrics import mean_squared_error
from recsys.evaluation.order import order_metrics, recommended
from recsys.evaluation.splits import Person, by_movie
from recsys.ratings import Ratings
from recsys.recommender import Recommender

__all__ = ["Holdout", "falls", "measure_holdout", "split"]

ONE_PERSON_IN = 50
ONE_RATING_IN = 20


@dataclass(frozen=True, slots=True)
class Holdout:
    """`train` is learned from; `people` are ratings of people held out whole, `ratings` single ones."""

    train: Ratings
    people: Ratings
    ratings: Ratings


def split(ratings: Ratings) -> Holdout:
    """Part the ratings into three; each keeps the order of `ratings`."""
    user_ids, rows = np.unique(ratings.user_ids, return_inverse=True)
    person = np.array([falls(f"person {user}", ONE_PERSON_IN) for user in user_ids.tolist()], np.bool_)[rows]
    pairs = zip(ratings.user_ids.tolist(), ratings.movie_ids.tolist(), strict=True)
    single: npt.NDArray[np.bool_] = np.fromiter(
        (falls(f"rating {user} {movie}", ONE_RATING_IN) for user, movie in pairs), np.bool_, len(ratings)
    )
    return Holdout(
        train=ratings.take(~person & ~single),
        people=ratings.take(person),
        ratings=ratings.take(~person & single),
    )


def measure_holdout(recommender: Recommender, holdout: Holdout) -> dict[str, float]:
    """What the permanent holdout says: "rmse" in stars on its ratings, "ndcg@10", "recall@20" on its people.

    Of each person one rating in five, by hash, is to be found; the others are their history. A measure for
    which the holdout has nothing is left out. Models of one data set compare by these.
    """
    metrics: dict[str, float] = {}
    known = holdout.ratings.take(np.isin(holdout.ratings.user_ids, recommender.user_ids))
    if len(known):
        predicted = recommender.predict(known.user_ids, known.movie_ids)
        metrics["rmse"] = mean_squared_error(predicted, known.values) ** 0.5
    people = [
        _by_hash(holdout.people.take(holdout.people.user_ids == user)) for user in holdout.people.people()
    ]
    people = [person for person in people if person.relevant]
    if people:
        lists = [recommended(recommender, recommender.fold_in(each.history), each) for each in people]
        metrics |= {metric.lower(): value for metric, value in order_metrics(lists, people).items()}
    return metrics


def falls(key: str, one_in: int) -> bool:
    """True for one key in `one_in`, always the same ones."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % one_in == 0


def _by_hash(own: Ratings) -> Person:
    withheld = np.array(
        [
            falls(f"withheld {user} {movie}", 5)
            for user, movie in zip(own.user_ids, own.movie_ids, strict=True)
        ]
    )
    return Person(by_movie(own.take(~withheld)), {}, by_movie(own.take(withheld)))
