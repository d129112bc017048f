"""A catalog keeps films in columns, and gives them back as they came."""

from __future__ import annotations

import pytest

from recsys import Catalog, Film, UnknownMovie

FILMS = (
    Film(7, "Heat", 1995, ("Crime", "Thriller"), "tt0113277", 949, ("Fuego contra fuego", "열")),
    Film(-3, "Our own", None, (), None, None, ()),
    Film(5, "Amélie ☕ \udcff", 2001, ("Comedy",), None, 0, ("",)),
    Film(2**40, "", 1895, ("Crime", "Thriller"), "tt1", None, ()),
)


def test_films_come_back_as_they_came() -> None:
    catalog = Catalog(iter(FILMS), "tiny")
    assert tuple(catalog) == FILMS
    assert [catalog[film.movie_id] for film in reversed(FILMS)] == [*reversed(FILMS)]
    assert catalog.movie_ids.tolist() == [7, -3, 5, 2**40]
    assert catalog.film_years.tolist() == [1995, 0, 2001, 1895]
    assert [catalog.genre_sets[at] for at in catalog.film_genre_sets] == [film.genres for film in FILMS]
    assert catalog.genres == ("Comedy", "Crime", "Thriller")
    assert catalog.years == (1895, 2001)
    with pytest.raises(UnknownMovie):
        catalog[8]


@pytest.mark.parametrize(
    "imdb_id",
    ["tt0000001", "tt9999999", "tt12345678", "tt01234567", "tt0000000", "tt99999999999", "0113277", "nm1"],
)
def test_imdb_ids_of_whatever_form_come_back(imdb_id: str) -> None:
    films = Film(1, "None"), Film(2, "One", imdb_id=imdb_id)
    assert tuple(Catalog(films, "tiny")) == films


def test_a_part_and_an_extension_have_the_films_that_they_say() -> None:
    catalog = Catalog(FILMS[:2], "tiny")
    longer = catalog.extended([FILMS[2], Film(7, "Another Heat")])
    assert tuple(longer) == FILMS[:3]
    assert longer.genres == ("Crime", "Thriller")  # columns that were learned keep their meaning
    assert longer.years == (1995, 1995)
    assert catalog.extended(FILMS[:1]) is catalog
    part = longer.part(longer.rows([5, 7]))
    assert tuple(part) == (FILMS[2], FILMS[0])
    assert (part.genres, part.years) == (longer.genres, longer.years)


def test_rows_of_what_is_known_leave_the_others_out() -> None:
    catalog = Catalog(FILMS, "tiny")
    assert catalog.known_rows([5, 99, -3, 5]).tolist() == [2, 1, 2]
    assert catalog.known_rows([]).tolist() == []
    assert Catalog((), "nothing").known_rows([1]).tolist() == []


def test_the_fingerprint_is_of_the_data_sets_films_in_whatever_order() -> None:
    plain = [film for film in FILMS if film.movie_id != 5]  # whose title is no text that can be written down
    one, other = Catalog(plain, "tiny"), Catalog(reversed([*plain, Film(-9, "Own, too")]), "tiny")
    assert one.fingerprint == other.fingerprint != Catalog(plain, "other").fingerprint
