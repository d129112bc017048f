"""The popularity quantiles of a world that can be counted on fingers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.data.catalog import Catalog, Film
from recsys.data.narrowing import Narrowing, popularity_quantiles
from recsys.errors import InvalidData


def test_a_quantile_is_the_share_of_ratings_of_films_less_known() -> None:
    """20 ratings: 0, then 1 and 1, then 6, then 12."""
    counts = np.array([6, 1, 12, 0, 1], np.float32)
    assert popularity_quantiles(counts).tolist() == pytest.approx([5 / 20, 1 / 20, 14 / 20, 0, 1 / 20])


def test_without_any_rating_every_film_is_unknown() -> None:
    assert popularity_quantiles(np.zeros(3, np.float32)).tolist() == [0, 0, 0]


def test_all_four_ways_at_once() -> None:
    films = [
        Film(7, "wanted", 1999, ("Comedy", "Drama")),
        Film(3, "no such genre", 1999, ("Drama",)),
        Film(9, "a genre unwanted", 1999, ("Comedy", "Horror")),
        Film(1, "too old", 1989, ("Comedy",)),
        Film(4, "of the other span", 1970, ("Comedy",)),
        Film(8, "too well known", 1999, ("Comedy",)),
        Film(2, "without a year", None, ("Comedy",)),
    ]
    counts = np.array([2, 2, 2, 2, 2, 90, 2], np.float32)
    allowed = Narrowing(Catalog(films, "test"), counts).allowed(
        ["Comedy"], [(1990, 1999), (1970, 1979)], ["Horror"], (0.0, 0.3)
    )
    assert [film.title for film, kept in zip(films, allowed, strict=True) if kept] == [
        "wanted",
        "of the other span",
    ]


@pytest.mark.parametrize(
    "years",
    [
        1990,
        (1990,),
        (1990, None),
        ("early", "late"),
        (float("nan"), 1999),
        (1990, 10**30),
        (1999, 1990),
        [(1990, 1999), (1970,)],
        (1970, 1979, 1990, 1999),
        [(1970, 1979, 1990), (1991, 1992, 1993)],
    ],
)
def test_years_that_are_no_spans(years: Any) -> None:
    narrowing = Narrowing(Catalog([Film(1, "One", 1990)], "test"), np.ones(1, np.float32))
    with pytest.raises(InvalidData, match="years"):
        narrowing.allowed(None, years, (), None)


@pytest.mark.parametrize("band", [0.5, (0.5,), (0, 0.5, 1), ("low", "high"), (0.5, None), (0.9, 0.1), (0, 2)])
def test_popularity_that_is_no_band(band: Any) -> None:
    narrowing = Narrowing(Catalog([Film(1, "One", 1990)], "test"), np.ones(1, np.float32))
    with pytest.raises(InvalidData, match="popularity"):
        narrowing.allowed(None, None, (), band)
