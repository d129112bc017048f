"""The films in storage, kept in columns."""

from __future__ import annotations

import pytest

from bot.films.library import StoredFilms
from recsys import UnknownMovie
from storage.films.films import Film

FILMS = (
    Film(1, "small", 50, "Heat", 1995, ("Crime",), "tt0113277", 949, ("Fuego",)),
    Film(2, "old", 50, "Gone with the data set", None, (), None, None, ()),
    Film(4, "small", None, "Numbered no more", 1939, ("Drama",), None, None, ()),
    Film(5, "small", -5, "An admin's", 2024, (), None, None, ()),
)


def test_films_come_back_as_they_are_stored() -> None:
    stored = StoredFilms(iter(FILMS))
    assert [stored.film(film.id) for film in FILMS] == [*FILMS]
    with pytest.raises(UnknownMovie):
        stored.film(3)


def test_a_data_set_numbers_its_own_films_alone() -> None:
    stored = StoredFilms(FILMS)
    rows, numbers = stored.numbered_by("small")
    assert stored.catalog.movie_ids[rows].tolist() == [1, 5]
    assert numbers.tolist() == [50, -5]
    everything = stored.catalog.rows([5, 4, 2, 1])
    assert stored.numbers_by("small", everything).tolist() == [-5, 50]
    assert stored.numbers_by("old", everything).tolist() == [50]
    assert stored.numbers_by("unheard of", everything).tolist() == []
    assert [stored.number_by("small", film_id) for film_id in (1, 2, 3, 4, 5)] == [50, None, None, None, -5]
    assert not len(stored.numbered_by("unheard of")[0])
