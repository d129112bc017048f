"""The permanent holdout of the bot's own training: what no model ever learns from, so that models compare.

Decided by a hash of the ids alone: one person in fifty is held out whole, and of the others one rating in
twenty. However the data grow, the verdict on a person or a rating never changes: a test holds some of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.ratings import Ratings

__all__ = ["WITHHELD", "Holdout", "falls", "split"]

ONE_PERSON_IN = 50
ONE_RATING_IN = 20
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
