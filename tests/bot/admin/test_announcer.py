"""Notices reach admins once each, whatever Telegram says: real rows, a real Telegram over HTTP."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.admin.announcer import Announcer
from bot.admin.models.notices import broken_screen
from bot.process.bells import Bell
from bot.telegram.messenger import Messenger
from bot.telegram.screen import Screen
from bot.texts import Translator
from sandbox import Sandbox
from storage.database import Database
from storage.errors import DatabaseLost
from storage.running import notices

PATIENCE = 20.0  # seconds until a test gives up; nothing is measured by it
GRACE = 806_132_947
NEVER_WROTE = 99
FORMER = 98
Begin = Callable[[], asyncio.Task[None]]
Row = tuple[str, int]


async def broken(payload: Mapping[str, Any], t: Translator) -> Screen:
    return broken_screen(payload, t)


@pytest.fixture
async def begin(database: Database, messenger: Messenger) -> AsyncIterator[Begin]:
    """Starts the loop, as a start of the bot does."""
    running: list[asyncio.Task[None]] = []

    def start() -> asyncio.Task[None]:
        announcer = Announcer(
            database, messenger, {"broken": broken}, (5_170_394_001, GRACE, NEVER_WROTE), Bell()
        )
        running.append(asyncio.create_task(announcer.run()))
        return running[-1]

    yield start
    for task in running:
        await end(task)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def tell(database: Database, *admins: int, version: int = 3, kind: str = "broken") -> None:
    payload = {"version": version, "live": 1, "reason": ""}
    async with database.write() as conn:
        await notices.add(conn, admins, kind, payload, datetime.now(UTC))


async def rows(database: Database) -> list[Row]:
    async with database.read() as conn:
        found = await conn.exec_driver_sql("SELECT state, attempts FROM notices ORDER BY id")
        return [tuple(row) for row in found]


async def until(database: Database, *wanted: Row) -> None:
    async with asyncio.timeout(PATIENCE):
        for _ in itertools.count():
            if await rows(database) == list(wanted):
                return
            await asyncio.sleep(0.01)


def versions(sandbox: Sandbox, chat_id: int) -> list[str]:
    """The models of which an admin was told, in order."""
    said = [m.text for m in sandbox.state.messages_of(chat_id) if m.sender_id == sandbox.bot.person_id]
    return [text.split()[2] for text in said]


async def test_each_admin_is_told_once_in_order(
    database: Database, sandbox: Sandbox, ada: int, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the last without a bell, as of what another process has to say."""
    monkeypatch.setattr("bot.admin.announcer._LONGEST_SLEEP", 0.1)
    await tell(database, ada, version=2)
    await tell(database, ada, version=3)
    task = begin()
    await until(database, ("done", 1), ("done", 1))
    await end(task)
    begin()
    await tell(database, ada, version=4)
    await until(database, ("done", 1), ("done", 1), ("done", 1))
    assert versions(sandbox, ada) == ["2", "3", "4"]


async def test_who_blocked_the_bot_or_never_wrote_holds_up_nobody(
    database: Database, sandbox: Sandbox, ada: int, begin: Begin
) -> None:
    sandbox.people.say(GRACE, "/start")
    sandbox.people.set_blocked(GRACE, True)
    await tell(database, GRACE, NEVER_WROTE, ada)
    begin()
    await until(database, ("dropped", 1), ("dropped", 1), ("done", 1))
    assert versions(sandbox, ada) == ["3"]
    assert versions(sandbox, GRACE) == []


async def test_who_is_no_admin_any_more_is_told_nothing(
    database: Database, sandbox: Sandbox, ada: int, begin: Begin
) -> None:
    sandbox.people.add("Linus", person_id=FORMER)
    sandbox.people.say(FORMER, "/start")
    await tell(database, FORMER, ada)
    begin()
    await until(database, ("dropped", 0), ("done", 1))
    assert versions(sandbox, FORMER) == []


async def test_a_kind_without_a_view_holds_up_nobody(
    database: Database, sandbox: Sandbox, ada: int, begin: Begin
) -> None:
    await tell(database, ada, kind="from a newer version")
    await tell(database, ada)
    begin()
    await until(database, ("dropped", 1), ("done", 1))
    assert versions(sandbox, ada) == ["3"]


async def test_a_database_that_is_away_while_a_notice_is_made_puts_it_off(
    database: Database, messenger: Messenger, ada: int
) -> None:
    async def lost(payload: Mapping[str, Any], t: Translator) -> Screen:
        raise DatabaseLost("the connection broke")

    await tell(database, ada)
    task = asyncio.create_task(Announcer(database, messenger, {"broken": lost}, (ada,), Bell()).run())
    await until(database, ("waiting", 1))
    await end(task)


async def test_a_flood_is_waited_for(database: Database, sandbox: Sandbox, ada: int, begin: Begin) -> None:
    sandbox.faults.arm("flood", "sendMessage", ada, times=2, seconds=1)
    await tell(database, ada)
    begin()
    await until(database, ("done", 1))
    assert versions(sandbox, ada) == ["3"]
    calls = [call for call in sandbox.calls if call.method == "sendMessage"]
    assert [call.error_code for call in calls] == [429, 429, None]
    assert calls[2].time - calls[0].time >= 1.9


async def test_a_flood_without_end_puts_it_off(
    database: Database, sandbox: Sandbox, ada: int, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.limits._MOST_WAITS", 0)
    sandbox.faults.arm("flood", "sendMessage", ada, times=1, seconds=120)
    await tell(database, ada)
    begin()
    await until(database, ("waiting", 1))
    async with database.read() as conn:
        assert await notices.due(conn, datetime.now(UTC)) == []  # in two minutes
    assert versions(sandbox, ada) == []


async def test_what_a_killed_process_was_telling_is_told_again(
    database: Database, sandbox: Sandbox, ada: int, begin: Begin
) -> None:
    """It may have arrived: twice is better than never."""
    await tell(database, ada)
    async with database.read() as conn:
        (notice,) = await notices.due(conn, datetime.now(UTC))
    async with database.write() as conn:
        await notices.try_now(conn, notice.id)
    begin()
    await until(database, ("done", 2))
    assert versions(sandbox, ada) == ["3"]


async def test_an_answer_that_got_lost_puts_it_off(
    database: Database, sandbox: Sandbox, ada: int, begin: Begin
) -> None:
    sandbox.faults.arm("drop_after", "sendMessage", ada)
    await tell(database, ada)
    begin()
    await until(database, ("waiting", 1))
    assert versions(sandbox, ada) == ["3"]
    async with database.read() as conn:
        assert await notices.due(conn, datetime.now(UTC)) == []
