"""The permanent holdout of the bot's own training: what no model ever learns from, so that models compare.

Decided by a hash of the ids alone: one person in fifty is held out whole, and of the others one rating in
twenty. However the data grow, the verdict on a person or a rating never changes: a test holds some of them.

Everybody is measured as they are served: folded in from what they show. Of a person held out whole each fifth
of the ratings is to be found in turn, from the others; of anybody else the single ratings, from those in
training. The whole people alone would be too few: in ml-latest-small nine, on whom the NDCG@10 of two honest
models differs by as much as 4 %.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np

from recsys.arrays import Doubles, Ints, Mask
from recsys.data.hashing import Hashes, splitmix64
from recsys.data.ratings import Ratings
from recsys.evaluation.metrics import ndcg, recall
from recsys.evaluation.splits import HeldOutPerson, by_movie
from recsys.recommender import Recommender

_ONE_PERSON_IN = 50
_ONE_RATING_IN = 20
_ONE_WITHHELD_IN = 5  # of the ratings of somebody held out whole: to be found from the others
_PERSON, _RATING, _WITHHELD, _ASKED = 1, 2, 3, 4  # what is decided: each by a hash of its own
_STRANGERS, _OTHERS = 100, 1000  # people measured at most: enough for differences of one per cent
LISTED, _LISTED_FOR_RECALL = 10, 20


@dataclass(frozen=True, slots=True)
class Holdout:
    """`train` is learned from; `people` are ratings of people held out whole, `ratings` single ones."""

    train: Ratings
    people: Ratings
    ratings: Ratings


@dataclass(frozen=True, slots=True, eq=False)
class PersonScores:
    """What one model makes of the people of a holdout; each array has one entry a person, shape (n,).

    `ratings` are how many were predicted, `squared_error` the sum over them in stars squared, NaN without
    stars. `ndcg` (of 10) and `recall` (of 20) are means over what was withheld in turn, NaN for who liked
    nothing of it; `lists` are the movie ids of each person's lists of ten. Without a ranker NaN and empty.
    """

    ratings: Ints
    squared_error: Doubles
    ndcg: Doubles
    recall: Doubles
    lists: tuple[Ints, ...]
    finite: bool  # whether all stars and scores were


def split(ratings: Ratings) -> Holdout:
    """Part the ratings into three; each keeps the order of `ratings`."""
    person = falls(_PERSON, _ONE_PERSON_IN, ratings.user_ids)
    single = falls(_RATING, _ONE_RATING_IN, ratings.user_ids, ratings.movie_ids)
    return Holdout(
        train=ratings.take(~person & ~single),
        people=ratings.take(person),
        ratings=ratings.take(~person & single),
    )


def people_of(holdout: Holdout, movie_ids: Ints) -> list[list[HeldOutPerson]]:
    """Who is asked, each with one or more things to find, among these films only.

    Of many people the same ones always, by hash: at most 100 who were held out whole and 1,000 others.
    """
    strangers, others = _asked(holdout.people, _STRANGERS), _asked(holdout.ratings, _OTHERS)
    whole, singles = (
        _grouped(part, asked, movie_ids)
        for part, asked in ((holdout.people, strangers), (holdout.ratings, others))
    )
    shown = _grouped(holdout.train, others, movie_ids)
    people = [_in_turn(own) for own in whole.values()]
    for user_id, own in singles.items():
        history = by_movie(shown[user_id]) if user_id in shown else {}
        people.append([HeldOutPerson(history, {}, by_movie(own))])
    return people


def score_people(
    recommender: Recommender, people: Sequence[Sequence[HeldOutPerson]], exclude: Collection[int] = ()
) -> PersonScores:
    """Measure a model as it serves, in the pure order, on all films but `exclude`."""
    rated, ranked = (part in recommender.config.parts for part in ("stars", "ranker"))
    n = len(people)
    ratings, lists, finite = np.zeros(n, np.int64), [], True
    errors, found = np.full(n, 0.0 if rated else np.nan), np.full((2, n), np.nan)
    for at, tasks in enumerate(people):
        orders, listed = [], list[int]()
        for task in tasks:
            user = recommender.fold_in(task.history)
            ratings[at] += len(task.withheld)
            if rated:
                expected = recommender.predict_for(user, list(task.withheld))[0]
                errors[at] += np.square(expected - np.fromiter(task.withheld.values(), np.float64)).sum()
            if ranked:
                best = recommender.recommend(user, _LISTED_FOR_RECALL, exclude, diversity=0)
                finite &= all(isfinite(each.score) for each in best)
                own = [each.movie_id for each in best]
                listed += own[:LISTED]
                if task.relevant:
                    orders.append((ndcg(own, task.relevant, LISTED), recall(own, task.relevant)))
        if orders:
            found[:, at] = np.mean(orders, axis=0)
        lists.append(np.array(listed, np.int64))
    finite &= not rated or bool(np.isfinite(errors).all())
    return PersonScores(ratings, errors, found[0], found[1], tuple(lists), finite)


def measure_holdout(recommender: Recommender, holdout: Holdout) -> dict[str, float]:
    """What the permanent holdout says: "rmse" in stars, "ndcg@10" and "recall@20".

    A measure for which the holdout has nothing is left out. Models of one data set compare by these; for two
    of different films see recsys.evaluation.gate.
    """
    measured = score_people(recommender, people_of(holdout, recommender.catalog.movie_ids))
    metrics: dict[str, float] = {}
    if measured.ratings.sum() and "stars" in recommender.config.parts:
        metrics["rmse"] = float(measured.squared_error.sum() / measured.ratings.sum()) ** 0.5
    liked = np.isfinite(measured.ndcg)
    if liked.any():
        metrics["ndcg@10"] = float(measured.ndcg[liked].mean())
        metrics["recall@20"] = float(measured.recall[liked].mean())
    return metrics


def _asked(part: Ratings, most: int) -> Ints:
    """The people of a part of the holdout who are measured: all, or the first by hash; ascending ids."""
    people = part.people()
    return np.sort(people[np.argsort(_hashed(_ASKED, people), kind="stable")[:most]])


def _grouped(ratings: Ratings, people: Ints, movie_ids: Ints) -> dict[int, Ratings]:
    """What each of these people said of these films; who said nothing is left out."""
    own = ratings.take(np.isin(ratings.user_ids, people))
    own = own.take(np.isin(own.movie_ids, movie_ids))
    own = own.take(np.argsort(own.user_ids, kind="stable"))
    user_ids, starts = np.unique(own.user_ids, return_index=True)
    spans = pairwise([*starts.tolist(), len(own)])
    return {
        user_id: own.take(np.arange(*span)) for user_id, span in zip(user_ids.tolist(), spans, strict=True)
    }


def _in_turn(own: Ratings) -> list[HeldOutPerson]:
    """Somebody held out whole, once for each fifth of what they rated: it is to be found from the rest."""
    part = _hashed(_WITHHELD, own.user_ids, own.movie_ids) % np.uint64(_ONE_WITHHELD_IN)
    return [
        HeldOutPerson(by_movie(own.take(part != each)), {}, by_movie(own.take(part == each)))
        for each in np.unique(part)
    ]


def falls(decision: int, one_in: int, *ids: Ints) -> Mask:
    """True for one row of ids in `one_in`, always the same ones; shape (n,), as that of each of `ids`."""
    fallen: Mask = _hashed(decision, *ids) % np.uint64(one_in) == 0
    return fallen


def _hashed(decision: int, *ids: Ints) -> Hashes:
    """Of each row of ids, another one for each decision; shape (n,)."""
    state = splitmix64(np.full(ids[0].shape, decision, np.uint64))
    for column in ids:
        state = splitmix64(state ^ column.astype(np.int64).view(np.uint64))
    return state
