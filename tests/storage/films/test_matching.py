from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from recsys.data.catalog import Film as CatalogFilm
from storage.films.films import Film
from storage.films.matching import match

Build = Callable[..., CatalogFilm]


def _row(row_id: int, film: CatalogFilm, source: str = "old") -> Film:
    return Film(
        row_id,
        source,
        film.movie_id,
        film.title,
        film.year,
        film.genres,
        film.imdb_id,
        film.tmdb_id,
        film.alternatives,
    )


def _numbers(rows: list[Film], films: list[CatalogFilm]) -> dict[int, int]:
    pairs = match(rows, films, "new")
    found = {row.id: film.movie_id for row, film in pairs}
    assert len(found) == len(set(found.values())) == len(pairs)
    return found


def test_the_imdb_id_decides_before_any_title(new_film: Build) -> None:
    rows = [
        _row(1, new_film(10, "Heat", 1995, imdb_id="tt1")),
        _row(2, new_film(11, "Fargo", 1996, imdb_id="tt2")),
    ]
    films = [new_film(5, "Heat", 1995, imdb_id="tt2"), new_film(6, "Fargo", 1996, imdb_id="tt1")]
    assert _numbers(rows, films) == {1: 6, 2: 5}
    rows = [_row(1, new_film(10, "Heat", 1995)), _row(2, new_film(11, "Fargo", 1996, imdb_id="tt1"))]
    assert _numbers(rows, [new_film(5, "Heat", 1995, imdb_id="tt1")]) == {2: 5}


def test_titles_match_whatever_their_case_within_one_year(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "STRASSE", 1995)), _row(2, new_film(11, "Heat", 1972))]
    assert _numbers(rows, [new_film(5, "straße", 1995), new_film(6, "Heat", 1995)]) == {1: 5}


def test_alternatives_match_in_both_directions(new_film: Build) -> None:
    rows = [
        _row(1, new_film(10, "Seven", 1995, alternatives=("Se7en",))),
        _row(2, new_film(11, "Léon", 1994)),
    ]
    films = [
        new_film(5, "se7en", 1995),
        new_film(6, "The Professional", 1994, alternatives=("The Pro", "léon")),
    ]
    assert _numbers(rows, films) == {1: 5, 2: 6}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oscar & Lucinda", "Oscar and Lucinda"),
        ("Léon", "LEON"),
        ("What's Love Got to Do with It", "What’s Love Got to Do With It?"),
        ("Alien 3", "Alien³"),
        ("Rocket Man", "RocketMan"),
        ("Bride of Frankenstein", "The Bride of Frankenstein"),
        ("Pink Floyd - The Wall", "Pink Floyd: The Wall"),
    ],
)
def test_titles_match_whatever_their_accents_spaces_and_punctuation(
    new_film: Build, one: str, other: str
) -> None:
    assert _numbers([_row(1, new_film(10, one))], [new_film(5, other)]) == {1: 5}
    assert _numbers([_row(1, new_film(10, other))], [new_film(5, one)]) == {1: 5}


def test_a_title_of_nothing_but_an_article_or_signs_is_itself(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "A")), _row(2, new_film(11, "The")), _row(3, new_film(12, "If...."))]
    assert _numbers(rows, [new_film(5, "the"), new_film(6, "a"), new_film(7, "If")]) == {1: 6, 2: 5, 3: 7}
    assert _numbers([_row(1, new_film(10, "?"))], [new_film(5, "!")]) == {}


def test_a_year_apart_is_the_same_film_and_two_years_are_not(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "Orlando", 1993)), _row(2, new_film(11, "Wonderland", 1997))]
    films = [new_film(5, "Orlando", 1992), new_film(6, "Wonderland", 1999)]
    assert _numbers(rows, films) == {1: 5}
    assert _numbers([_row(1, new_film(10, "Aparajito", 1956))], [
        new_film(5, "The Unvanquished", 1957, alternatives=("Aparajito",))
    ]) == {1: 5}  # fmt: skip


def test_the_year_itself_comes_before_a_year_apart(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "Emma", 1996)), _row(2, new_film(11, "Emma", 1997))]
    assert _numbers(rows, [new_film(5, "Emma", 1997), new_film(6, "Emma", 1996)]) == {1: 6, 2: 5}
    assert _numbers(rows, [new_film(5, "Emma", 1996)]) == {1: 5}


def test_a_year_apart_on_both_sides_is_ambiguous(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "Emma", 1996))]
    assert _numbers(rows, [new_film(5, "Emma", 1995), new_film(6, "Emma", 1997)]) == {}
    rows = [_row(1, new_film(10, "Emma", 1995)), _row(2, new_film(11, "Emma", 1997))]
    assert _numbers(rows, [new_film(5, "Emma", 1996)]) == {}


def test_no_year_is_no_year_apart(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "Emma", None)), _row(2, new_film(11, "Heat", 1995))]
    assert _numbers(rows, [new_film(5, "Emma", 1996), new_film(6, "Heat", None)]) == {}
    assert _numbers(rows, [new_film(5, "Emma", None)]) == {1: 5}


def test_a_part_of_a_title_counts_within_its_year(new_film: Build) -> None:
    rows = [
        _row(1, new_film(10, "Star Wars", 1977)),
        _row(2, new_film(11, "The Empire Strikes Back", 1980)),
        _row(3, new_film(12, "Alien", 1979)),
    ]
    films = [
        new_film(5, "Star Wars: Episode IV - A New Hope", 1977),
        new_film(6, "Star Wars: Episode V - The Empire Strikes Back", 1980),
        new_film(7, "Alien: Another", 1980),
        new_film(8, "Aliens", 1979),
    ]
    assert _numbers(rows, films) == {1: 5, 2: 6}


def test_a_part_that_two_titles_have_is_ambiguous(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "Pokémon", 1999))]
    films = [new_film(5, "Pokémon: The First Movie", 1999), new_film(6, "Pokémon: The Second", 1999)]
    assert _numbers(rows, films) == {}


def test_guesses_without_a_genre_in_common_are_not_made(new_film: Build) -> None:
    """Same year and title: the same film, whatever they say of its genre. Less than that: another one."""
    row = _row(1, replace(new_film(10, "Emma", 1996), genres=("Comedy",)))
    assert _numbers([row], [new_film(5, "Emma", 1996)]) == {1: 5}
    assert _numbers([row], [new_film(5, "Emma", 1997)]) == {}
    assert _numbers([row], [new_film(5, "Emma: A Life", 1996)]) == {}
    assert _numbers([row], [replace(new_film(5, "Emma", 1997), genres=())]) == {1: 5}
    assert _numbers([row], [replace(new_film(5, "Emma", 1997), genres=("Drama", "Comedy"))]) == {1: 5}


def test_a_title_of_its_own_beats_an_alternative(new_film: Build) -> None:
    rows = [
        _row(1, new_film(10, "Emma", 1996)),
        _row(2, new_film(11, "Clueless", 1996, alternatives=("Emma",))),
    ]
    assert _numbers(rows, [new_film(5, "Emma", 1996)]) == {1: 5}


def test_what_is_ambiguous_on_either_side_stays_unmatched(new_film: Build) -> None:
    twins = [_row(1, new_film(10, "Emma", 1996)), _row(2, new_film(11, "Emma", 1996))]
    assert _numbers(twins, [new_film(5, "Emma", 1996)]) == {}
    assert _numbers(twins[:1], [new_film(5, "Emma", 1996), new_film(6, "Emma", 1996)]) == {}
    same_id = [_row(1, new_film(10, "A", imdb_id="tt1")), _row(2, new_film(11, "B", imdb_id="tt1"))]
    assert _numbers(same_id, [new_film(5, "C", imdb_id="tt1")]) == {}


def test_an_ambiguous_id_leaves_the_title_to_decide(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "A", imdb_id="tt1")), _row(2, new_film(11, "B", imdb_id="tt1"))]
    assert _numbers(rows, [new_film(5, "B", imdb_id="tt1")]) == {2: 5}


def test_two_imdb_ids_are_two_films(new_film: Build) -> None:
    rows = [_row(1, new_film(10, "Emma", 1996, imdb_id="tt1")), _row(2, new_film(11, "Emma", 1996))]
    assert _numbers(rows, [new_film(5, "Emma", 1996, imdb_id="tt2")]) == {2: 5}


def test_the_number_counts_within_its_own_data_set_only(new_film: Build) -> None:
    rows = [_row(1, new_film(5, "Renamed", 1995), source="new"), _row(2, new_film(6, "Heat", 1995))]
    films = [new_film(5, "As it is called now", 1995), new_film(6, "Fargo", 1996)]
    assert _numbers(rows, films) == {1: 5}


def test_a_number_alone_does_not_make_one_film_of_two(new_film: Build) -> None:
    """Two data sets in folders of one name: their numbers mean different films."""
    rows = [
        _row(1, new_film(50, "Star Wars", 1977, imdb_id="tt0076759"), source="new"),
        _row(2, new_film(6, "Mortal Kombat", 1995), source="new"),
    ]
    films = [
        new_film(50, "The Usual Suspects", 1977, imdb_id="tt0114814"),
        new_film(6, "Fargo", 1996),
        new_film(260, "Star Wars: Episode IV", 1977, imdb_id="tt0076759"),
    ]
    assert _numbers(rows, films) == {1: 260}


def test_a_row_without_a_number_is_found_again(new_film: Build) -> None:
    lost = Film(1, "new", None, "Heat", 1995, (), None, None, ())
    assert _numbers([lost], [new_film(5, "Heat", 1995)]) == {1: 5}
