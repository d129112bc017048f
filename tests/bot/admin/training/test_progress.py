"""One message for a training, changed in place, whatever happens: real rows, a real Telegram over HTTP."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.admin.training.progress import ProgressMessages
from bot.process.bells import Bell
from bot.telegram.client import Client
from bot.telegram.messenger import Messenger
from sandbox import Sandbox
from storage.database import Database
from storage.running import jobs
from storage.running.jobs import Job

COPYING = "copying the ratings"
PATIENCE = 20.0  # seconds until a test gives up; nothing is measured by it
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

Begin = Callable[[], asyncio.Task[None]]


@pytest.fixture
async def job(database: Database, ada: int) -> Job:
    """A training that Ada asked for."""
    async with database.write() as conn:
        made = await jobs.add(conn, "fine", "command", NOW, ada)
        assert made is not None
        await jobs.follow(conn, made.id, ada)
    return made


@pytest.fixture
def admins(ada: int) -> list[int]:
    return [ada]


async def test_who_is_no_admin_any_more_follows_nothing(
    database: Database, sandbox: Sandbox, ada: int, job: Job, begin: Begin, admins: list[int]
) -> None:
    begin()
    await until(lambda: len(texts(sandbox, ada)) == 1)
    admins.clear()
    await claim(database)
    while True:
        async with database.read() as conn:
            if not await jobs.followed(conn):
                break
        await asyncio.sleep(0.01)
    assert texts(sandbox, ada)[0].endswith("Waits for its turn…")


@pytest.fixture
async def begin(
    database: Database, messenger: Messenger, ada: int, admins: list[int], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Begin]:
    """Starts the loop, as a start of the bot does; it looks without pauses."""
    monkeypatch.setattr("bot.admin.training.progress._EVERY", 0.01)
    running: list[asyncio.Task[None]] = []

    def start() -> asyncio.Task[None]:
        running.append(asyncio.create_task(ProgressMessages(database, messenger, admins, Bell()).run()))
        return running[-1]

    yield start
    for task in running:
        await end(task)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        for _ in itertools.count():
            if reached():
                return
            await asyncio.sleep(0.01)


async def claim(database: Database) -> None:
    async with database.write() as conn:
        assert await jobs.claim(conn, "here", NOW, timedelta(minutes=1)) is not None


async def report(database: Database, job: Job, phase: str, **progress: Any) -> None:
    async with database.write() as conn:
        await jobs.report(conn, job.id, "here", phase, progress)


async def once(database: Database, job: Job, reached: Callable[[Job], bool]) -> Job:
    """The row, as soon as it is so."""
    async with asyncio.timeout(PATIENCE):
        for _ in itertools.count():
            async with database.read() as conn:
                found = await jobs.get(conn, job.id)
            assert found is not None
            if reached(found):
                return found
            await asyncio.sleep(0.01)
    raise AssertionError("unreachable")


def texts(sandbox: Sandbox, chat_id: int) -> list[str]:
    """What the bot's messages say by now."""
    return [m.text for m in sandbox.state.messages_of(chat_id) if m.sender_id == sandbox.bot.person_id]


def calls(sandbox: Sandbox, method: str) -> int:
    return sum(call.method == method for call in sandbox.calls)


async def test_one_message_follows_a_training_to_its_end(
    database: Database, sandbox: Sandbox, ada: int, job: Job, begin: Begin
) -> None:
    begin()
    await until(lambda: texts(sandbox, ada) == ["🎓 Training 1: fine-tuning\n\nWaits for its turn…"])
    await claim(database)
    for number in (1, 2):
        await report(database, job, "training", part="stars", number=number, total=2)
        await until(lambda n=number: f"pass {n} of 2" in texts(sandbox, ada)[0])  # type: ignore[misc]
    async with database.write() as conn:
        await jobs.finish(conn, job.id, "here", "done", NOW, version=2, outcome="promoted")
    await until(lambda: "Promoted: model 2 serves now." in texts(sandbox, ada)[0])
    assert len(texts(sandbox, ada)) == 1
    assert (await settled(database, job)).chat_id is None


async def settled(database: Database, job: Job) -> Job:
    """The row, once nothing follows it any more."""
    return await once(database, job, lambda found: found.chat_id is None)


async def test_what_has_not_changed_is_not_sent_again(
    database: Database, sandbox: Sandbox, ada: int, job: Job, begin: Begin
) -> None:
    begin()
    await until(lambda: len(texts(sandbox, ada)) == 1)
    await claim(database)
    await report(database, job, "training", done=0.5)
    await until(lambda: "50 %" in texts(sandbox, ada)[0])
    await asyncio.sleep(0.5)  # a call is written down when it is answered, a little after its message shows
    edits = calls(sandbox, "editMessageText")
    for _ in range(20):
        await report(database, job, "training", done=0.5, curve=[[0.9, None]])
        await asyncio.sleep(0.01)
    assert calls(sandbox, "editMessageText") == edits


async def test_a_restart_goes_on_with_the_same_message(
    database: Database, sandbox: Sandbox, ada: int, job: Job, begin: Begin
) -> None:
    first = begin()
    await until(lambda: len(texts(sandbox, ada)) == 1)
    await once(database, job, lambda found: found.message_id is not None)
    await end(first)
    await claim(database)
    async with database.write() as conn:  # it ended while no bot ran
        await jobs.finish(conn, job.id, "here", "failed", NOW, error="no <room>")
    begin()
    await until(lambda: "Failed" in texts(sandbox, ada)[0])
    assert "no <room>" in texts(sandbox, ada)[0]
    assert len(texts(sandbox, ada)) == 1
    await settled(database, job)


async def test_a_message_that_was_deleted_comes_again(
    database: Database, sandbox: Sandbox, ada: int, job: Job, begin: Begin, client: Client
) -> None:
    begin()
    await until(lambda: len(texts(sandbox, ada)) == 1)
    message_id = (await once(database, job, lambda found: found.message_id is not None)).message_id
    assert message_id is not None
    await client.delete_message(ada, message_id)
    await claim(database)
    await report(database, job, "snapshot")
    await until(lambda: texts(sandbox, ada)[-1:] == [f"🎓 Training 1: fine-tuning\n\nStep 1 of 5: {COPYING}"])
    await once(database, job, lambda found: found.message_id not in (None, message_id))


async def test_a_flood_is_waited_for(
    database: Database, sandbox: Sandbox, ada: int, job: Job, begin: Begin
) -> None:
    sandbox.faults.arm("flood", "sendMessage", ada, times=1, seconds=1)
    begin()
    await until(lambda: len(texts(sandbox, ada)) == 1)
    sandbox.faults.arm("flood", "editMessageText", ada, times=1, seconds=1)
    await claim(database)
    await report(database, job, "snapshot")
    await until(lambda: COPYING in texts(sandbox, ada)[0])
    assert len(texts(sandbox, ada)) == 1
    floods = [call.time for call in sandbox.calls if call.error_code == 429]
    assert len(floods) == 2
    await until(lambda: any(call.ok and call.time > floods[-1] for call in sandbox.calls))
    after = [min(c.time for c in sandbox.calls if c.ok and c.time > at) - at for at in floods]
    assert all(seconds >= 0.9 for seconds in after)


async def test_who_blocked_the_bot_is_followed_no_more(
    database: Database, sandbox: Sandbox, ada: int, job: Job, begin: Begin
) -> None:
    sandbox.people.set_blocked(ada, True)
    begin()
    assert (await settled(database, job)).state == "waiting"
    assert texts(sandbox, ada) == []
