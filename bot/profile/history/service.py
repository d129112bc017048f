"""A person's ratings, newest first, and a search among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import StaleButton
from bot.films.library import Library
from recsys.data.catalog import Catalog
from recsys.data.catalog import Film as NamedFilm
from recsys.titles import FOUND, TitleIndex
from storage.database import AsyncConnection, Database
from storage.films.films import Film
from storage.people import lists, ratings
from storage.people.ratings import Rating

PAGE = 10
_LONGEST_SEARCH = 200
_YEARS = re.compile(r"(?P<year>(?:18|19|20)[0-9]{2})|(?P<decade>(?:(?:18|19|20)[0-9]|[0-9])0)'?s")


@dataclass(frozen=True, slots=True)
class Rated:
    """A film with the person's stars; `muted`: the rating is no evidence of taste."""

    film: Film
    stars: float
    muted: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched for, and the id under which it is kept."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Ten ratings from `offset` on, of `total`: of all, or of those that `search` found."""

    offset: int
    total: int
    rated: tuple[Rated, ...]
    search: Search | None = None


class History:
    """Reads; what takes a connection runs inside the caller's transaction."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    async def page(self, person_id: int, offset: int) -> HistoryPage:
        """The page that begins at `offset`; the last one if ratings were removed and it is past the end."""
        async with self._database.read() as conn:
            total = await ratings.count(conn, person_id)
            offset = _within(offset, total)
            rows = await ratings.history(conn, person_id, offset=offset, limit=PAGE)
            muted = await ratings.muted_of(conn, person_id)
        return HistoryPage(offset, total, self._rated(rows, muted))

    async def search(self, conn: AsyncConnection, person_id: int, text: str, at: datetime) -> int:
        """Keep what is searched for, so that its pages can be turned; its id."""
        return await lists.create(conn, person_id, "search", [], at, query=text[:_LONGEST_SEARCH])

    async def found(self, person_id: int, search_id: int, offset: int) -> HistoryPage:
        """A page of what a search finds by now. Raises StaleButton for somebody else's search."""
        async with self._database.read() as conn:
            search = await lists.get(conn, search_id)
            if search is None or search.person_id != person_id or search.query is None:
                raise StaleButton(f"no search {search_id} of person {person_id}")
            rows = self._matching(await ratings.every(conn, person_id), search.query)
            muted = await ratings.muted_of(conn, person_id)
        offset = _within(offset, len(rows))
        page = self._rated(rows[offset : offset + PAGE], muted)
        return HistoryPage(offset, len(rows), page, Search(search_id, search.query))

    def _matching(self, rows: Sequence[Rating], text: str) -> list[Rating]:
        """The ratings that a text means: of a genre, a year or a decade, or by title with the best first."""
        films = {row.film_id: self._library.film(row.film_id) for row in rows}
        wanted = " ".join(text.split()).casefold()
        years = _years(wanted)
        scores = _titles(list(films.values()), text)
        for film in films.values():
            if film.year in years or wanted in (genre.casefold() for genre in film.genres):
                scores[film.id] = max(scores.get(film.id, 0.0), FOUND)
        hits = [row for row in rows if row.film_id in scores]
        return sorted(hits, key=lambda row: -scores[row.film_id])  # stable: newest first among equals

    def _rated(self, rows: Sequence[Rating], muted: set[int]) -> tuple[Rated, ...]:
        return tuple(Rated(self._library.film(row.film_id), row.stars, row.film_id in muted) for row in rows)


def _within(offset: int, total: int) -> int:
    return min(offset, max(0, (total - 1) // PAGE * PAGE))


def _years(wanted: str) -> range:
    """The years of "1995", "1990s" or "90s"; of any other text none."""
    match = _YEARS.fullmatch(wanted)
    if match is None:
        return range(0)
    if match["year"]:
        return range(int(match["year"]), int(match["year"]) + 1)
    first = int(match["decade"])
    if first < 100:
        first += 2000 if first < 30 else 1900
    return range(first, first + 10)


def _titles(films: Sequence[Film], text: str) -> dict[int, float]:
    """Scores of the films whose titles match."""
    named = [
        NamedFilm(film.id, film.title, film.year, film.genres, alternatives=film.alternatives)
        for film in films
    ]
    matches = TitleIndex(Catalog(named, "history")).search(text, limit=len(named))
    return {match.movie_id: match.score for match in matches if match.score >= FOUND}
