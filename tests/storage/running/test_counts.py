"""How much there is of everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert

from storage.database import Database
from storage.people import ratings
from storage.running import counts
from storage.running.counts import FilmCounts, PeopleCounts
from storage.schema import additions, flags, merges, standings

Minute = Callable[[int], datetime]


async def test_nothing_is_counted_where_there_is_nothing(database: Database, minute: Minute) -> None:
    async with database.read() as conn:
        assert await counts.people(conn, minute(0)) == PeopleCounts(0, 0, 0, 0, 0, 0)
        assert await counts.films(conn) == FilmCounts(0, 0, 0)


async def test_people_and_ratings_are_counted(
    database: Database, minute: Minute, ann: int, bob: int, film_ids: list[int]
) -> None:
    now = minute(0) + timedelta(days=7)
    async with database.write() as conn:
        await ratings.rate(conn, ann, film_ids[0], 4.0, minute(0))  # seven days ago: not lately
        await ratings.rate(conn, bob, film_ids[0], 4.0, minute(1))
        await ratings.rate(conn, bob, film_ids[1], 2.0, minute(2))
        kept_out = {"person_id": ann, "state": "kept_out", "why": "admin", "since": minute(0)}
        await conn.execute(insert(standings).values(kept_out))
        await conn.execute(insert(standings).values({**kept_out, "person_id": bob, "state": "let_in"}))
        flag = {"kinds": ["burst"], "film_ids": film_ids[:1], "evidence": {}, "found_at": minute(0)}
        await conn.execute(insert(flags).values([{**flag, "state": s} for s in ("open", "open", "let_in")]))
    async with database.read() as conn:
        assert await counts.people(conn, now) == PeopleCounts(2, 2, 1, 3, kept_out=1, flagged=2)


async def test_films_are_counted(database: Database, minute: Minute, film_ids: list[int]) -> None:
    async with database.write() as conn:
        await conn.execute(insert(additions).values(film_id=film_ids[0], added_at=minute(0)))
        merged = {"film_id": film_ids[1], "into_id": film_ids[2], "merged_at": minute(0)}
        await conn.execute(insert(merges).values(merged))
    async with database.read() as conn:
        assert await counts.films(conn) == FilmCounts(films=6, added=1, merged=1)
