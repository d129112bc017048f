"""Ratings made up: of the sizes asked for, in the shape of MovieLens, with something to learn in them."""

from __future__ import annotations

import numpy as np
import pytest

import recsys
from recsys import InvalidData, TrainingConfig
from recsys.arrays import Ints
from recsys.data.dataset import Dataset
from recsys.data.sources.generate import HISTOGRAM, LEAST, generate
from recsys.evaluation.metrics import mean_squared_error
from recsys.evaluation.splits import random_fifth


@pytest.fixture(scope="module")
def world() -> Dataset:
    """As many people, films and ratings as ml-100k has."""
    return generate(people=943, films=1682, ratings=100_000, seed=3)


def gini(counts: Ints) -> float:
    """0 where all are equal, 1 where one has everything."""
    shares = np.cumsum(np.sort(counts)) / counts.sum()
    return float(1 - 2 * (shares.mean() - 0.5 / len(counts)))


def test_gini_by_hand() -> None:
    assert gini(np.array([7, 7, 7])) == pytest.approx(0)
    assert gini(np.array([0, 1, 3])) == pytest.approx(1 / 2)


def test_the_sizes_are_those_asked_for(world: Dataset) -> None:
    assert len(world.ratings) == 100_000
    assert world.ratings.people().tolist() == list(range(1, 944))
    assert len(world.catalog) == 1682


def test_only_the_arguments_decide(world: Dataset) -> None:
    again, other = (generate(people=943, films=1682, ratings=100_000, seed=seed) for seed in (3, 4))
    for name in ("user_ids", "movie_ids", "values", "timestamps"):
        np.testing.assert_array_equal(getattr(again.ratings, name), getattr(world.ratings, name))
    assert again.catalog.fingerprint == world.catalog.fingerprint != other.catalog.fingerprint
    assert (other.ratings.values != world.ratings.values).mean() > 0.5


def test_rows_are_sorted_by_person_then_film(world: Dataset) -> None:
    users, movies = world.ratings.user_ids, world.ratings.movie_ids
    assert np.array_equal(np.lexsort((movies, users)), np.arange(len(users)))


def test_few_people_rate_much_and_nobody_less_than_twenty(world: Dataset) -> None:
    counts = np.bincount(world.ratings.user_ids)[1:]
    assert counts.min() >= LEAST
    assert np.median(counts) == pytest.approx(65, rel=0.25)  # of ml-100k
    assert gini(counts) == pytest.approx(0.47, abs=0.08)


def test_few_films_have_most_ratings(world: Dataset) -> None:
    counts = np.bincount(world.catalog.rows(world.ratings.movie_ids), minlength=len(world.catalog))
    assert gini(counts) == pytest.approx(0.63, abs=0.1)  # of ml-100k, as all figures here
    assert counts.max() / 943 == pytest.approx(0.62, abs=0.15)


def test_stars_have_the_histogram_and_the_spreads_of_movielens(world: Dataset) -> None:
    values, users = world.ratings.values, world.ratings.user_ids
    shares = np.bincount((2 * values).astype(np.int64), minlength=11)[1:] / len(values)
    assert shares == pytest.approx(np.array(HISTOGRAM), abs=0.003)
    means = np.bincount(users, values)[1:] / np.bincount(users)[1:]
    assert means.std() == pytest.approx(0.45, abs=0.06)


def test_taste_can_be_learned() -> None:
    """Better than the means of films and people, which are a good part of it."""
    world = generate(people=300, films=250, ratings=24_000, seed=1)
    train, test = random_fifth(world.ratings, seed=0)
    config = TrainingConfig(model="dot_bias", device="cpu", parts=("stars",))
    predicted = recsys.fit(train, world.catalog, config).predict(test.user_ids, test.movie_ids)
    overall, n_films = train.values.mean(), len(world.catalog)
    rows, surplus = world.catalog.rows(train.movie_ids), train.values - overall
    film = np.bincount(rows, surplus, n_films) / (np.bincount(rows, minlength=n_films) + 5)
    person = np.bincount(train.user_ids, surplus - film[rows]) / (np.bincount(train.user_ids) + 5)
    means = overall + film[world.catalog.rows(test.movie_ids)]
    of_means = mean_squared_error(means, test.values)
    of_both = mean_squared_error(means + person[test.user_ids], test.values)
    assert mean_squared_error(predicted, test.values) < of_both < 0.85 * of_means


def test_people_with_most_of_a_small_catalog() -> None:
    """They run out of what they are likely to see, and go on with the rest."""
    crowded = generate(people=30, films=60, ratings=30 * 22, seed=0)
    pairs = set(zip(crowded.ratings.user_ids.tolist(), crowded.ratings.movie_ids.tolist(), strict=True))
    assert len(pairs) == 30 * 22


def test_films_look_like_films(world: Dataset) -> None:
    films = list(world.catalog)
    assert len({film.title for film in films}) > 1500
    assert all(film.genres and film.year and 1920 <= film.year <= 2018 for film in films)
    assert np.mean([len(film.genres) for film in films]) == pytest.approx(2.3, abs=0.2)


@pytest.mark.parametrize(
    ("people", "films", "ratings"),
    [(10, 100, 199), (10, 100, 401), (0, 100, 100), (5, 0, 100), (10, 40, 200)],
)
def test_sizes_that_cannot_be(people: int, films: int, ratings: int) -> None:
    with pytest.raises(InvalidData, match=f"{ratings} ratings of {films} films by {people} people"):
        generate(people, films, ratings)
