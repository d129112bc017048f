"""The permanent holdout of the bot's own training: what no model ever learns from, so that models compare.

Decided by a hash of the ids alone: one person in fifty is held out whole, and of the others one rating in
twenty. However the data grow, the verdict on a person or a rating never changes: a test holds some of them.
"""

from __future__ import annotations

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
ONE_WITHHELD_IN = 5  # of the ratings of somebody held out whole: to be found from the others
PERSON, RATING, WITHHELD = 1, 2, 3  # what is decided: each by a hash of its own


@dataclass(frozen=True, slots=True)
class Holdout:
    """`train` is learned from; `people` are ratings of people held out whole, `ratings` single ones."""

    train: Ratings
    people: Ratings
    ratings: Ratings


def split(ratings: Ratings) -> Holdout:
    """Part the ratings into three; each keeps the order of `ratings`."""
    person = falls(PERSON, ONE_PERSON_IN, ratings.user_ids)
    single = falls(RATING, ONE_RATING_IN, ratings.user_ids, ratings.movie_ids)
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


def _by_hash(own: Ratings) -> Person:
    withheld = falls(WITHHELD, ONE_WITHHELD_IN, own.user_ids, own.movie_ids)
    return Person(by_movie(own.take(~withheld)), {}, by_movie(own.take(withheld)))


def falls(decision: int, one_in: int, *ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """True for one row of ids in `one_in`, always the same ones; shape (n,), as that of each of `ids`.

    By splitmix64: Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators*, 2014.
    """
    state = _mix(np.full(ids[0].shape, decision, np.uint64))
    for column in ids:
        state = _mix(state ^ column.astype(np.int64).view(np.uint64))
    fallen: npt.NDArray[np.bool_] = state % np.uint64(one_in) == 0
    return fallen


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """One step of splitmix64 from each of `values`, modulo 2^64."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
