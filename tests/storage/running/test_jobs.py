"""Trainings: one at a time, whoever holds them, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.errors import WrongState
from storage.running import jobs
from storage.running.jobs import Job
from storage.schema import jobs as rows

Minute = Callable[[int], datetime]
LEASE = timedelta(minutes=1)


async def asked(database: Database, minute: Minute, kind: jobs.Kind = "full") -> Job:
    async with database.write() as conn:
        job = await jobs.add(conn, kind, "command", minute(0), asked_by=7)
    assert job is not None
    return job


async def claimed(database: Database, owner: str, at: datetime) -> Job | None:
    async with database.write() as conn:
        return await jobs.claim(conn, owner, at, LEASE)


async def test_one_at_a_time(database: Database, minute: Minute) -> None:
    first = await asked(database, minute)
    assert (first.state, first.kind, first.asked_by, first.attempts) == ("waiting", "full", 7, 0)
    async with database.write() as conn:
        assert await jobs.add(conn, "fine", "schedule", minute(1)) is None
        await jobs.claim(conn, "bot", minute(1), LEASE)
        assert await jobs.add(conn, "fine", "schedule", minute(1)) is None
        await jobs.finish(conn, first.id, "bot", "failed", minute(2), error="no memory")
        second = await jobs.add(conn, "fine", "schedule", minute(3))
        assert second is not None
        assert [job.id for job in await jobs.last(conn, 5)] == [second.id, first.id]
        assert await jobs.unfinished(conn) == second
        ended = await jobs.get(conn, first.id)
    assert ended is not None
    assert (ended.state, ended.error, ended.lease_until) == ("failed", "no memory", None)


async def test_the_database_itself_allows_but_one(database: Database, minute: Minute) -> None:
    await asked(database, minute)
    other = {"slot": 1, "kind": "full", "reason": "command", "state": "waiting", "attempts": 0, "stop": False}
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await conn.execute(insert(rows).values(**other, created_at=minute(0)))


async def test_of_many_processes_one_gets_it(database: Database, minute: Minute) -> None:
    job = await asked(database, minute)
    got = await asyncio.gather(*(claimed(database, f"worker:{n}", minute(1)) for n in range(4)))
    (mine,) = [each for each in got if each is not None]
    assert (mine.id, mine.state, mine.attempts, mine.started_at) == (job.id, "running", 1, minute(1))
    assert mine.lease_until == minute(1) + LEASE


async def test_a_process_that_gives_no_sign_of_life_loses_it(database: Database, minute: Minute) -> None:
    job = await asked(database, minute)
    await claimed(database, "worker:a", minute(1))
    async with database.write() as conn:
        await jobs.beat(conn, job.id, "worker:a", minute(4))
    assert await claimed(database, "worker:b", minute(4)) is None
    taken = await claimed(database, "worker:b", minute(4) + timedelta(seconds=1))
    assert taken is not None
    assert (taken.owner, taken.attempts, taken.started_at) == ("worker:b", 2, minute(1))
    for change in (
        lambda conn: jobs.beat(conn, job.id, "worker:a", minute(9)),
        lambda conn: jobs.report(conn, job.id, "worker:a", "training"),
        lambda conn: jobs.finish(conn, job.id, "worker:a", "done", minute(9), version=2, outcome="promoted"),
    ):
        with pytest.raises(WrongState, match="not held by worker:a any more"):
            async with database.write() as conn:
                await change(conn)


async def test_what_a_process_of_one_name_held_before_is_its_own_at_once(
    database: Database, minute: Minute
) -> None:
    await asked(database, minute)
    await claimed(database, "bot", minute(1))
    again = await claimed(database, "bot", minute(1))
    assert again is not None
    assert again.attempts == 2


async def test_given_back_it_waits_and_the_attempt_is_not_counted(database: Database, minute: Minute) -> None:
    job = await asked(database, minute)
    await claimed(database, "worker:a", minute(1))
    async with database.write() as conn:
        await jobs.report(conn, job.id, "worker:a", "training", {"done": 0.5})
        await jobs.release(conn, job.id, "worker:b")  # somebody else's
        assert (await jobs.get(conn, job.id) or job).state == "running"
        await jobs.release(conn, job.id, "worker:a")
        freed = await jobs.get(conn, job.id)
    assert freed is not None
    assert (freed.state, freed.owner, freed.lease_until) == ("waiting", None, None)
    assert (freed.attempts, freed.phase, freed.progress) == (0, None, None)
    assert await claimed(database, "worker:b", minute(1)) is not None


async def test_how_far_it_is(database: Database, minute: Minute) -> None:
    job = await asked(database, minute)
    await claimed(database, "bot", minute(1))
    progress = {"part": "stars", "done": 0.25, "curve": [[1.5, None], [1.2, 1.3]]}
    async with database.write() as conn:
        await jobs.report(conn, job.id, "bot", "training", progress)
        await jobs.follow(conn, job.id, 42)
        await jobs.place(conn, job.id, 42, 99)
        found = await jobs.get(conn, job.id)
    assert found is not None
    assert (found.phase, found.progress, found.chat_id, found.message_id) == ("training", progress, 42, 99)


async def test_stopped_at_once_while_it_waits_and_when_its_process_hears_of_it(
    database: Database, minute: Minute
) -> None:
    job = await asked(database, minute)
    async with database.write() as conn:
        assert await jobs.ask_to_stop(conn, job.id, minute(1))
        assert (await jobs.get(conn, job.id) or job).state == "stopped"
        assert await jobs.unfinished(conn) is None
        assert not await jobs.ask_to_stop(conn, job.id, minute(2))
    job = await asked(database, minute)
    await claimed(database, "bot", minute(1))
    async with database.write() as conn:
        assert not await jobs.beat(conn, job.id, "bot", minute(2))
        assert await jobs.ask_to_stop(conn, job.id, minute(2))
        assert await jobs.beat(conn, job.id, "bot", minute(3))


async def test_the_last_of_a_kind_is_one_that_came_to_its_end(database: Database, minute: Minute) -> None:
    async def ended(kind: jobs.Kind, state: str) -> int:
        job = await asked(database, minute, kind)
        await claimed(database, "bot", minute(1))
        async with database.write() as conn:
            if state == "done":
                await jobs.finish(conn, job.id, "bot", "done", minute(2), version=job.id, outcome="refused")
            else:
                await jobs.finish(conn, job.id, "bot", "failed", minute(2), error="why")
        return job.id

    full = await ended("full", "done")
    await ended("full", "failed")
    await ended("fine", "done")
    async with database.read() as conn:
        found = await jobs.last_of(conn, "full")
    assert found is not None
    assert (found.id, found.outcome, found.version) == (full, "refused", full)
