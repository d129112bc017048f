"""TitleIndex: what people type, and whether one film answers at once."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.catalog import Catalog, Film
from recsys.data.sources.generated_films import generate_films
from recsys.errors import InvalidData
from recsys.titles import TitleIndex, TitleMatch, normalise

# (id, title, year, alternatives, number of ratings in ml-latest-small)
FILMS: list[tuple[int, str, int | None, tuple[str, ...], int]] = [
    (6, "Heat", 1995, (), 102),
    (103235, "The Heat", 2013, ("Heat, The",), 6),
    (1260, "M", 1931, (), 15),
    (9, "White Heat", 1949, (), 3),
    (1, "Heathers", 1989, (), 41),
    (593, "The Silence of the Lambs", 1991, ("Silence of the Lambs, The",), 279),
    (595, "The Silence of the Hams", 1994, ("Il silenzio dei prosciutti", "Silence of the Hams, The"), 1),
    (858, "The Godfather", 1972, ("Godfather, The",), 192),
    (1221, "The Godfather: Part II", 1974, ("Godfather: Part II, The",), 129),
    (2023, "The Godfather: Part III", 1990, ("Godfather: Part III, The",), 45),
    (260, "Star Wars: Episode IV - A New Hope", 1977, (), 251),
    (1196, "Star Wars: Episode V - The Empire Strikes Back", 1980, (), 211),
    (61160, "Star Wars: The Clone Wars", 2008, (), 7),
    (2116, "The Lord of the Rings", 1978, ("Lord of the Rings, The",), 15),
    (4993, "The Lord of the Rings: The Fellowship of the Ring", 2001, (), 198),
    (5952, "The Lord of the Rings: The Two Towers", 2002, (), 188),
    (41569, "King Kong", 2005, (), 40),
    (2367, "King Kong", 1976, (), 14),
    (2366, "King Kong", 1933, (), 25),
    (594, "Cinderella", 1950, (), 42),
    (129657, "Cinderella", 2015, (), 1),
    (4973, "Amelie", 2001, ("Le Fabuleux destin d'Amélie Poulain",), 120),
    (47, "Seven", 1995, ("Se7en",), 203),
    (2019, "Seven Samurai", 1954, ("Shichinin no samurai",), 48),
    (32, "Twelve Monkeys", 1995, ("12 Monkeys",), 177),
    (4995, "A Beautiful Mind", 2001, ("Beautiful Mind, A",), 123),
    (1527, "The Fifth Element", 1997, ("Fifth Element, The",), 122),
    (1036, "Die Hard", 1988, (), 145),
    (60069, "WALL·E", 2008, (), 104),
    (5902, "Adaptation", 2002, (), 59),
    (541, "Blade Runner", 1982, (), 124),
    (176371, "Blade Runner 2049", 2017, (), 18),
    (1954, "Rocky", 1976, (), 64),
    (2409, "Rocky II", 1979, (), 26),
    (2410, "Rocky III", 1982, (), 24),
    (1997, "The Boat", 1981, ("Das Boot", "Boot, Das"), 40),
    (3, "Moonlight", None, (), 3),
    (5349, "Spider-Man", 2002, (), 122),
    (8636, "Spider-Man 2", 2004, (), 79),
    (1394, "M*A*S*H", 1970, ("MASH",), 46),
    (1175, "Monty Python and the Holy Grail", 1975, (), 136),
    (44195, "Thank You for Smoking", 2006, (), 31),
    (318, "The Shawshank Redemption", 1994, ("Shawshank Redemption, The",), 317),
    (1079, "Monty Python's Life of Brian", 1979, (), 89),
]


@pytest.fixture(scope="module")
def index() -> TitleIndex:
    films = [Film(movie_id, title, year, alternatives=names) for movie_id, title, year, names, _ in FILMS]
    return TitleIndex(Catalog(films, "test"), [ratings for *_, ratings in FILMS])


CLEAR = {
    "heat": 6,
    "HEAT": 6,
    " Heat (1995) ": 6,
    "heat 1995": 6,
    "1995 heat": 6,
    "heat 1994": 6,
    "heat 2013": 103235,
    "white heat": 9,
    "silense of the lams": 593,
    "lambs of silence": 593,
    "the silence lambs": 593,
    "silence of the lambs, the": 593,
    "godfather": 858,
    "godfather the": 858,
    "the godfahter": 858,
    "the godfather part ii": 1221,
    "godfather 2": 1221,
    "godfather part two": 1221,
    "a new hope": 260,
    "star wars empire strikes back": 1196,
    "star wars 5": 1196,
    "fellowship of the ring": 4993,
    "king kong 1976": 2367,
    "cinderella": 594,
    "amélie": 4973,
    "fabuleux destin d’amelie poulain": 4973,
    "se7en": 47,
    "seven": 47,
    "7 samurai": 2019,
    "12 monkeys": 32,
    "twelve monkees": 32,
    "beautiful mind": 4995,
    "5th element": 1527,
    "die hard": 1036,
    "wall-e": 60069,
    "walle": 60069,
    "blade runner": 541,
    "blade runner 2049": 176371,
    "rocky": 1954,
    "rocky 2": 2409,
    "rocky iii": 2410,
    "das boot": 1997,
    "boot": 1997,
    "moonlight": 3,
    "spiderman": 5349,
    "spider man 2": 8636,
    "mash": 1394,
    "m": 1260,
    "holy grail": 1175,
    "shawsh": 318,  # unfinished
    "you tahnk for smoking": 44195,  # a typo and a wrong order at once
}


@pytest.mark.parametrize("text", CLEAR)
def test_a_clear_winner(index: TitleIndex, text: str) -> None:
    found = index.find(text)
    assert found.matches[0].movie_id == CLEAR[text]
    assert found.verdict == "clear"


SEVERAL = {
    "king kong": [41569, 2366, 2367],  # remakes: the more popular first
    "star wars": [260, 1196, 61160],
    "lord of the rings": [2116, 4993, 5952],  # the exact title is the least known
    "monty python": [1175, 1079],
    "monty pyth": [1175, 1079],  # unfinished
    "the heat": [103235, 6],
    "heat 1990": [6],
}


@pytest.mark.parametrize("text", SEVERAL)
def test_several_may_be_meant(index: TitleIndex, text: str) -> None:
    found = index.find(text)
    wanted = SEVERAL[text]
    assert [match.movie_id for match in found.matches[: len(wanted)]] == wanted
    assert found.verdict == "several"


@pytest.mark.parametrize("text", ["xyzzy qwerty", "oppenheimer", "lotr", "what should I watch tonight"])
def test_nothing_is_called_that(index: TitleIndex, text: str) -> None:
    assert index.find(text).verdict == "none"


@pytest.mark.parametrize("text", ["", "   ", "?!", "★", "\x00"])
def test_text_without_letters(index: TitleIndex, text: str) -> None:
    found = index.find(text)
    assert (found.matches, found.verdict) == ((), "none")


def test_long_text_is_no_title(index: TitleIndex) -> None:
    assert index.find("heat and then some more words " * 200).verdict == "none"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the si", [593, 595]),  # what begins so, the best known first
        ("the silence of the l", [593]),
        ("star w", [260, 1196, 61160]),
        ("blade r", [541, 176371]),
        ("adapta", [5902]),
        ("monty python and the h", [1175]),
    ],
)
def test_titles_are_found_while_they_are_typed(index: TitleIndex, text: str, found: list[int]) -> None:
    assert [match.movie_id for match in index.search(text, limit=len(found))] == found


def test_a_last_letter_is_no_numeral_while_it_is_typed() -> None:
    films = [Film(1, "Lost in Translation", 2003), Film(2, "Lost Highway", 1997), Film(3, "Lost 1", 1990)]
    assert TitleIndex(Catalog(films, "test"), [9, 1, 1]).search("lost i")[0].movie_id == 3
    assert TitleIndex(Catalog(films[:2], "test"), [1, 9]).search("lost i")[0].movie_id == 1


def test_search_gives_scores_in_order(index: TitleIndex) -> None:
    matches = index.search("heat", limit=4)
    assert matches[0] == TitleMatch(6, "Heat", 1995, 100.0)
    assert matches[1] == TitleMatch(103235, "The Heat", 2013, 99.0)
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert len(matches) == 4
    assert len(index.search("heat", limit=1)) == 1


def test_only_the_start_of_a_text_is_read(index: TitleIndex) -> None:
    assert index.find("heat" + " " * 300 + "of the moment").verdict == "clear"


def test_the_title_comes_before_another_films_alternative() -> None:
    films = [Film(1, "Ringu", 1998, alternatives=("Ring",)), Film(2, "Ring", 2002)]
    assert [match.movie_id for match in TitleIndex(Catalog(films, "test")).search("ring")] == [2, 1]


def test_without_popularity_remakes_are_several() -> None:
    films = [Film(1, "Hamlet", 1948), Film(2, "Hamlet", 1996), Film(3, "Up", 2009)]
    index = TitleIndex(Catalog(films, "test"))
    assert index.find("hamlet").verdict == "several"
    assert index.find("hamlet 1996").verdict == "clear"
    assert index.search("hamlet 1996")[0].movie_id == 2
    assert index.find("up").verdict == "clear"


@pytest.mark.parametrize("popularity", [[], [3], [3, 2, 1]])
def test_popularity_must_fit_the_catalog(popularity: list[float]) -> None:
    with pytest.raises(InvalidData, match=rf"popularity has shape \({len(popularity)},\), there are 2 films"):
        TitleIndex(Catalog([Film(1, "Heat"), Film(2, "Up")], "test"), popularity)


def test_each_of_many_films_is_found() -> None:
    catalog = generate_films(6_000, "test", np.random.default_rng(0))  # more names than are indexed at once
    index = TitleIndex(catalog)
    for film in list(catalog)[::500]:
        best = index.search(f"{film.title[:-1]} {film.year}", limit=50)
        assert film.movie_id in {match.movie_id for match in best}
        assert index.search(f"{film.title} {film.year}")[0].title == film.title


def test_names_in_other_alphabets() -> None:
    films = [
        Film(1, "Сталкер", 1979),
        Film(2, "Сталкер Альфа", 2001),
        Film(3, "Ståle", 1999),
        Film(4, "七人", 1954),
    ]
    index = TitleIndex(Catalog(films, "test"))
    assert [match.movie_id for match in index.search("сталк", limit=2)] == [1, 2]
    assert index.search("сталкер альфа")[0] == TitleMatch(2, "Сталкер Альфа", 2001, 100.0)
    assert index.search("сталкер")[0] == TitleMatch(1, "Сталкер", 1979, 100.0)
    assert index.find("七人").verdict == "clear"


def test_no_films() -> None:
    assert TitleIndex(Catalog([], "test")).find("heat").verdict == "none"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The Silence of the Lambs", "silence of the lambs"),
        ("Silence of the Lambs, The", "silence of the lambs"),
        ("Godfather the", "godfather"),
        ("Boot, Das", "boot"),
        ("Avventura, L'", "avventura"),
        ("L’Avventura", "avventura"),
        ("Die Hard", "die hard"),
        ("The", "the"),
        ("Léon: The Professional", "leon the professional"),
        ("Ødipus & Œdipe", "odipus and oedipe"),
        ("Rocky III", "rocky 3"),
        ("V for Vendetta", "v for vendetta"),
        ("Alien³", "alien3"),
        ("M*A*S*H", "mash"),
        ("E.T. the Extra-Terrestrial", "et the extra terrestrial"),
        ("Ocean's Eleven", "oceans eleven"),
        ("Москва слезам не верит", "москва слезам не верит"),
    ],
)
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_names_on_several_pages_of_the_index_are_found_as_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = generate_films(200, "made up", np.random.default_rng(5))
    texts = [film.title[1:] for film in catalog]
    index = TitleIndex(catalog)
    on_one = [index.find(text) for text in texts]
    monkeypatch.setattr("recsys.titles.grams._BLOCK", 8)
    monkeypatch.setattr("recsys.titles.grams._PAGE", 64)
    paged = TitleIndex(catalog)
    assert [paged.find(text) for text in texts] == on_one
