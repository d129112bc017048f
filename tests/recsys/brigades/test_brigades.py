"""Accounts that act as one are found, and crowds that do not are left alone; on ml-100k."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.brigades import effect, outcome
from benchmarks.crowds import (
    ATTACKS,
    World,
    aimed,
    asked,
    camouflaged,
    copied,
    family,
    few_ratings,
    generous,
    lone,
    movie_night,
    nuking,
    rediscovered,
    release,
    slow_copied,
    wave,
)
from recsys import InvalidData, Ratings, TrainingConfig
from recsys.brigades import BrigadeConfig, find_brigades
from recsys.config import RankerConfig
from recsys.data.dataset import Dataset

MOST = 0.9  # of a brigade's accounts: the rest agrees with it too little
STRAY = 2  # honest people who agree with a brigade on its film, at most
OTHERS = ((30, 1), (30, 2), (300, 0), (300, 1), (300, 2))


# Honest people of the bot and a seed: one small world, and others in `make check`.
worlds = pytest.mark.parametrize(
    ("honest", "seed"),
    [(30, 0), *(pytest.param(*other, marks=pytest.mark.check) for other in OTHERS)],
)


@worlds
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_found(
    movielens_100k: Dataset, attack: Callable[[World], None], honest: int, seed: int
) -> None:
    seen = outcome(movielens_100k, attack, honest, seed)
    assert seen.target
    assert seen.caught >= MOST * seen.accounts
    assert seen.honest <= STRAY


@worlds
@pytest.mark.parametrize("crowd", [None, wave, few_ratings, movie_night, release, generous, family])
def test_honest_people_are_left_alone(
    movielens_100k: Dataset, crowd: Callable[[World], None] | None, honest: int, seed: int
) -> None:
    assert outcome(movielens_100k, crowd, honest, seed).found == []


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.check) for seed in range(1, 6))])
@pytest.mark.parametrize("crowd", [rediscovered, asked])
def test_what_everybody_talks_about_and_what_everybody_is_asked(
    movielens_100k: Dataset, crowd: Callable[[World], None], seed: int
) -> None:
    """Where the bot has people of its own to compare newcomers with."""
    assert outcome(movielens_100k, crowd, 100, seed).found == []


def test_near_copies_are_found_by_their_likeness_alone(movielens_100k: Dataset) -> None:
    world = World.of(movielens_100k, 100, 0)
    copied(world)
    blind = BrigadeConfig(accounts=1000)  # so large a push there is not
    [brigade] = find_brigades(world.ratings, world.suspects, config=blind)
    assert brigade.kinds == ("copies",)
    assert set(brigade.user_ids) <= set(world.brigade)
    assert len(brigade.user_ids) == 40  # those with fewer links, too
    assert brigade.evidence["similarity"] > brigade.evidence["similarity_usual"] + 0.2


def test_the_few_large_accounts_of_a_brigade_of_small_ones(movielens_100k: Dataset) -> None:
    world = World.of(movielens_100k, 300, 0)
    lone(world)
    at = max(row[3] for row in world.rows if row[0] in world.brigade)
    for _ in range(4):
        person = world.account(brigade=True)
        for film in world.known(25):
            world.rate(person, film, world.usual(film), at)
        world.rate(person, world.target, 5, at)
    [brigade] = find_brigades(world.ratings, world.suspects)
    assert brigade.user_ids == tuple(world.brigade)


def test_the_evidence(movielens_100k: Dataset) -> None:
    world = World.of(movielens_100k, 100, 0)
    nuking(world)
    [brigade] = find_brigades(world.ratings, world.suspects)
    found = brigade.evidence
    assert json.loads(json.dumps(found)) == found
    assert brigade.movie_ids == (world.target,)
    assert brigade.user_ids == tuple(world.brigade)
    assert "burst" in brigade.kinds
    assert "copies" not in brigade.kinds
    ratings = world.ratings
    of_film = ratings.movie_ids == world.target
    theirs = of_film & np.isin(ratings.user_ids, world.brigade)
    assert found["accounts"] == len(world.brigade) == 40
    assert found["mean_before"] == pytest.approx(float(ratings.values[of_film & ~theirs].mean()), abs=1e-3)
    assert found["mean_after"] == pytest.approx(float(ratings.values[of_film].mean()), abs=1e-3)
    assert found["share"] == pytest.approx(theirs.sum() / of_film.sum(), abs=1e-3)
    assert 0 < found["hours"] <= 12.1
    own = ratings.timestamps[np.isin(ratings.user_ids, world.brigade)]
    assert (brigade.first_at, brigade.last_at) == (own.min(), own.max())


def test_people_of_the_data_set_are_never_flagged(movielens_100k: Dataset) -> None:
    world = World.of(movielens_100k, 30, 0)
    aimed(world)
    assert find_brigades(world.ratings, world.honest) == []
    assert find_brigades(world.ratings, []) == []


def test_what_comes_after_now_is_not_looked_at(movielens_100k: Dataset) -> None:
    world = World.of(movielens_100k, 30, 0)
    camouflaged(world)
    [brigade] = find_brigades(world.ratings, world.suspects)
    assert find_brigades(world.ratings, world.suspects, now=brigade.first_at - 1) == []
    [again] = find_brigades(world.ratings, world.suspects, now=brigade.last_at)
    assert again.user_ids == brigade.user_ids


def test_order_and_ids_change_nothing(movielens_100k: Dataset) -> None:
    world = World.of(movielens_100k, 60, 1)
    slow_copied(world)
    ratings = world.ratings
    found = find_brigades(ratings, world.suspects)
    assert found
    shuffled = ratings.take(np.random.default_rng(0).permutation(len(ratings)))
    assert find_brigades(shuffled, world.suspects[::-1]) == found


def test_ratings_without_times(movielens_100k: Dataset) -> None:
    """Nobody knows when they came, so that everybody came at once: agreement still tells."""
    world = World.of(movielens_100k, 100, 0)
    r = world.ratings
    timeless = Ratings.from_arrays(r.user_ids, r.movie_ids, r.values)
    assert find_brigades(timeless, world.suspects) == []


def test_what_keeping_a_brigade_out_does(movielens_100k: Dataset) -> None:
    config = TrainingConfig(device="cpu", parts=("ranker",), ranker=RankerConfig(factors=32, sweeps=3))
    strangers = effect(movielens_100k, aimed, 0, config, honest=30)
    assert strangers["in"] >= 50  # of 200 have the film in their first ten
    assert strangers["out"] == strangers["no attack"] == 0


def test_thresholds_are_numbers_above_zero() -> None:
    with pytest.raises(InvalidData, match="surprise"):
        BrigadeConfig(surprise=-1)
    with pytest.raises(InvalidData, match="links"):
        replace(BrigadeConfig(), links=0)
