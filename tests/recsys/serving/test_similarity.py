"""More like this."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.arrays import Floats
from recsys.data.content import unit_rows
from recsys.serving.similarity import Likeness, Neighbours, _flattened

FACTORS = np.array([[2, 0, 0], [4, 1, 0], [0, 3, 0], [5, 0.1, 0], [0, 0, 0]], np.float32)
STARS = np.array([[1, 0], [0, 1], [1, 0], [-1, 0], [0, 0]], np.float32)
GENRES = np.array([[0.8, 0.6, 0], [1, 0, 0], [0, 0, 1], [0.28, 0.96, 0], [0, 0, 0]], np.float32)
YEARS = np.array([[1, 0], [0.5, 0.5], [0, 1], [1, 0], [0, 0]], np.float32)
MANY = [1e6] * 5


def built(counts: list[float], stars: Floats | None = STARS) -> Neighbours:
    return Neighbours.build(FACTORS, stars, GENRES, YEARS, np.array(counts, np.float32))


def cosines_of(counts: list[float], seeds: list[int]) -> Floats:
    return built(counts).cosines(np.array(seeds))


def test_well_known_films_meet_in_every_part() -> None:
    choice = unit_rows(_flattened(FACTORS))
    assert cosines_of(MANY, [0])[[1, 2, 3]] == pytest.approx(
        [
            0.5 * choice[1] @ choice[0] + 0.25 * 0.8 + 0.05 * 0.5**0.5,
            0.5 * choice[2] @ choice[0] + 0.2,
            0.5 * choice[3] @ choice[0] - 0.2 + 0.25 * 0.8 + 0.05,
        ],
        abs=0.01,
    )


def test_broad_axes_say_less_than_narrow_ones() -> None:
    """Two films that everybody chooses, each with a small trait of its own."""
    factors = np.array([[9, 1, 0], [9, 0, 1], [9, 1, 0.1], [9, 0.1, 1]], np.float32)
    plain, flat = (unit_rows(each) @ unit_rows(each).T for each in (factors, _flattened(factors)))
    assert plain[0, 1] > 0.98
    assert flat[0, 1] < 0.9 < flat[0, 2]


def test_of_long_vectors_of_stars_the_broadest_axes_are_kept() -> None:
    """Forty draws of one model: each turned by itself, all of one geometry."""
    turned = [np.linalg.qr(np.random.default_rng(draw).normal(size=(2, 2)))[0] for draw in range(40)]
    many = np.hstack([STARS @ each for each in turned]).astype(np.float32)
    neighbours, plain = built(MANY, many), built(MANY)
    assert neighbours.widths[0] == 3 + 32
    assert neighbours.cosines(np.array([0])) == pytest.approx(plain.cosines(np.array([0])), abs=0.01)


def test_without_stars_the_others_share_their_weight() -> None:
    choice = unit_rows(_flattened(FACTORS))
    expected = (0.5 * choice[1] @ choice[0] + 0.25 * 0.8 + 0.05 * 0.5**0.5) / 0.8
    assert built(MANY, None).cosines(np.array([0]))[1] == pytest.approx(expected, abs=0.01)


def test_a_film_that_hardly_anybody_rated_stays_behind_one_that_is_known() -> None:
    known, hardly = cosines_of([300, 300, 300, 300, 0], [0])[3], cosines_of([300, 300, 300, 1, 0], [0])[3]
    assert 0.25 * 0.8 + 0.05 < hardly < known


def test_an_unrated_film_is_like_others_by_its_genres_and_years_alone() -> None:
    cosines = cosines_of([0, 300, 300, 300, 0], [0])
    expected = [0.25 * 0.8 + 0.05 * 0.5**0.5, 0, 0.25 * 0.8 + 0.05]
    assert cosines[[1, 2, 3]] == pytest.approx(expected, abs=0.01)


def test_a_film_of_which_nothing_is_known_is_like_no_other() -> None:
    assert cosines_of([9, 9, 9, 9, 0], [4]).tolist() == [0, 0, 0, 0, 0]
    assert built([9, 9, 9, 9, 0]).explain(np.array([4]), np.array([0])) == [Likeness(None, ())]


def test_the_reason_is_the_largest_part_of_the_cosine() -> None:
    seed = np.array([0])
    assert built(MANY).explain(seed, np.array([1, 2])) == [Likeness("lovers", (0,)), Likeness("lovers", ())]
    assert built([0, 9, 9, 9, 9]).explain(seed, np.array([3, 1])) == [
        Likeness("genres", (1, 0)),
        Likeness("genres", (0,)),
    ]
    strangers = Neighbours.build(FACTORS, None, 0 * GENRES, YEARS, np.zeros(5, np.float32))
    assert strangers.explain(seed, np.array([3])) == [Likeness("years", ())]


@settings(max_examples=50, deadline=None)
@given(
    counts=st.lists(st.integers(0, 500), min_size=5, max_size=5),
    seeds=st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True),
)
def test_is_the_cosine_of_vectors_of_length_one_with_a_dimension_per_film(
    counts: list[int], seeds: list[int]
) -> None:
    neighbours = built([float(count) for count in counts])
    known = neighbours.vectors(np.arange(5)).astype(np.float64)
    own = np.diag(np.sqrt(np.maximum(0, 1 - (known**2).sum(axis=1))))
    whole = np.hstack([known, own])
    assert np.linalg.norm(whole, axis=1) == pytest.approx(np.ones(5), abs=0.01)
    query = whole[seeds].sum(axis=0)
    others = [film for film in range(5) if film not in seeds]
    expected = whole[others] @ query / np.linalg.norm(query)
    assert neighbours.cosines(np.array(seeds))[others] == pytest.approx(expected, abs=1e-5)
