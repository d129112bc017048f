"""One slate for several people: tiny tables with a known answer, and groups through the public API."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest

from recsys import Catalog, InvalidData, Recommender
from recsys.serving.groups import POOL, STRATEGIES, TEMPER, Strategy, fairness_weights, slate, utilities

# Two members who love one film each (0, 1), one compromise (2), three more that nobody minds or wants.
UTILITY = np.array([[1.0, 0.01, 0.6, 0.3, 0.2, 0.1], [0.05, 1.0, 0.6, 0.2, 0.1, 0.1]])
EVERYTHING = np.ones(6, np.bool_)
APART = np.eye(6, dtype=np.float32)


def chosen(n: int, strategy: Strategy, weights: list[float] | None = None) -> list[int]:
    rows = slate(UTILITY, EVERYTHING, APART, n, weights=weights, strategy=strategy)[0]
    return [int(row) for row in rows]


def test_utilities_count_from_the_best_film_that_is_allowed() -> None:
    scores = np.array([[3.0, 1.0, 2.0], [0.0, 10.0, -10.0]])
    allowed = np.array([False, True, True])
    utility = utilities(scores, allowed)
    assert utility[0].tolist() == pytest.approx([1, math.exp(-TEMPER / scores[0].std()), 1])
    assert utility[1].tolist() == pytest.approx([math.exp(-TEMPER * 10 / scores[1].std()), 1, utility[1, 2]])
    flat = utilities(np.ones((1, 3)), allowed)  # somebody whom nothing is known of likes all the same
    assert flat.tolist() == [[1, 1, 1]]


def test_the_average_takes_what_is_most_in_sum() -> None:
    assert chosen(2, "average") == [2, 0]


def test_least_misery_takes_what_nobody_minds() -> None:
    assert set(chosen(2, "least misery")) == {2, 3}


def test_fair_gives_everybody_something() -> None:
    """After the film of one member's heart comes that of the other's, though a third is more in sum."""
    utility = np.array([[1.0, 0.9, 0.8, 0.0], [0.4, 0.1, 0.1, 0.85]])
    rows = slate(utility, EVERYTHING[:4], APART[:4], 2, strategy="fair")[0].tolist()
    assert set(rows) == {0, 3}
    assert set(slate(utility, EVERYTHING[:4], APART[:4], 2, strategy="average")[0].tolist()) == {0, 1}


@pytest.mark.parametrize("strategy", ["average", "fair"])
def test_weights_say_whose_wishes_count(strategy: Strategy) -> None:
    assert chosen(1, strategy, [10, 1]) == [0]
    assert chosen(1, strategy, [1, 10]) == [1]
    assert chosen(1, strategy, [2, 2]) == chosen(1, strategy)


def test_what_is_like_a_chosen_film_waits() -> None:
    utility = np.array([[1.0, 0.95, 0.7]])
    alike = np.array([[1, 0], [1, 0.01], [0, 1]], np.float32)
    rows = slate(utility, EVERYTHING[:3], alike, 2, strategy="average")[0].tolist()
    assert rows == [0, 2]


def test_joint_scores_descend_and_only_allowed_films_come() -> None:
    allowed = np.array([True, False, True, True, False, True])
    rows, joint = slate(UTILITY, allowed, APART, 10, strategy="fair")
    assert set(rows.tolist()) == {0, 2, 3, 5}
    assert (np.diff(joint) <= 0).all()
    assert joint[0] == pytest.approx(UTILITY[:, rows[0]].mean())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_slate_may_be_larger_than_the_pool(strategy: Strategy) -> None:
    n_films = 2 * POOL
    utility = np.linspace(0.1, 1, 2 * n_films).reshape(2, -1)
    vectors = np.random.default_rng(0).normal(0, 1, (n_films, 4)).astype(np.float32)
    rows = slate(utility, np.ones(n_films, np.bool_), vectors, n_films + 9, strategy=strategy)[0]
    assert sorted(rows.tolist()) == list(range(n_films))


def test_whoever_got_less_weighs_more() -> None:
    weights = fairness_weights([0.9, 0.3, None])
    assert weights[1] > weights[2] > weights[0]
    assert sum(weights) == pytest.approx(3)
    assert fairness_weights([0.4, 0.4]) == [1, 1]
    assert fairness_weights([None, None]) == [1, 1]
    assert fairness_weights([0.0, 0.0]) == [1, 1]


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, float("nan")], [1.0, -1.0]])
def test_weights_that_are_none(weights: list[float]) -> None:
    with pytest.raises(InvalidData, match="weights"):
        chosen(1, "fair", weights)


def test_strategies_that_are_none() -> None:
    with pytest.raises(InvalidData, match="no strategy 'lottery': there are average, least misery, fair"):
        chosen(1, cast(Strategy, "lottery"))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_group_through_the_recommender(
    small_recommender: Recommender, small_catalog: Catalog, strategy: Strategy
) -> None:
    ids = small_catalog.movie_ids.tolist()
    comedian = small_recommender.fold_in({ids[0]: 5, ids[1]: 1, ids[2]: 5})
    ghost = small_recommender.fold_in({ids[0]: 1, ids[1]: 5, ids[3]: 5})
    seen = [ids[0], ids[5]]
    found = small_recommender.group([comedian, ghost], n=6, exclude=seen, strategy=strategy)
    assert len({each.movie_id for each in found}) == 6
    assert not {each.movie_id for each in found} & set(seen)
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert all(each.stars is None for each in found)
    again = small_recommender.group([comedian, ghost], n=6, exclude=seen, strategy=strategy)
    assert again == found
    comedies = small_recommender.group([comedian, ghost], n=50, genres=["Comedy"], strategy=strategy)
    assert all("Comedy" in small_catalog[each.movie_id].genres for each in comedies)


def test_groups_of_nobody_and_nothing_left(small_recommender: Recommender) -> None:
    with pytest.raises(InvalidData, match="one user or more"):
        small_recommender.group([])
    alone = small_recommender.fold_in()
    everything = small_recommender.catalog.movie_ids.tolist()
    assert small_recommender.group([alone], exclude=everything) == []
    wrong: list[dict[str, Any]] = [{"users": []}, {"weights": [1, 2]}, {"strategy": "lottery"}, {"n": -1}]
    for each in wrong:
        with pytest.raises(InvalidData):
            small_recommender.group(**{"users": [alone], "exclude": everything, **each})


def test_satisfaction_is_one_for_the_best_film_not_rated(small_recommender: Recommender) -> None:
    ids = small_recommender.catalog.movie_ids.tolist()
    user = small_recommender.fold_in({ids[0]: 5, ids[2]: 5})
    best = small_recommender.recommend(user, n=1)[0].movie_id
    satisfied = small_recommender.satisfaction([user, small_recommender.fold_in()], [best, ids[-1]])
    assert satisfied.shape == (2, 2)
    assert satisfied[0, 0] == pytest.approx(1)
    assert 0 < satisfied[0, 1] < 1
