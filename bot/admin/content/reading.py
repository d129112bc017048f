"""What an admin types of films: "Anora (2024) Comedy, Drama", "Seven (1995) = Se7en (1995)"."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from recsys.data.sources.cataloguing import year_of

_FILM = re.compile(r"\s*(?P<title>.+?)\s*\((?P<year>\d{4})\)\s*(?P<genres>.*)", re.DOTALL)
_BETWEEN_GENRES = re.compile(r"[,;|/]+")
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """A film as it was typed; `strange` are words that are no genre here, as they were typed."""

    title: str
    year: int
    genres: tuple[str, ...]
    strange: tuple[str, ...]


def read_film(text: str, genres: Collection[str]) -> Typed | None:
    """Title (Year) genres; None where that is not what was typed.

    Genres may be parted by commas or by spaces, in any case, and are given in the spelling of `genres`.
    """
    match = _FILM.fullmatch(" ".join(text.split()))
    if match is None or len(match["title"]) > _LONGEST_TITLE:
        return None
    year = year_of(match["year"])
    if year is None:
        return None
    spelling = {genre.casefold(): genre for genre in genres}
    words = [word.strip() for word in _BETWEEN_GENRES.split(match["genres"]) if word.strip()]
    if len(words) == 1 and words[0].casefold() not in spelling:
        words = words[0].split()
    known = [spelling[word.casefold()] for word in words if word.casefold() in spelling]
    strange = [word for word in words if word.casefold() not in spelling]
    return Typed(match["title"], year, tuple(dict.fromkeys(known)), tuple(strange))


def read_pair(text: str) -> tuple[str, str] | None:
    """The two titles on both sides of `=`; None where that is not what was typed.

    Where a title holds the sign itself, the one with spaces around it parts them.
    """
    for sign in (" = ", "="):
        one, found, other = text.partition(sign)
        if found and one.strip() and other.strip():
            return one.strip(), other.strip()
    return None
