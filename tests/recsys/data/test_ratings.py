"""Ratings and vocabularies are validated where they are built."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.data.ratings import Ratings
from recsys.data.vocabulary import Vocabulary
from recsys.errors import InvalidData, UnknownMovie


def test_ratings_keep_the_order_they_came_in() -> None:
    ratings = Ratings.from_arrays([9, 3, 9], [1, 2, 3], [4.5, 0.5, 5], [30, 10, 20])
    assert ratings.user_ids.tolist() == [9, 3, 9]
    assert ratings.values.tolist() == [4.5, 0.5, 5.0]
    assert ratings.timestamps.tolist() == [30, 10, 20]
    assert ratings.people().tolist() == [3, 9]


def test_times_are_nought_where_unknown() -> None:
    assert Ratings.from_arrays([1], [1], [3]).timestamps.tolist() == [0]


@pytest.mark.parametrize("stars", [0.0, 5.5, -1.0, float("nan"), float("inf")])
def test_stars_out_of_range_are_refused_with_their_place(stars: float) -> None:
    with pytest.raises(InvalidData, match=r"values\[1\]"):
        Ratings.from_arrays([1, 2], [1, 1], [3, stars])


@pytest.mark.parametrize(
    ("users", "movies"),
    [([1, 2], [1]), ([[1]], [[1]]), ([1.5], [1]), (["1"], [1])],
)
def test_ill_shaped_ids_are_refused(users: npt.ArrayLike, movies: npt.ArrayLike) -> None:
    with pytest.raises(InvalidData):
        Ratings.from_arrays(users, movies, np.full(np.size(users), 3.0))


@pytest.mark.parametrize("far", [0, 2**62])
def test_a_second_rating_of_a_film_is_refused_by_its_row(far: int) -> None:
    """Near ids take the short way through one key, ids far apart the long one."""
    with pytest.raises(InvalidData, match=f"row 3: user {far} rates movie 5"):
        Ratings.from_arrays([far, -far, 3, far], [5, -far, 5, 5], [3, 3, 3, 4])


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), unique=True))
def test_pairs_that_differ_are_accepted(pairs: list[tuple[int, int]]) -> None:
    users = np.array([user for user, _ in pairs], np.int64)
    movies = np.array([movie for _, movie in pairs], np.int64)
    assert len(Ratings.from_arrays(users, movies, np.full(len(pairs), 3.0))) == len(pairs)


def test_a_part_is_taken_by_rows_by_mask_and_empty() -> None:
    ratings = Ratings.from_arrays([1, 2, 3], [4, 5, 6], [1, 2, 3])
    assert ratings.take([2, 0]).user_ids.tolist() == [3, 1]
    assert ratings.take(ratings.values > 1).movie_ids.tolist() == [5, 6]
    assert len(ratings.take([])) == 0


def test_ratings_are_frozen_and_do_not_share_memory_with_their_source() -> None:
    values = np.array([3.0, 4.0], np.float32)
    ratings = Ratings.from_arrays([1, 2], [1, 2], values)
    values[0] = 1.0
    assert ratings.values.tolist() == [3.0, 4.0]
    with pytest.raises(ValueError, match="read-only"):
        ratings.values[0] = 1.0


def test_a_vocabulary_gives_rows_in_the_order_asked() -> None:
    vocabulary = Vocabulary([30, 10, 20], kind="movie", error=UnknownMovie)
    assert vocabulary.rows([20, 30, 30]).tolist() == [2, 0, 0]
    assert vocabulary.row(10) == 1
    assert 20 in vocabulary
    assert 25 not in vocabulary
    assert vocabulary.rows([]).tolist() == []


@pytest.mark.parametrize("unknown", [5, 15, 99, -1])
def test_unknown_ids_raise_and_never_give_a_wrong_row(unknown: int) -> None:
    vocabulary = Vocabulary([30, 10, 20], kind="movie", error=UnknownMovie)
    with pytest.raises(UnknownMovie, match=str(unknown)):
        vocabulary.row(unknown)
    with pytest.raises(UnknownMovie, match=str(unknown)):
        vocabulary.rows([10, unknown])


def test_an_id_of_64_unsigned_bits_is_not_taken_for_one_below_zero() -> None:
    vocabulary = Vocabulary([-5, 10], kind="movie", error=UnknownMovie)
    with pytest.raises(UnknownMovie, match=str(2**64 - 5)):
        vocabulary.rows(np.array([2**64 - 5], np.uint64))


def test_ids_that_are_not_whole_numbers_are_refused() -> None:
    with pytest.raises(InvalidData, match="integers"):
        Vocabulary([1, 2], kind="movie", error=UnknownMovie).rows([1.5])


def test_ids_that_appear_twice_make_no_vocabulary() -> None:
    with pytest.raises(InvalidData, match="movie 7 appears twice"):
        Vocabulary([7, 8, 7], kind="movie", error=UnknownMovie)
