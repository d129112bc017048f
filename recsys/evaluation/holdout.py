"""The permanent holdout of the bot's own training: what no model ever learns from, so that models compare.

Decided by a hash of the ids alone: one person in fifty is held out whole, and of the others one rating in
twenty. However the data grow, the verdict on a person or a rating never changes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.ratings import Ratings

__all__ = ["Holdout", "falls", "split"]

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


def falls(key: str, one_in: int) -> bool:
    """True for one key in `one_in`, always the same ones."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % one_in == 0
