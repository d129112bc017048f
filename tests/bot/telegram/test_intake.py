"""Updates become rows before Telegram learns that we have them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.errors import GaveUp
from bot.telegram.client import Client
from bot.telegram.intake import Intake
from sandbox import Sandbox
from storage import schema
from storage.database import Database
from storage.running import updates
from storage.running.updates import StoredUpdate

PATIENCE = 10.0


class Pushed:
    """What intake hands on."""

    def __init__(self) -> None:
        self.updates: list[StoredUpdate] = []
        self._more = asyncio.Event()

    def push(self, update: StoredUpdate) -> None:
        self.updates.append(update)
        self._more.set()

    async def reach(self, count: int) -> list[int]:
        """Update ids, once there are `count`."""
        async with asyncio.timeout(PATIENCE):
            while len(self.updates) < count:
                self._more.clear()
                await self._more.wait()
        return [update.update_id for update in self.updates]


@pytest.fixture
def pushed() -> Pushed:
    return Pushed()


@pytest.fixture
def intake(client: Client, database: Database, pushed: Pushed) -> Intake:
    return Intake(client, database, pushed.push)


@pytest.fixture
async def polling(intake: Intake, ada: int) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(intake.run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it does not come true")


async def test_updates_are_kept_handed_on_and_confirmed(
    polling: asyncio.Task[None],
    sandbox: Sandbox,
    ada: int,
    pushed: Pushed,
    database: Database,
    client: Client,
) -> None:
    ids = [sandbox.people.say(ada, text)[1] for text in ("one", "two", "three")]
    assert await pushed.reach(3) == ids
    await until(lambda: not sandbox.updates.pending())
    async with database.read() as conn:
        assert [row.update_id for row in await updates.pending(conn, client.id)] == ids
    assert {update.chat_key for update in pushed.updates} == {ada}
    assert [update.state for update in pushed.updates] == ["received"] * 3


async def test_an_update_that_comes_again_is_dropped(
    polling: asyncio.Task[None], sandbox: Sandbox, ada: int, pushed: Pushed
) -> None:
    first = sandbox.people.say(ada, "one")[1]
    assert first is not None
    await pushed.reach(1)
    await until(lambda: not sandbox.updates.pending())
    assert sandbox.updates.redeliver(first)
    second = sandbox.people.say(ada, "two")[1]
    assert await pushed.reach(2) == [first, second]


async def test_nothing_is_confirmed_before_the_commit(
    polling: asyncio.Task[None], sandbox: Sandbox, ada: int, pushed: Pushed, tmp_path: Path
) -> None:
    """While the disk makes us wait, Telegram keeps the update, and nobody handles it."""
    with closing(sqlite3.connect(tmp_path / "matinee.db", isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        sandbox.people.say(ada, "one")
        await until(lambda: any(call.method == "getUpdates" and call.ok for call in sandbox.calls))
        await asyncio.sleep(0.05)
        assert len(sandbox.updates.pending()) == 1
        assert pushed.updates == []
        somebody.execute("COMMIT")
    await pushed.reach(1)
    await until(lambda: not sandbox.updates.pending())


@pytest.mark.parametrize(
    "payload",
    [
        {},
        None,
        "text",
        [],
        {"chat": None},
        {"chat": {"id": None}},
        {"chat": {"id": "many"}},
        {"message": None},
        {"from": None, "message": {"chat": None}},
    ],
)
@pytest.mark.parametrize("kind", ["message", "callback_query", "my_chat_member"])
async def test_a_malformed_update_blocks_nobody(
    polling: asyncio.Task[None], sandbox: Sandbox, ada: int, pushed: Pushed, kind: str, payload: Any
) -> None:
    """It becomes a row like the others, and the polling goes on."""
    broken = sandbox.updates.add(kind, payload)
    sound = sandbox.people.say(ada, "one")[1]
    assert await pushed.reach(2) == [broken, sound]
    await until(lambda: not sandbox.updates.pending())


async def test_a_start_takes_up_what_was_left(
    intake: Intake, client: Client, database: Database, store: Callable[..., Any], pushed: Pushed
) -> None:
    for number in (30, 10, 20):  # in the order in which they came, not that of their numbers
        await store({"update_id": number})
    done = await store({"update_id": 40})
    async with database.write() as conn:
        await updates.mark_done(conn, done.seq, datetime.now(UTC))
    assert await intake.recover() == 3
    assert await pushed.reach(3) == [30, 10, 20]
    assert [update.attempts for update in pushed.updates] == [1, 1, 1]


async def test_what_is_too_old_to_be_answered_is_closed_unanswered(
    intake: Intake, database: Database, store: Callable[..., Any], pushed: Pushed
) -> None:
    """Its answer was sent perhaps weeks ago, by a process that could not write that down."""
    old, young = ("received", 25.0), ("received", 23.0)
    ages = {50: old, 10: old, 20: young, 30: ("applied", 2.0), 40: ("applied", 0.5)}
    for number, (state, hours) in ages.items():
        kind = "callback_query" if number == 50 else "message"
        stored = await store({"update_id": number, kind: {}})
        async with database.write() as conn:
            if state == "applied":
                await updates.mark_applied(conn, stored.seq, None)
            at = datetime.now(UTC) - timedelta(hours=hours)
            rows = schema.updates
            await conn.execute(update(rows).where(rows.c.seq == stored.seq).values(received_at=at))
    assert await intake.recover() == 3
    assert await pushed.reach(3) == [50, 20, 40]  # a tap may be a rating, which counts however late
    async with database.read() as conn:
        failed = select(schema.updates.c.update_id).where(schema.updates.c.state == "failed")
        assert list(await conn.scalars(failed)) == [10, 30]


async def test_a_token_that_telegram_forgets_ends_it(intake: Intake, sandbox: Sandbox) -> None:
    sandbox._token = "4839574812:another-secret"
    with pytest.raises(GaveUp, match="MATINEE_TELEGRAM_TOKEN"):
        await intake.run()
