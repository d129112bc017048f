"""A person's ratings, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from bot.library import Library
from storage import ratings
from storage.database import Database
from storage.films import Film

__all__ = ["PAGE", "History", "HistoryPage"]

PAGE = 10


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Ten ratings from `offset` on, of `total`."""

    offset: int
    total: int
    rated: tuple[tuple[Film, float], ...]


class History:
    """Reads only."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    async def page(self, person_id: int, offset: int) -> HistoryPage:
        """The page that begins at `offset`; the last one if ratings were removed and it is past the end."""
        async with self._database.read() as conn:
            total = await ratings.count(conn, person_id)
            offset = min(offset, max(0, (total - 1) // PAGE * PAGE))
            rows = await ratings.history(conn, person_id, offset=offset, limit=PAGE)
        return HistoryPage(offset, total, tuple((self._library.film(row.film_id), row.stars) for row in rows))
