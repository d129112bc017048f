"""What a training learns from, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import insert, update

from storage.database import Database
from storage.people import ratings
from storage.running import evidence
from storage.running.evidence import Evidence, News
from storage.schema import additions, films, merges, standings

Minute = Callable[[int], datetime]


async def test_ratings_come_in_chunks_without_what_is_muted_or_has_no_number(
    database: Database, film_ids: list[int], ann: int, bob: int, minute: Minute
) -> None:
    async with database.write() as conn:
        for at, film_id in enumerate(film_ids):
            await ratings.rate(conn, ann, film_id, 0.5 + at / 2, minute(at))
        await ratings.rate(conn, bob, film_ids[0], 5.0, minute(9))
        await ratings.mute(conn, ann, film_ids[1], minute(9))
        gone = update(films).where(films.c.id == film_ids[2])
        await conn.execute(gone.values(source_id=None))
    async with database.read() as conn:
        chunks = [list(chunk) async for chunk in evidence.in_chunks(conn, "tiny", 2)]
        other = [chunk async for chunk in evidence.in_chunks(conn, "another", 2)]
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert [each for chunk in chunks for each in chunk] == [
        Evidence(ann, 900, 0.5, minute(0)),
        Evidence(ann, 1, 2.0, minute(3)),
        Evidence(ann, 333, 2.5, minute(4)),
        Evidence(ann, 8, 3.0, minute(5)),
        Evidence(bob, 900, 5.0, minute(9)),
    ]
    assert other == []


async def test_what_is_new_since_a_moment(
    database: Database, film_ids: list[int], ann: int, minute: Minute
) -> None:
    async with database.write() as conn:
        await ratings.rate(conn, ann, film_ids[0], 4.0, minute(1))
        await ratings.rate(conn, ann, film_ids[1], 4.0, minute(3))
        assert await evidence.news(conn, minute(2)) == News(1, 0, 0)
        assert not await evidence.news(conn, minute(3))
        await ratings.rate(conn, ann, film_ids[0], 2.0, minute(4))  # another opinion is news, too
        await conn.execute(insert(additions).values(film_id=film_ids[2], added_at=minute(5)))
        await conn.execute(
            insert(merges).values(film_id=film_ids[3], into_id=film_ids[4], merged_at=minute(5))
        )
        judged = {"person_id": ann, "state": "kept_out", "why": "admin", "since": minute(5)}
        await conn.execute(insert(standings).values(judged))
        assert await evidence.news(conn, minute(3)) == News(1, 2, 1)
