"""What holds of a transaction on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.exc import DBAPIError

from storage.database import Database, facts
from storage.errors import CannotOpen, DatabaseClosed, NestedWrite
from storage.people import people, ratings

Minute = Callable[[int], datetime]


async def test_an_exception_rolls_everything_back(database: Database, minute: Minute) -> None:
    async def fail_at_the_end() -> None:
        async with database.write() as conn:
            await people.meet(conn, 5, "en", minute(0))
            await facts.put(conn, "key", 1)
            raise KeyError("boom")

    with pytest.raises(KeyError, match="boom"):
        await fail_at_the_end()
    async with database.write() as conn:
        assert await people.find(conn, 5) is None
        assert await facts.get(conn, "key") is None


async def test_a_cancelled_write_is_rolled_back_and_the_next_one_works(database: Database) -> None:
    begun = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.write() as conn:
            await facts.put(conn, "cancelled", True)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_wait())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write() as conn:
        assert await facts.get(conn, "cancelled") is None
        await facts.put(conn, "after", True)
    async with database.read() as conn:
        assert await facts.get(conn, "after") is True


async def test_cancelled_at_any_step_a_write_is_whole_or_not_at_all(database: Database) -> None:
    async def write_pair(number: int) -> None:
        async with database.write() as conn:
            await facts.put(conn, f"left {number}", number)
            await facts.put(conn, f"right {number}", number)

    loop = asyncio.get_running_loop()
    for number in range(60):
        task = asyncio.create_task(write_pair(number))
        loop.call_later(number * 0.0001, task.cancel)  # from before BEGIN to after COMMIT
        await asyncio.gather(task, return_exceptions=True)
    async with database.write() as conn:
        await facts.put(conn, "after", True)
    async with database.read() as conn:
        pairs = [(await facts.get(conn, f"left {n}"), await facts.get(conn, f"right {n}")) for n in range(60)]
    assert all(left == right for left, right in pairs)


async def test_a_cancelled_statement_ends_in_a_cancellation_and_not_in_a_lost_database(
    database: Database,
) -> None:
    """SQLAlchemy reports it as a broken connection; whoever retries those would never end."""
    loop = asyncio.get_running_loop()
    ends = []
    for number in range(40):

        async def reads() -> None:
            async with database.read() as conn:
                for _ in range(200):
                    await facts.get(conn, "nothing")

        task = asyncio.create_task(reads())
        loop.call_later(0.002 + number * 0.0003, task.cancel)
        ends.append((await asyncio.gather(task, return_exceptions=True))[0])
    assert {type(end) for end in ends} == {asyncio.CancelledError}


async def test_a_cancellation_that_comes_while_it_begins_is_not_lost(database: Database) -> None:
    reached = []

    async def write() -> None:
        async with database.write():
            reached.append(True)

    task = asyncio.create_task(write())
    await asyncio.sleep(0)  # as far as BEGIN
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not reached
    await write()
    assert reached


async def test_writers_at_once_lose_nothing(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    async def rate(film_id: int, stars: int) -> None:
        async with database.write() as conn:
            await ratings.rate(conn, ann, film_id, stars, minute(stars))

    await asyncio.gather(*(rate(film_id, stars) for stars in range(1, 6) for film_id in film_ids))
    async with database.read() as conn:
        assert set(await ratings.of(conn, ann)) == set(film_ids)
        assert await ratings.count(conn, ann) == len(film_ids)


async def test_a_reader_keeps_its_snapshot_while_others_write(database: Database) -> None:
    async with database.write() as conn:
        await facts.put(conn, "key", "before")
    async with database.read() as early:
        assert await facts.get(early, "key") == "before"
        async with database.write() as conn:
            await facts.put(conn, "key", "after")
            async with database.read() as during:
                assert await facts.get(during, "key") == "before"
        assert await facts.get(early, "key") == "before"
        async with database.read() as late:
            assert await facts.get(late, "key") == "after"


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        async with database.read() as conn:
            await facts.put(conn, "key", 1)
    async with database.write() as conn:
        assert await facts.get(conn, "key") is None
        await facts.put(conn, "key", 2)


async def test_a_write_within_a_write_raises_at_once(database: Database) -> None:
    async with database.write() as conn:
        await facts.put(conn, "outer", True)
        with pytest.raises(NestedWrite):
            async with asyncio.timeout(20), database.write():  # else it would wait for itself
                pass
    async with database.write() as conn:
        assert await facts.get(conn, "outer") is True


async def test_nothing_goes_through_a_closed_database(database: Database) -> None:
    await database.close()
    with pytest.raises(DatabaseClosed):
        async with database.read():
            pass
    with pytest.raises(DatabaseClosed):
        async with database.write():
            pass


@pytest.mark.parametrize(
    "url",
    [
        "mysql://localhost/matinee",
        "sqlite://",
        "sqlite:///:memory:",
        "nonsense",
        "postgresql://u:pw@127.0.0.1:1/x",
    ],
)
async def test_what_cannot_be_a_database_is_refused(url: str) -> None:
    with pytest.raises(CannotOpen) as refused:
        await Database.open(url)
    assert "pw" not in str(refused.value)
