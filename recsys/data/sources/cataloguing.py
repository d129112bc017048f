"""How MovieLens writes titles, and what people call the same films.

"City of Lost Children, The (Cité des enfants perdus, La) (1995)" is catalogued form: the article behind its
title, other titles in brackets, the year last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

_ARTICLES = (
    "The|An|A"  # English
    "|Les|Le|La|L'|Une|Un"  # French
    "|Il|Gli|Lo|I|Uno|Una"  # Italian
    "|El|Los|Las"  # Spanish
    "|Der|Die|Das|Eine|Ein"  # German
    "|Den|Det|De|Ett|En|Et"  # Scandinavian
    "|Het|Een|Os|As|O|Uma|Um|Da"  # Dutch, Portuguese, and the Hip Hop Witch
)
_TRAILING_ARTICLE = re.compile(rf"(?P<rest>.*\S), (?P<article>{_ARTICLES})")
# Also (2006–2007), and without the last bracket.
_YEAR = re.compile(r"\s*\((?P<year>\d{4})(?:\s*[-–—]\s*(?:\d{4})?)?\s*\)?$")
_VIDEO = re.compile(r"(?<=\))\s*\((?:V|TV|VG)\)$")  # IMDb's marks, behind the year
_ALSO_KNOWN_AS = re.compile(r"a\.?k\.?a\.?:?\s+", re.IGNORECASE)
# "Birdman: Or (The Unexpected Virtue …)" is one title.
_UNFINISHED = re.compile(r"(?:\bor|[:,])$", re.IGNORECASE)
_FIRST_YEAR, _YEARS_AHEAD = 1870, 10  # before, there is no film; after, somebody mistyped
_GENRES_OF_NOTHING = {"", "unknown", "(no genres listed)"}
# ml-100k's and ml-1m's name: an answer must survive a change of data set.
_GENRE_NAMES = {"Children's": "Children"}


@dataclass(frozen=True, slots=True)
class CataloguedTitle:
    """A title taken apart. `alternatives`: bracketed titles and, where it differs, the catalogued form."""

    title: str
    year: int | None
    alternatives: tuple[str, ...]


def parse_title(text: str) -> CataloguedTitle:
    """Take a catalogued title apart: "Postman, The (Postino, Il) (1994)" → The Postman, 1994, Il Postino."""
    rest = _VIDEO.sub("", " ".join(text.split()))
    found = _YEAR.search(rest)
    year = year_of(found["year"]) if found and found.start() else None
    if found and year is None and found.start():
        return CataloguedTitle(rest, None, ())  # "Title (9995)": it is no year, nor another title
    if found and found.start():
        rest = rest[: found.start()]
    head, brackets = _split_brackets(rest)
    title = natural_order(head)
    others = [natural_order(_ALSO_KNOWN_AS.sub("", bracket, count=1)) for bracket in brackets]
    names = dict.fromkeys([*others, head])
    names.pop(title, None)
    return CataloguedTitle(title, year, tuple(names))


@lru_cache(maxsize=256)
def year_of(text: str) -> int | None:
    """The year that four digits say; None where no film is of it: before 1870, or years from now."""
    if not (len(text) == 4 and text.isascii() and text.isdecimal()):
        return None
    return int(text) if _FIRST_YEAR <= int(text) <= datetime.now(UTC).year + _YEARS_AHEAD else None


def split_genres(cells: Collection[str]) -> Callable[[str], list[str]]:
    """How to split the genres of a film, by those of all of them: at | if any has one, else at ; , or /.

    Where all are parted by |, a comma or slash belongs to a genre.
    """
    between = next((sign for sign in "|;,/" if any(sign in cell for cell in cells)), "|")
    return lambda cell: cell.split(between)


def natural_order(title: str) -> str:
    """Put a trailing article in front: "Silence of the Lambs, The" → "The Silence of the Lambs"."""
    match = _TRAILING_ARTICLE.fullmatch(title)
    if match is None:
        return title
    space = "" if match["article"].endswith("'") else " "
    return f"{match['article']}{space}{match['rest']}"


def parse_genres(names: list[str]) -> tuple[str, ...]:
    """Genres under one name in all data sets, in their order; the marks for "none" give ()."""
    cleaned = (name.strip() for name in names)
    return tuple(
        dict.fromkeys(
            _GENRE_NAMES.get(name, name) for name in cleaned if name.casefold() not in _GENRES_OF_NOTHING
        )
    )


def _split_brackets(text: str) -> tuple[str, list[str]]:
    """Cut bracketed groups off the end; one that is all of the title, or touches a word, belongs to it."""
    groups: list[str] = []
    while text.endswith(")"):
        depth = 0
        start = len(text)
        for start in range(len(text) - 1, -1, -1):
            depth += (text[start] == ")") - (text[start] == "(")
            if depth == 0:
                break
        head = text[:start].rstrip()
        if head == text[:start] or _UNFINISHED.search(head):
            break
        groups.insert(0, text[start + 1 : -1].strip())
        text = head
    return text, [group for group in groups if group]
