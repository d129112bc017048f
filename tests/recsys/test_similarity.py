"""More like this."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.ranker import FloatArray
from recsys.similarity import Neighbours

FACTORS = np.array([[2, 0, 0], [4, 1, 0], [0, 3, 0], [5, 0.1, 0], [0, 0, 0]], np.float32)
GENRES = np.array([[1, 0], [1, 0], [0, 1], [1, 0], [0, 0]], np.float32)


def cosines_of(counts: list[float], seeds: list[int]) -> FloatArray:
    return Neighbours.build(FACTORS, GENRES, np.array(counts, np.float32)).cosines(np.array(seeds))


def test_well_known_films_meet_by_taste_and_genre() -> None:
    cosines = cosines_of([1e6] * 5, [0])
    assert cosines[[0, 2]] == pytest.approx([1, 0], abs=1e-4)
    assert cosines[1] == pytest.approx(0.6 * 4 / 17**0.5 + 0.4, abs=1e-4)
    assert cosines[3] > cosines[1]


def test_a_film_that_hardly_anybody_rated_stays_behind_one_that_is_known() -> None:
    cosines = cosines_of([300, 300, 300, 1, 0], [0])
    assert cosines[1] > cosines[3]
    assert cosines[3] > cosines[2]


def test_an_unrated_film_is_like_others_by_its_genres_alone() -> None:
    cosines = cosines_of([0, 300, 300, 300, 0], [0])
    assert cosines[1] == cosines[3] == pytest.approx(0.4)
    assert cosines[2] == 0


def test_a_film_of_which_nothing_is_known_is_like_no_other() -> None:
    assert cosines_of([9, 9, 9, 9, 0], [4]).tolist() == [0, 0, 0, 0, 0]


@settings(max_examples=50, deadline=None)
@given(
    counts=st.lists(st.integers(0, 500), min_size=5, max_size=5),
    seeds=st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True),
)
def test_is_the_cosine_of_vectors_of_length_one_with_a_dimension_per_film(
    counts: list[int], seeds: list[int]
) -> None:
    neighbours = Neighbours.build(FACTORS, GENRES, np.array(counts, np.float32))
    known = neighbours.vectors.astype(np.float64)
    own = np.diag(np.sqrt(np.maximum(0, 1 - (known**2).sum(axis=1))))
    whole = np.hstack([known, own])
    assert np.linalg.norm(whole, axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    query = whole[seeds].sum(axis=0)
    others = [film for film in range(5) if film not in seeds]
    expected = whole[others] @ query / np.linalg.norm(query)
    assert neighbours.cosines(np.array(seeds))[others] == pytest.approx(expected, abs=1e-5)
