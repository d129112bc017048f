"""Genres and years as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import Catalog, Film
from recsys.data.content import content_features, genre_matrix, genre_vectors

CATALOG = Catalog(
    [
        Film(4, "One", 1990, ("Drama",)),
        Film(9, "Two", 2001, ("Comedy", "Drama")),
        Film(2, "Three", None, ("Drama",)),
        Film(7, "Four", 1991),
    ],
    "four films",
)


def test_genres_and_years_are_in_catalog_order() -> None:
    assert genre_matrix(CATALOG).tolist() == [[False, True], [True, True], [False, True], [False, False]]
    assert CATALOG.film_years.tolist() == [1990, 2001, 0, 1991]


def test_a_rare_genre_says_more() -> None:
    vectors = genre_vectors(CATALOG)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0])
    comedy, drama = np.log(5 / 2) + 1, np.log(5 / 4) + 1
    assert vectors[1] == pytest.approx(np.array([comedy, drama]) / np.hypot(comedy, drama))


def test_near_years_are_alike_and_an_unknown_year_is_like_none() -> None:
    features = content_features(CATALOG)
    steps = features[:, 2:-1]
    assert (features[:, -1] == 1).all()
    assert steps.sum(axis=1) == pytest.approx([1, 1, 0, 1])
    assert steps[0] @ steps[3] > 2 * (steps[0] @ steps[1])


def test_a_catalog_without_years_or_genres_has_the_constant() -> None:
    assert content_features(Catalog([Film(1, "One"), Film(2, "Two")], "bare")).tolist() == [[1], [1]]
