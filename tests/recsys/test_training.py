"""From ratings to a recommender, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import recsys
from recsys import Catalog, Film, InvalidData, MissingPart, Ratings, TrainingConfig, UnknownMovie
from recsys.progress import Step

CALLS = {
    "stars": ("predict", "predict_for"),
    "ranker": ("recommend", "explain"),
    "similar": ("similar",),
}


@pytest.mark.parametrize("parts", [("stars",), ("ranker",), ("similar",), ("similar", "ranker")])
def test_a_call_that_needs_a_missing_part_says_which(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig, parts: tuple[str, ...]
) -> None:
    model = recsys.fit(small_ratings, small_catalog, replace(quick_config, parts=parts))
    film = int(small_catalog.movie_ids[2])
    user = model.fold_in({film: 5.0}, {"Comedy": 1})
    calls: dict[str, Callable[[], object]] = {
        "predict": lambda: model.predict([1000], [film]),
        "predict_for": lambda: model.predict_for(user, [film]),
        "recommend": lambda: model.recommend(user),
        "explain": lambda: model.explain(user, film),
        "similar": lambda: model.similar([film]),
    }
    for part, names in CALLS.items():
        for name in names:
            if part in parts:
                calls[name]()
            else:
                with pytest.raises(MissingPart, match=f"without '{part}'"):
                    calls[name]()
    assert len(model.next_questions(user)) == 5


def test_an_order_without_stars_has_none(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    model = recsys.fit(small_ratings, small_catalog, replace(quick_config, parts=("ranker",)))
    assert {each.stars for each in model.recommend(model.fold_in())} == {None}


def test_the_fit_reports_epochs_and_sweeps(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    steps: list[Step] = []
    recsys.fit(small_ratings, small_catalog, quick_config, report=steps.append)
    sweeps = [event for event in steps if event.part == "ranker"]
    assert [sweep.number for sweep in sweeps] == [1, 2, 3, 4]
    assert len(steps) > len(sweeps)


def test_nothing_to_learn_from(small_ratings: Ratings, small_catalog: Catalog) -> None:
    with pytest.raises(InvalidData, match="no ratings"):
        recsys.fit(small_ratings.take(np.array([], np.int64)), small_catalog)


def test_a_rating_of_a_film_outside_the_catalog(small_ratings: Ratings, quick_config: TrainingConfig) -> None:
    with pytest.raises(UnknownMovie):
        recsys.fit(small_ratings, Catalog([Film(1, "One")], "other"), quick_config)


def test_popularity_counts_the_ratings_of_each_film(small_ratings: Ratings, small_catalog: Catalog) -> None:
    model = recsys.fit(small_ratings, small_catalog, TrainingConfig(parts=("similar",)))
    expected = [int(np.sum(small_ratings.movie_ids == movie_id)) for movie_id in small_catalog.movie_ids]
    assert model.popularity.tolist() == expected


def test_one_person_and_one_film_are_enough(quick_config: TrainingConfig) -> None:
    catalog = Catalog([Film(3, "Three"), Film(4, "Four", 1999, ("Drama",))], "tiny")
    model = recsys.fit(Ratings.from_arrays([9], [4], [4.5]), catalog, quick_config)
    user = model.fold_in({4: 5.0}, {"Drama": 1})
    assert [each.movie_id for each in model.recommend(user)] == [3]
    assert 0.5 <= model.predict([9], [3])[0] <= 5.5
