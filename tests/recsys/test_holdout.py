"""The permanent holdout."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import Ratings
from recsys.evaluation.holdout import Holdout, split


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    """1,500 people, 40 ratings each."""
    users = np.repeat(np.arange(1, 1501), 40)
    movies = np.tile(np.arange(40), 1500) + users % 7
    return Ratings.from_arrays(users, movies, np.full(len(users), 3.5))


@pytest.fixture(scope="module")
def holdout(ratings: Ratings) -> Holdout:
    return split(ratings)


def pairs(ratings: Ratings) -> list[tuple[int, int]]:
    return list(zip(ratings.user_ids.tolist(), ratings.movie_ids.tolist(), strict=True))


def test_every_rating_is_in_one_part(ratings: Ratings, holdout: Holdout) -> None:
    parts = pairs(holdout.train) + pairs(holdout.people) + pairs(holdout.ratings)
    assert sorted(parts) == sorted(pairs(ratings))


def test_people_are_held_out_whole(holdout: Holdout) -> None:
    held = set(holdout.people.user_ids.tolist())
    assert not held & set(holdout.train.user_ids.tolist())
    assert not held & set(holdout.ratings.user_ids.tolist())
    assert len(holdout.people) == 40 * len(held)


def test_shares_are_two_per_cent_of_people_and_five_of_other_ratings(
    ratings: Ratings, holdout: Holdout
) -> None:
    assert len(holdout.people.people()) / 1500 == pytest.approx(0.02, abs=0.008)
    assert len(holdout.ratings) / len(ratings) == pytest.approx(0.05, abs=0.005)


def test_the_verdict_stays_when_the_data_grow_or_come_in_another_order(
    ratings: Ratings, holdout: Holdout
) -> None:
    some = ratings.take(np.random.default_rng(0).permutation(len(ratings))[:20_000])
    few = split(some)
    assert set(pairs(few.train)) == set(pairs(holdout.train)) & set(pairs(some))
    assert set(pairs(few.people)) == set(pairs(holdout.people)) & set(pairs(some))


def test_the_verdict_is_the_same_for_ever(holdout: Holdout) -> None:
    assert holdout.people.people()[:5].tolist() == [18, 37, 80, 117, 238]
    assert pairs(holdout.ratings)[:3] == [(1, 14), (2, 20), (2, 21)]


def test_nothing_to_part() -> None:
    empty = split(Ratings.from_arrays(np.array([], np.int64), np.array([], np.int64), []))
    assert (len(empty.train), len(empty.people), len(empty.ratings)) == (0, 0, 0)
