"""A person's watchlist, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.films.library import Library
from storage.database import AsyncConnection, Database
from storage.films.films import Film
from storage.people import marks, watchlist

PAGE = 10


@dataclass(frozen=True, slots=True)
class WatchlistPage:
    """Ten films from `offset` on, of `total`."""

    offset: int
    total: int
    films: tuple[Film, ...]


class Watchlist:
    """What takes a connection runs inside the caller's transaction."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    async def put(self, conn: AsyncConnection, person_id: int, film_id: int, on: bool, at: datetime) -> None:
        """Add a film, or take it off. Who wants to watch it is interested: "not interested" goes."""
        self._library.film(film_id)
        if on:
            await watchlist.add(conn, person_id, film_id, at)
            await marks.take_back(conn, person_id, film_id, "refused")
        else:
            await watchlist.remove(conn, person_id, film_id)

    async def page(self, person_id: int, offset: int) -> WatchlistPage:
        """The page that begins at `offset`; the last one if films were removed and it is past the end."""
        async with self._database.read() as conn:
            total = await watchlist.count(conn, person_id)
            offset = min(offset, max(0, (total - 1) // PAGE * PAGE))
            film_ids = await watchlist.page(conn, person_id, offset=max(0, offset), limit=PAGE)
        return WatchlistPage(max(0, offset), total, tuple(self._library.film(each) for each in film_ids))
