"""Messages to admins: each once, in order, and known to have been tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.database import Database
from storage.running import notices
from storage.running.notices import Notice

Minute = Callable[[int], datetime]
ROOT, AUX = 7_000_000_001, 42


async def told(database: Database, at: datetime) -> list[Notice]:
    async with database.read() as conn:
        return await notices.due(conn, at)


async def test_each_admin_is_told_what_is_due_in_order(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await notices.add(conn, [ROOT, AUX], "outcome", {"job": 2, "verdict": None}, minute(5))
        await notices.add(conn, [AUX], "broken", {"version": 3}, minute(1))
        await notices.add(conn, [], "broken", {"version": 4}, minute(1))
    assert await told(database, minute(0)) == []
    assert [(n.telegram_id, n.kind) for n in await told(database, minute(1))] == [(AUX, "broken")]
    every = await told(database, minute(5))
    assert [(n.telegram_id, n.kind) for n in every] == [
        (AUX, "broken"),
        (ROOT, "outcome"),
        (AUX, "outcome"),
    ]
    assert every[1].payload == {"job": 2, "verdict": None}
    assert (every[1].state, every[1].attempts, every[1].due_at) == ("waiting", 0, minute(5))


async def test_what_has_a_key_is_told_once_to_each_admin(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await notices.add(conn, [ROOT], "outcome", {"n": 1}, minute(0), key="outcome:7")
    async with database.write() as conn:
        await notices.add(conn, [ROOT, AUX], "outcome", {"n": 2}, minute(1), key="outcome:7")
        await notices.add(conn, [ROOT], "outcome", {"n": 3}, minute(2), key="outcome:8")
        await notices.add(conn, [ROOT], "alert", {"n": 4}, minute(3))
        await notices.add(conn, [ROOT], "alert", {"n": 4}, minute(3))
    found = [(n.telegram_id, n.payload["n"]) for n in await told(database, minute(9))]
    assert found == [(ROOT, 1), (AUX, 2), (ROOT, 3), (ROOT, 4), (ROOT, 4)]


async def test_told_before_it_is_not_told_again_by_its_key(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await notices.add(conn, [ROOT], "outcome", {}, minute(0), key="outcome:7")
    (notice,) = await told(database, minute(0))
    async with database.write() as conn:
        await notices.finish(conn, notice.id)
        await notices.add(conn, [ROOT], "outcome", {}, minute(1), key="outcome:7")
    assert await told(database, minute(9)) == []


async def test_one_that_was_interrupted_is_found_trying(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await notices.add(conn, [ROOT], "outcome", {}, minute(0))
    (notice,) = await told(database, minute(0))
    async with database.write() as conn:
        await notices.try_now(conn, notice.id)
    (found,) = await told(database, minute(0))
    assert (found.id, found.state, found.attempts) == (notice.id, "trying", 1)
    async with database.write() as conn:
        await notices.try_now(conn, notice.id)
    assert (await told(database, minute(0)))[0].attempts == 2


async def test_one_that_is_put_off_waits(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await notices.add(conn, [ROOT], "outcome", {}, minute(0))
    (notice,) = await told(database, minute(0))
    async with database.write() as conn:
        await notices.try_now(conn, notice.id)
        await notices.postpone(conn, notice.id, minute(3))
    assert await told(database, minute(2)) == []
    (found,) = await told(database, minute(3))
    assert (found.state, found.attempts) == ("waiting", 1)


async def test_what_has_ended_stays_ended(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await notices.add(conn, [ROOT, AUX], "outcome", {}, minute(0))
    done, dropped = await told(database, minute(0))
    async with database.write() as conn:
        await notices.finish(conn, done.id)
        await notices.finish(conn, dropped.id, "dropped")
        for each in (done, dropped):
            await notices.try_now(conn, each.id)
            await notices.postpone(conn, each.id, minute(1))
    assert await told(database, minute(9)) == []
    async with database.read() as conn:
        rows = await conn.exec_driver_sql("SELECT state, attempts FROM notices ORDER BY id")
        assert [tuple(row) for row in rows] == [("done", 0), ("dropped", 0)]
