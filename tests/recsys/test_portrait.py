"""Generosity and leanings on figures that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import recsys
from recsys import Recommender
from recsys.data.dataset import Dataset
from recsys.errors import MissingPart
from recsys.portrait import Leaning, generosity, leanings


def test_generosity_is_the_mean_difference_from_others() -> None:
    own, others = [5, 4, 3, 2, 1], [4.0, 4.5, 3.5, 3.0, 3.0]
    assert generosity(own, others) == pytest.approx((1 - 0.5 - 0.5 - 1 - 2) / 5)
    assert generosity(others, own) == pytest.approx(0.6)


def test_four_ratings_say_nothing_of_generosity() -> None:
    assert generosity([1, 1, 1, 1], [5, 5, 5, 5]) is None
    assert generosity([1, 1, 1, 1, 1], [5, 5, 5, 5, 5]) == -4


def test_leanings_are_counted_averaged_and_shrunk() -> None:
    """Ten films, mean 3: seven crime films at 4.0, three comedies at 2/3; one film is both."""
    stars = [5, 4, 3, 4, 4, 4, 4, 1, 0.5, 0.5]
    kinds = [("Crime",)] * 6 + [("Crime", "Comedy")] + [("Comedy",)] * 3
    crime, comedy = leanings(stars, kinds)
    assert crime == Leaning("Crime", 7, 4.0, 1.0, 7 / 12)
    assert comedy == Leaning("Comedy", 4, 1.5, -1.5, -1.5 * 4 / 9)


def test_one_film_makes_no_taste() -> None:
    """Nor do two, however far they are from the mean; three do."""
    stars = [5, 5, 5, 1, 1, 1, 1, 1, 1]
    for loved in (1, 2, 3):
        kinds = [("War",)] * loved + [()] * (len(stars) - loved)
        assert [leaning.kind for leaning in leanings(stars, kinds)] == (["War"] if loved == 3 else [])


def test_what_is_rated_as_everything_else_is_no_taste() -> None:
    assert leanings([3, 4, 5, 3, 4, 5], [("Drama",)] * 3 + [("War",)] * 3) == []
    assert leanings([], []) == []


def test_the_more_films_the_stronger() -> None:
    """Three films one star above are a weaker sign than eight at nearly as much."""
    stars = [4.2] * 3 + [4.0] * 8 + [2.0] * 9
    kinds = [("War",)] * 3 + [("Crime",)] * 8 + [()] * 9
    assert [leaning.kind for leaning in leanings(stars, kinds)] == ["Crime", "War"]


def test_typical_stars_are_what_a_stranger_would_give(small_recommender: Recommender) -> None:
    films = small_recommender.catalog.movie_ids[::-3]
    mean, _ = small_recommender.predict_for(small_recommender.fold_in(), films)
    np.testing.assert_array_equal(small_recommender.typical_stars(films), mean)
    assert small_recommender.typical_stars([]).shape == (0,)


def test_typical_stars_are_near_the_means_of_films_that_many_rated(
    movielens_100k: Dataset,
) -> None:
    """And so somebody who rates as others do is shown as such: over people, generosity is about zero."""
    ratings, catalog = movielens_100k.ratings, movielens_100k.catalog
    config = recsys.TrainingConfig(device="cpu", parts=("stars",), pmf=recsys.PmfConfig(chains=1, sweeps=20))
    recommender = recsys.fit(ratings, catalog, config)
    rows = catalog.rows(ratings.movie_ids)
    counts = np.bincount(rows, minlength=len(catalog))
    means = np.bincount(rows, ratings.values, len(catalog)) / np.maximum(counts, 1)
    often = counts >= 50
    typical = recommender.typical_stars(catalog.movie_ids)
    assert abs(float(np.mean(typical[often] - means[often]))) < 0.05
    people, of = np.unique(ratings.user_ids, return_inverse=True)
    above = ratings.values - typical[rows]
    generous = np.bincount(of, above) / np.bincount(of)
    assert len(people) == len(generous)
    assert abs(float(generous.mean())) < 0.1


def test_without_stars_nothing_is_typical(
    small_ratings: recsys.Ratings, small_catalog: recsys.Catalog, quick_config: recsys.TrainingConfig
) -> None:
    recommender = recsys.fit(small_ratings, small_catalog, replace(quick_config, parts=("ranker",)))
    with pytest.raises(MissingPart):
        recommender.typical_stars([5])
