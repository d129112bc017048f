"""Filters of a list, and those that stay: filled in on a panel, then applied."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bot.errors import StaleButton
from bot.films.library import Library
from storage.database import AsyncConnection, Database
from storage.people import filters as stored
from storage.people import lists
from storage.people.filters import NO_FILTERS, Fame, Filters, StoredPanel

_Item = TypeVar("_Item", str, int)
_FAME: dict[str, Fame] = {"known": "known", "any": "any", "deep": "deep"}


# Makes the list of a person anew with other filters, inside the caller's transaction; the new one's id.
Refine = Callable[[AsyncConnection, int, int, Filters, datetime], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class FilterPanel:
    """A panel as it is to be shown, with all there is to choose from. `list_id` is None for filters that
    stay."""

    id: int
    list_id: int | None
    filters: Filters
    genres: tuple[str, ...]
    decades: tuple[int, ...]


class Filtering:
    """What takes a connection runs inside the caller's transaction. Raises StaleButton for what belongs to
    somebody else or is gone, and for a panel that was applied already."""

    def __init__(self, database: Database, library: Library, refine: Refine) -> None:
        self._database = database
        self._library = library
        self._refine = refine

    async def open(self, conn: AsyncConnection, person_id: int, list_id: int | None, at: datetime) -> int:
        """A panel for a list of this person's, or for what stays (None); its id."""
        if list_id is None:
            filters = await stored.standing(conn, person_id)
        else:
            narrowed = await lists.get(conn, list_id)
            if narrowed is None or narrowed.person_id != person_id:
                raise StaleButton(f"no list {list_id} of person {person_id}")
            filters = await stored.of_list(conn, list_id)
        return await stored.open_panel(conn, person_id, list_id, filters, at)

    async def panel(self, person_id: int, panel_id: int) -> FilterPanel:
        """A panel as it is filled in so far."""
        async with self._database.read() as conn:
            found = await _own(conn, person_id, panel_id)
        library = self._library
        return FilterPanel(found.id, found.list_id, found.filters, library.genres, library.decades)

    async def set_genre(
        self, conn: AsyncConnection, person_id: int, panel_id: int, code: int, value: int
    ) -> None:
        """Want the genre of this code (1), films without it (-1), or neither (0)."""
        genre = self._library.genre(code)
        if value not in (-1, 0, 1):
            raise StaleButton(f"no choice {value} of a genre")
        await self._change(
            conn,
            person_id,
            panel_id,
            lambda filters: replace(
                filters,
                genres=_with(filters.genres, genre, value == 1),
                without=_with(filters.without, genre, value == -1),
            ),
        )

    async def set_decade(
        self, conn: AsyncConnection, person_id: int, panel_id: int, decade: int, on: bool
    ) -> None:
        """Want films of this decade, or no longer."""
        if decade not in self._library.decades:
            raise StaleButton(f"no films of the decade {decade}")
        await self._change(
            conn,
            person_id,
            panel_id,
            lambda filters: replace(filters, decades=_with(filters.decades, decade, on)),
        )

    async def set_fame(self, conn: AsyncConnection, person_id: int, panel_id: int, fame: str) -> None:
        """How well known: "known", "any" or "deep"."""
        if fame not in _FAME:
            raise StaleButton(f"no such step: {fame!r}")
        await self._change(conn, person_id, panel_id, lambda filters: replace(filters, fame=_FAME[fame]))

    async def clear(self, conn: AsyncConnection, person_id: int, panel_id: int) -> None:
        """Choose nothing."""
        await self._change(conn, person_id, panel_id, lambda _: NO_FILTERS)

    async def apply(self, conn: AsyncConnection, person_id: int, panel_id: int, at: datetime) -> int | None:
        """Make the list anew, once; the new one's id, or None where the filters stay for all lists."""
        panel = await _own(conn, person_id, panel_id)
        if panel.list_id is None:
            await stored.keep_standing(conn, person_id, panel.filters)
            return None
        if panel.made_list_id is not None:
            return panel.made_list_id
        list_id = await self._refine(conn, person_id, panel.list_id, panel.filters, at)
        await stored.made(conn, panel_id, list_id)
        return list_id

    async def _change(
        self, conn: AsyncConnection, person_id: int, panel_id: int, change: Callable[[Filters], Filters]
    ) -> None:
        panel = await _own(conn, person_id, panel_id)
        if panel.made_list_id is not None:
            raise StaleButton(f"panel {panel_id} was applied")
        await stored.change(conn, panel_id, change(panel.filters))


def _with(items: Iterable[_Item], item: _Item, on: bool) -> tuple[_Item, ...]:
    others = {each for each in items if each != item}
    return tuple(sorted(others | {item} if on else others))


async def _own(conn: AsyncConnection, person_id: int, panel_id: int) -> StoredPanel:
    found = await stored.panel(conn, panel_id)
    if found is None or found.person_id != person_id:
        raise StaleButton(f"no filter panel {panel_id} of person {person_id}")
    return found
