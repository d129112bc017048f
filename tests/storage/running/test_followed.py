"""The message that shows how far a training is: which there are, and which chat follows one no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from storage.database import AsyncConnection, Database
from storage.running import jobs

Minute = Callable[[int], datetime]
ROOT, AUX = 7_000_000_001, 42


async def shown(conn: AsyncConnection) -> list[tuple[int, int | None, int | None]]:
    return [(job.id, job.chat_id, job.message_id) for job in await jobs.followed(conn)]


async def test_a_training_is_followed_until_its_message_says_how_it_ended(
    database: Database, minute: Minute
) -> None:
    async with database.write() as conn:
        job = await jobs.add(conn, "fine", "command", minute(0), ROOT)
        assert job is not None
        assert await shown(conn) == []
        await jobs.follow(conn, job.id, ROOT)
        assert await shown(conn) == [(job.id, ROOT, None)]
        await jobs.place(conn, job.id, ROOT, 17)
        assert await shown(conn) == [(job.id, ROOT, 17)]
        await jobs.claim(conn, "here", minute(0), timedelta(minutes=1))
        await jobs.finish(conn, job.id, "here", "failed", minute(1), error="no room")
        assert await shown(conn) == [(job.id, ROOT, 17)]
        await jobs.unfollow(conn, job.id)
        assert await shown(conn) == []


async def test_a_message_is_kept_only_of_the_chat_that_follows(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        job = await jobs.add(conn, "fine", "schedule", minute(0))
        assert job is not None
        await jobs.follow(conn, job.id, ROOT)
        await jobs.place(conn, job.id, ROOT, 17)
        await jobs.follow(conn, job.id, AUX)
        assert await shown(conn) == [(job.id, AUX, None)]
        await jobs.place(conn, job.id, ROOT, 18)
        assert await shown(conn) == [(job.id, AUX, None)]
        await jobs.place(conn, job.id, AUX, 3)
        await jobs.place(conn, job.id, AUX, None)  # somebody deleted it
        assert await shown(conn) == [(job.id, AUX, None)]
        await jobs.unfollow(conn, job.id)
        await jobs.place(conn, job.id, AUX, 4)  # too late
        assert await shown(conn) == []
