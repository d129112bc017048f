"""Rows in bulk for who watches the loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import insert

from storage import schema
from storage.database import Database
from storage.people import exposures, lists, ratings, watchlist
from storage.people.lists import Shown

T = TypeVar("T")
PART = timedelta(seconds=0.7)
Minute = Callable[[int], datetime]


async def _all(helpings: AsyncIterator[Sequence[T]]) -> list[T]:
    return [row async for rows in helpings for row in rows]


async def test_exposures_of_a_span_and_of_some_surfaces(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat, jaws, fargo = film_ids[:3]
    async with database.write() as conn:
        await lists.create(conn, ann, "recommend", [Shown(jaws, 1)], minute(0))
        await lists.create(conn, bob, "recommend", [Shown(jaws, 1), Shown(heat, 2)], minute(1))
        await lists.create(conn, ann, "search", [Shown(fargo, 1)], minute(2))
        await lists.create(conn, ann, "similar", [Shown(jaws, 1)], minute(3) + PART)
        await lists.expose(conn, ann, fargo, "card", minute(3))
        await lists.create(conn, ann, "recommend", [Shown(fargo, 1)], minute(4))
    async with database.read() as conn:
        found = await _all(exposures.shown(conn, ("recommend", "similar"), minute(1), minute(4)))
        cards = await _all(exposures.shown(conn, ("card",), minute(0), minute(9)))
        assert await exposures.first_shown(conn, ("similar", "card")) == minute(3)
        assert await exposures.first_shown(conn, ("question",)) is None
    first, last = int(minute(1).timestamp()), int(minute(3).timestamp())
    assert found == [(bob, jaws, first), (bob, heat, first), (ann, jaws, last)]
    assert cards == [(ann, fargo, last)]


async def test_ratings_and_wishes_of_everybody(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat, jaws, fargo = film_ids[:3]
    async with database.write() as conn:
        await ratings.rate(conn, ann, jaws, 2.5, minute(0))
        await ratings.rate(conn, bob, heat, 4, minute(1))
        await ratings.rate(conn, ann, fargo, 5, minute(2))
        await ratings.rate(conn, ann, jaws, 3, minute(1))
        for at, film in enumerate((heat, jaws, fargo)):
            await watchlist.add(conn, bob, film, minute(at))
    async with database.read() as conn:
        stars = await _all(exposures.rated(conn, minute(2)))
        wishes = await _all(exposures.wished(conn, minute(1), minute(2)))
    at = int(minute(1).timestamp())
    assert sorted(stars) == sorted([(ann, jaws, 3.0, at), (bob, heat, 4.0, at)])
    assert wishes == [(bob, jaws, at)]


async def test_many_rows_come_some_at_a_time(
    database: Database, ann: int, film_ids: list[int], minute: Minute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposures, "AT_ONCE", 40)
    rows = [
        {"person_id": ann, "film_id": film_ids[at % 6], "surface": "card", "shown_at": minute(at)}
        for at in range(100)
    ]
    async with database.write() as conn:
        await conn.execute(insert(schema.exposures), rows)
    async with database.read() as conn:
        helpings = [rows async for rows in exposures.shown(conn, ["card"], minute(0), minute(100))]
    assert [len(rows) for rows in helpings] == [40, 40, 20]
    assert [row[2] for rows in helpings for row in rows] == [minute(at).timestamp() for at in range(100)]
