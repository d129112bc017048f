"""The protocols: what is held out, what is counted, and what the product reaches on real ratings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import recsys
from recsys import Catalog, Film, InvalidData, Ratings, Recommender, TrainingConfig
from recsys.config import PmfConfig, RankerConfig
from recsys.data.dataset import Dataset
from recsys.evaluation import Evaluation, evaluate, measure_holdout
from recsys.evaluation.holdout import split
from recsys.evaluation.metrics import mean_squared_error, ndcg, recall
from recsys.evaluation.splits import HeldOutPerson, held_out_people, random_fifth

LIST = [11, 12, 13, 14, 15]


class TestMetrics:
    def test_ndcg_by_hand(self) -> None:
        found = 1 / math.log2(2) + 1 / math.log2(5)
        ideal = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
        assert ndcg(LIST, {11, 14, 99}, k=10) == pytest.approx(found / ideal)
        assert ndcg(LIST, {11, 14, 99}, k=3) == pytest.approx(1 / ideal)
        assert ndcg(LIST, {11, 14, 99}, k=2) == pytest.approx(1 / (1 + 1 / math.log2(3)))

    def test_ndcg_ends(self) -> None:
        assert ndcg(LIST, set(LIST)) == 1
        assert ndcg(LIST, {99}) == 0
        assert ndcg([], {99}) == 0

    def test_recall_is_over_what_could_be_found(self) -> None:
        assert recall(LIST, {11, 14, 99}, k=5) == pytest.approx(2 / 3)
        assert recall(LIST, {11, 14, 99}, k=2) == pytest.approx(1 / 2)
        assert recall(LIST, {99}) == 0

    def test_mean_squared_error(self) -> None:
        assert mean_squared_error([1, 2], [2, 4]) == 2.5


@pytest.fixture(scope="module")
def world() -> tuple[Ratings, Catalog]:
    """40 people of whom 30 rated 25 films and the others five; even films get 5 stars, odd ones 2."""
    users: list[int] = []
    movies: list[int] = []
    for person in range(40):
        rated = np.random.default_rng(person).permutation(60)[: 25 if person < 30 else 5]
        users += [person] * len(rated)
        movies += rated.tolist()
    values = [2.0 if movie % 2 else 5.0 for movie in movies]
    kinds = (("Even",), ("Odd",))
    films = [Film(movie, f"Film {movie}", 2000, kinds[movie % 2]) for movie in range(60)]
    return Ratings.from_arrays(users, movies, values), Catalog(films, "evens and odds")


class TestHeldOutPeople:
    def test_a_tenth_of_the_people_leaves_the_training_whole(self, world: tuple[Ratings, Catalog]) -> None:
        train, people = held_out_people(*world, seed=0)
        assert len(people) == 4
        assert len(train) == 30 * 25 + 10 * 5 - 4 * 25
        assert len(train.people()) == 36

    def test_history_and_what_is_to_be_found_are_the_ratings_of_one_person(
        self, world: tuple[Ratings, Catalog]
    ) -> None:
        ratings, _ = world
        _, people = held_out_people(*world, seed=0)
        for person in people:
            assert len(person.history) == 20
            assert person.relevant
            assert all(movie % 2 == 0 for movie in person.relevant)
            assert not person.relevant & set(person.history)
            whole = person.relevant | set(person.history)
            assert any(whole <= set(ratings.movie_ids[ratings.user_ids == user]) for user in range(30))

    def test_seeds_and_only_seeds_decide(self, world: tuple[Ratings, Catalog]) -> None:
        ratings, catalog = world
        shuffled = ratings.take(np.random.default_rng(1).permutation(len(ratings)))
        _, people = held_out_people(ratings, catalog, seed=0)
        assert held_out_people(shuffled, catalog, seed=0)[1] == people
        assert held_out_people(ratings, catalog, seed=1)[1] != people

    def test_nobody_to_hold_out(self, small_ratings: Ratings, small_catalog: Catalog) -> None:
        with pytest.raises(InvalidData, match="nobody to hold out"):
            held_out_people(small_ratings, small_catalog, seed=0)

    def test_the_split_of_stars_is_the_published_one(self, small_ratings: Ratings) -> None:
        train, test = random_fifth(small_ratings, seed=5)
        order = np.random.default_rng(5).permutation(len(small_ratings))
        assert test.movie_ids.tolist() == small_ratings.movie_ids[order[: len(order) // 5]].tolist()
        assert len(train) + len(test) == len(small_ratings)


@pytest.fixture(scope="module")
def evaluation(movielens_100k: Dataset) -> Evaluation:
    """Order and newcomers on ml-100k, a seed that nobody tuned on, smaller models than the product's."""
    stars = PmfConfig(chains=1, sweeps=30, draws=6)
    config = TrainingConfig(device="cpu", pmf=stars, ranker=RankerConfig(factors=48, sweeps=6))
    return evaluate(movielens_100k, (7,), config=config, protocols=("order", "newcomers"))


class TestRealRatings:
    def test_the_order_beats_popularity_by_far(self, evaluation: Evaluation) -> None:
        ours = evaluation.measure("order", "recommender", "NDCG@10")
        popular = evaluation.measure("order", "popularity", "NDCG@10")
        assert ours.mean > 1.6 * popular.mean
        assert 0.1 < popular.mean < 0.3

    def test_newcomers_gain_from_genres_and_from_every_rating(self, evaluation: Evaluation) -> None:
        curve = [
            evaluation.measure(f"newcomers, {k} ratings", "recommender", "NDCG@10").mean for k in (0, 5, 20)
        ]
        assert curve == sorted(curve)
        errors = [
            evaluation.measure(f"newcomers, {k} ratings", "recommender", "RMSE").mean for k in (0, 5, "all")
        ]
        assert errors == sorted(errors, reverse=True)
        assert curve[0] > evaluation.measure("newcomers, 0 ratings", "without genres", "NDCG@10").mean
        assert curve[1] > evaluation.measure("newcomers, 5 ratings", "popularity", "NDCG@10").mean

    def test_a_measure_that_was_not_made_is_named(self, evaluation: Evaluation) -> None:
        with pytest.raises(KeyError, match="stars, dot_bias, MSE"):
            evaluation.measure("stars", "dot_bias", "MSE")


def test_stars_are_measured_on_people_and_films_of_the_test_part(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    dataset = Dataset(small_ratings, small_catalog, "small")
    reported: list[str] = []
    evaluation = evaluate(
        dataset, (0, 1), config=quick_config, protocols=("stars",), progress=reported.append
    )
    mse, rmse = (evaluation.measure("stars", quick_config.model, metric).values for metric in ("MSE", "RMSE"))
    assert len(mse) == 2
    assert mse[0] != mse[1]
    assert rmse == pytest.approx([value**0.5 for value in mse])
    assert all(0.1 < value < 4 for value in mse)
    assert reported == ["stars, seed 0", "stars, seed 1"]


def test_an_unknown_protocol_is_named(small_ratings: Ratings, small_catalog: Catalog) -> None:
    with pytest.raises(InvalidData, match=r"'taste'.*stars, order, newcomers"):
        evaluate(Dataset(small_ratings, small_catalog, "small"), protocols=("taste",))


def test_the_permanent_holdout_is_measured_with_what_there_is(
    movielens_100k: Dataset, quick_config: TrainingConfig
) -> None:
    ratings = movielens_100k.ratings
    holdout = split(ratings.take(ratings.user_ids <= 300))
    model = recsys.fit(holdout.train, movielens_100k.catalog, quick_config)
    metrics = measure_holdout(model, holdout)
    assert set(metrics) == {"rmse", "ndcg@10", "recall@20"}
    assert 0.8 < metrics["rmse"] < 1.2
    assert 0.05 < metrics["ndcg@10"] < 1
    nothing = holdout.people.take(np.array([], np.int64))
    assert measure_holdout(model, replace(holdout, people=nothing, ratings=nothing)) == {}


@pytest.fixture(scope="module")
def world_of_the_evaluation(movielens_100k: Dataset) -> tuple[Recommender, list[HeldOutPerson]]:
    """The model and the people behind the evaluation."""
    train, people = held_out_people(movielens_100k.ratings, movielens_100k.catalog, seed=7)
    config = TrainingConfig(
        device="cpu", seed=7, parts=("ranker",), ranker=RankerConfig(factors=48, sweeps=6)
    )
    return recsys.fit(train, movielens_100k.catalog, config), people


def test_what_is_measured_is_what_is_served(
    evaluation: Evaluation, world_of_the_evaluation: tuple[Recommender, list[HeldOutPerson]]
) -> None:
    """The figure of the evaluation, found again by calling the public API."""
    model, people = world_of_the_evaluation
    found = []
    for person in people:
        listed = [each.movie_id for each in model.recommend(model.fold_in(person.history), n=20, diversity=0)]
        assert not set(listed) & set(person.history)
        found.append(ndcg(listed, person.relevant))
    assert evaluation.measure("order", "recommender", "NDCG@10").values == pytest.approx([np.mean(found)])


@pytest.mark.parametrize("k", [0, 10])
def test_newcomers_show_what_most_people_rated_and_keep_the_same_candidates(
    evaluation: Evaluation, world_of_the_evaluation: tuple[Recommender, list[HeldOutPerson]], k: int
) -> None:
    model, people = world_of_the_evaluation
    ratings = dict(zip(model.catalog.movie_ids.tolist(), model.popularity.tolist(), strict=True))
    found = []
    for person in people:
        shown = sorted(
            person.history, key=lambda movie_id: (-ratings[movie_id], model.catalog.row(movie_id))
        )[:k]
        user = model.fold_in({movie_id: person.history[movie_id] for movie_id in shown}, person.answers)
        listed = [each.movie_id for each in model.recommend(user, n=10, exclude=person.history, diversity=0)]
        found.append(ndcg(listed, person.relevant))
    measure = evaluation.measure(f"newcomers, {k} ratings", "recommender", "NDCG@10")
    assert measure.values == pytest.approx([np.mean(found)])
