"""Which films to ask about."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.elicitation import SPREAD_SHRINKAGE, Elicitation

KINDS = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)


def test_worth_is_popularity_times_shrunk_variance() -> None:
    films = np.array([0, 0, 0, 0, 2, 2])
    values = np.array([1, 5, 1, 5, 3, 3], np.float32)  # variance 4 and 0; overall 16 / 6
    overall = 16 / 6
    worth = Elicitation.build(films, values, n_films=4).worth
    first = 4 * (16 + SPREAD_SHRINKAGE * overall) / (4 + SPREAD_SHRINKAGE)
    third = 2 * (0 + SPREAD_SHRINKAGE * overall) / (2 + SPREAD_SHRINKAGE)
    assert worth.tolist() == pytest.approx([first, 0, third, 0])


def test_another_genre_comes_before_more_of_the_same() -> None:
    elicitation = Elicitation(np.array([10, 9, 8, 1], np.float32))
    assert elicitation.choose(4, asked=np.array([], np.int64), kinds=KINDS) == [0, 2, 1, 3]
    assert elicitation.choose(2, asked=np.array([2]), kinds=KINDS) == [0, 1]


def test_asked_films_count_towards_variety_and_are_not_asked_again() -> None:
    elicitation = Elicitation(np.array([10, 9, 8, 1], np.float32))
    assert elicitation.choose(1, asked=np.array([0]), kinds=KINDS) == [2]
    assert elicitation.choose(9, asked=np.array([0, 2]), kinds=KINDS) == [1, 3]
    assert elicitation.choose(3, asked=np.arange(4), kinds=KINDS) == []
