"""Catalogued titles, taken apart: real lines of MovieLens."""

from __future__ import annotations

import pytest

from recsys.data.sources.cataloguing import CataloguedTitle, parse_genres, parse_title

TITLES: dict[str, tuple[str, int | None, list[str]]] = {
    "Heat (1995)": ("Heat", 1995, []),
    "Silence of the Lambs, The (1991)": ("The Silence of the Lambs", 1991, ["Silence of the Lambs, The"]),
    "City of Lost Children, The (Cité des enfants perdus, La) (1995)": (
        "The City of Lost Children",
        1995,
        ["La Cité des enfants perdus", "City of Lost Children, The"],
    ),
    "Seven (a.k.a. Se7en) (1995)": ("Seven", 1995, ["Se7en"]),
    "European Vacation (aka National Lampoon's European Vacation) (1985)": (
        "European Vacation",
        1985,
        ["National Lampoon's European Vacation"],
    ),
    "Bicycle Thieves (a.k.a. The Bicycle Thief) (a.k.a. The Bicycle Thieves) (Ladri di biciclette) (1948)": (
        "Bicycle Thieves",
        1948,
        ["The Bicycle Thief", "The Bicycle Thieves", "Ladri di biciclette"],
    ),
    "Avventura, L' (Adventure, The) (1960)": ("L'Avventura", 1960, ["The Adventure", "Avventura, L'"]),
    "Boot, Das (Boat, The) (1981)": ("Das Boot", 1981, ["The Boat", "Boot, Das"]),
    "Vitelloni, I (a.k.a. The Young and the Passionate) (1953)": (
        "I Vitelloni",
        1953,
        ["The Young and the Passionate", "Vitelloni, I"],
    ),
    "Passion of Anna, The (Passion, En) (1969)": (
        "The Passion of Anna",
        1969,
        ["En Passion", "Passion of Anna, The"],
    ),
    "Beat That My Heart Skipped, The (battre mon coeur s'est arrêté, De) (2005)": (
        "The Beat That My Heart Skipped",
        2005,
        ["De battre mon coeur s'est arrêté", "Beat That My Heart Skipped, The"],
    ),
    "Dark Portals: The Chronicles of Vidocq  (Vidocq) (2001)": (
        "Dark Portals: The Chronicles of Vidocq",
        2001,
        ["Vidocq"],
    ),
    "Assembly (Ji jie hao) (2007) ": ("Assembly", 2007, ["Ji jie hao"]),
    "Babylon 5": ("Babylon 5", None, []),
    "Death Note: Desu nôto (2006–2007)": ("Death Note: Desu nôto", 2006, []),
    "Fawlty Towers (1975-": ("Fawlty Towers", 1975, []),
    "Land Before Time III: The Time of the Great Giving (1995) (V)": (
        "Land Before Time III: The Time of the Great Giving",
        1995,
        [],
    ),
    "(500) Days of Summer (2009)": ("(500) Days of Summer", 2009, []),
    "(Untitled) (2009)": ("(Untitled)", 2009, []),
    "(2009)": ("(2009)", None, []),
    "Frontière(s) (2007)": ("Frontière(s)", 2007, []),
    "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)": (
        "Birdman: Or (The Unexpected Virtue of Ignorance)",
        2014,
        [],
    ),
    "Evangelion: 3.0 You Can (Not) Redo (2012)": ("Evangelion: 3.0 You Can (Not) Redo", 2012, []),
    "[REC]³ 3 Génesis (2012)": ("[REC]³ 3 Génesis", 2012, []),
    "Monsters, Inc. (2001)": ("Monsters, Inc.", 2001, []),
    "Paris, Texas (1984)": ("Paris, Texas", 1984, []),
    "10,000 BC (2008)": ("10,000 BC", 2008, []),
    "1984 (Nineteen Eighty-Four) (1984)": ("1984", 1984, ["Nineteen Eighty-Four"]),
    "2001: A Space Odyssey (1968)": ("2001: A Space Odyssey", 1968, []),
    "Nothing () (1999)": ("Nothing", 1999, []),
    "Unbalanced) (1999)": ("Unbalanced)", 1999, []),
}


@pytest.mark.parametrize("text", TITLES)
def test_parse_title(text: str) -> None:
    title, year, alternatives = TITLES[text]
    assert parse_title(text) == CataloguedTitle(title, year, tuple(alternatives))


@pytest.mark.parametrize(
    ("names", "genres"),
    [
        (["Drama", "Children's", "Sci-Fi"], ("Drama", "Children", "Sci-Fi")),
        (["(no genres listed)"], ()),
        (["unknown"], ()),
        (["Comedy", " Comedy ", ""], ("Comedy",)),
    ],
)
def test_parse_genres(names: list[str], genres: tuple[str, ...]) -> None:
    assert parse_genres(names) == genres
