from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.database import Database
from storage.people import watchlist

Minute = Callable[[int], datetime]


async def test_newest_first_in_pages(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat, jaws, fargo, alien, _, _ = film_ids
    async with database.write() as conn:
        await watchlist.add(conn, ann, jaws, minute(0))
        await watchlist.add(conn, ann, alien, minute(1))
        await watchlist.add(conn, ann, heat, minute(1))
        await watchlist.add(conn, bob, fargo, minute(2))
    async with database.read() as conn:
        assert await watchlist.page(conn, ann, offset=0, limit=2) == [heat, alien]
        assert await watchlist.page(conn, ann, offset=2, limit=2) == [jaws]
        assert await watchlist.count(conn, ann) == 3
        assert await watchlist.of(conn, ann) == {heat, jaws, alien}
        assert await watchlist.of(conn, bob) == {fargo}


async def test_added_twice_it_keeps_its_place_and_is_removed_once(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat, jaws = film_ids[:2]
    async with database.write() as conn:
        await watchlist.add(conn, ann, heat, minute(0))
        await watchlist.add(conn, ann, jaws, minute(1))
        await watchlist.add(conn, ann, heat, minute(2))
        await watchlist.add(conn, bob, heat, minute(2))
        assert await watchlist.page(conn, ann, offset=0, limit=9) == [jaws, heat]
        assert await watchlist.remove(conn, ann, heat)
        assert not await watchlist.remove(conn, ann, heat)
        assert await watchlist.of(conn, ann) == {jaws}
        assert await watchlist.of(conn, bob) == {heat}
