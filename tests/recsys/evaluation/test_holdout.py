"""The permanent holdout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import recsys
from recsys import Catalog, Ratings, TrainingConfig
from recsys.evaluation.holdout import Holdout, falls, measure_holdout, people_of, score_people, split
from recsys.evaluation.metrics import ndcg


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
    assert holdout.people.people()[:5].tolist() == [37, 245, 333, 400, 437]
    assert pairs(holdout.ratings)[:3] == [(1, 14), (1, 34), (1, 39)]


def test_verdicts_of_one_kind_tell_nothing_of_another() -> None:
    """The same ids, another decision, or the ids the other way round: as independent draws."""
    users, movies = np.arange(200_000), np.arange(200_000)[::-1] + 7
    first = falls(1, 10, users, movies)
    for other in (falls(2, 10, users, movies), falls(1, 10, movies, users), falls(1, 10, users)):
        assert other.mean() == pytest.approx(0.1, abs=0.004)
        assert other[first].mean() == pytest.approx(0.1, abs=0.012)


def test_ids_may_be_any_integers() -> None:
    ids = np.array([-1, 0, 2**63 - 1, -(2**63)])
    assert falls(1, 1, ids).all()
    assert not falls(1, 2**62, ids).any()


def test_nothing_to_part() -> None:
    empty = split(Ratings.from_arrays(np.array([], np.int64), np.array([], np.int64), []))
    assert (len(empty.train), len(empty.people), len(empty.ratings)) == (0, 0, 0)


def test_each_fifth_of_somebody_held_out_is_to_be_found_from_the_others(
    ratings: Ratings, holdout: Holdout
) -> None:
    people = people_of(holdout, np.unique(ratings.movie_ids))
    strangers = people[: len(holdout.people.people())]
    for user_id, tasks in zip(holdout.people.people().tolist(), strangers, strict=True):
        own = set(holdout.people.movie_ids[holdout.people.user_ids == user_id].tolist())
        assert sorted(film for task in tasks for film in task.withheld) == sorted(own)
        for task in tasks:
            assert set(task.history) == own - set(task.withheld)
    assert {len(tasks) for tasks in strangers} == {5}


def test_of_others_the_single_ratings_are_to_be_found_from_those_in_training(
    ratings: Ratings, holdout: Holdout
) -> None:
    some, first = np.arange(10), holdout.ratings.take(holdout.ratings.user_ids <= 900)
    others = people_of(replace(holdout, people=first.take([]), ratings=first), some)
    single = first.take(np.isin(first.movie_ids, some))
    asked = 0
    for tasks in others:
        (task,) = tasks
        assert set(task.withheld) <= set(some.tolist())
        assert set(task.history) <= set(some.tolist()) - set(task.withheld)
        asked += len(task.withheld)
    assert len(others) == len(single.people()) > 200
    assert asked == len(single)


def test_who_has_nothing_in_training_shows_nothing(holdout: Holdout) -> None:
    empty = holdout.train.take([])
    others = people_of(replace(holdout, train=empty, people=empty), np.arange(50))
    assert len(others) == 1000
    assert all(not task.history and task.withheld for (task,) in others)


def test_the_same_people_are_asked_when_others_join(ratings: Ratings, holdout: Holdout) -> None:
    """1,467 people have a single rating, of whom a thousand are asked: by hash, not by age."""
    films = np.unique(ratings.movie_ids)

    def asked(part: Ratings) -> set[tuple[tuple[int, float], ...]]:
        alone = Holdout(train=part.take([]), people=part.take([]), ratings=part)
        return {tuple(task.withheld.items()) for (task,) in people_of(alone, films)}

    def by_person(part: Ratings) -> Ratings:
        """Their stars tell them apart: nobody else has this one film with these stars."""
        values = np.linspace(0.5, 5, 2000)[part.user_ids]
        first = np.unique(part.user_ids, return_index=True)[1]
        return Ratings.from_arrays(part.user_ids, part.movie_ids, values).take(first)

    everybody = by_person(holdout.ratings)
    later = everybody.take(everybody.user_ids > 100)
    before, after = asked(later), asked(everybody)
    assert len(before) == len(after) == 1000
    assert len(before & after) > 900
    assert len(everybody) > 1200


@pytest.fixture(scope="module")
def model(small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig) -> recsys.Recommender:
    return recsys.fit(small_ratings, small_catalog, quick_config)


@pytest.fixture(scope="module")
def world(small_ratings: Ratings) -> Holdout:
    """The small world: one person held out whole, and every fifth rating of the others."""
    whole, single = small_ratings.user_ids == 1003, np.arange(len(small_ratings)) % 5 == 0
    parts = (~whole & ~single, whole, ~whole & single)
    return Holdout(*(small_ratings.take(part) for part in parts))


class TestFigures:
    def test_they_are_of_what_is_served(self, model: recsys.Recommender, world: Holdout) -> None:
        people = people_of(world, model.catalog.movie_ids)
        found = score_people(model, people)
        assert found.finite
        assert found.ratings.sum() == len(world.people) + len(world.ratings)
        for at, tasks in enumerate(people):
            errors, orders = 0.0, []
            for task in tasks:
                user = model.fold_in(task.history)
                stars = model.predict_for(user, list(task.withheld))[0]
                errors += sum((stars - list(task.withheld.values())) ** 2)
                listed = [each.movie_id for each in model.recommend(user, 10, diversity=0)]
                orders += [ndcg(listed, task.relevant)] if task.relevant else []
                assert not set(listed) & set(task.history)
            assert found.squared_error[at] == pytest.approx(errors, rel=1e-5)
            assert found.ndcg[at] == pytest.approx(np.mean(orders) if orders else np.nan, nan_ok=True)
            assert found.lists[at][-len(listed) :].tolist() == listed

    def test_what_is_excluded_is_not_listed(self, model: recsys.Recommender, world: Holdout) -> None:
        excluded = model.catalog.movie_ids[:5]
        found = score_people(model, people_of(world, model.catalog.movie_ids[5:]), excluded.tolist())
        assert not np.isin(np.concatenate(found.lists), excluded).any()

    def test_a_part_that_is_missing_is_not_measured(
        self, small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig, world: Holdout
    ) -> None:
        def measured(part: str) -> set[str]:
            config = replace(quick_config, parts=(part,))
            return set(measure_holdout(recsys.fit(small_ratings, small_catalog, config), world))

        assert measured("stars") == {"rmse"}
        assert measured("ranker") == {"ndcg@10", "recall@20"}
