"""A person is forgotten by one tap, and a crash between the deletion and the last word undoes neither."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.process.metrics import Metrics
from bot.profile.forgetme import ForgetPerson
from bot.telegram.callbacks import pack
from bot.telegram.client import Client
from bot.telegram.limits import Limits
from bot.telegram.messenger import Messenger
from bot.telegram.processor import Processor
from bot.telegram.reading import chat_key
from bot.wiring import Rooms
from sandbox import Sandbox, serve
from storage import schema
from storage.database import Database
from storage.people import people
from storage.people.people import Person
from storage.running import updates
from storage.running.updates import NewUpdate, StoredUpdate

Rate = Callable[[Person, str, int], Awaitable[None]]
Store = Callable[[], Awaitable[StoredUpdate]]
TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"
ASKED, GONE = "Forget you?", "Everything about you is deleted."


@pytest.fixture
def store(database: Database, client: Client, sandbox: Sandbox) -> Store:
    """Takes in the one update that waits, as intake does."""

    async def receive() -> StoredUpdate:
        (body,) = sandbox.updates.pending()
        sandbox.updates.drop_pending()
        new = NewUpdate(body["update_id"], chat_key(body), body)
        async with database.write() as conn:
            (stored,) = await updates.receive(conn, client.id, [new], datetime.now(UTC))
        return stored

    return receive


@pytest.fixture
def processor(
    client: Client, database: Database, messenger: Messenger, rooms: Rooms, metrics: Metrics
) -> Processor:
    return Processor(client, database, messenger, rooms.router, metrics)


@pytest.fixture
async def person(
    database: Database, ada: int, sandbox: Sandbox, processor: Processor, rate: Rate, store: Store
) -> Person:
    """Ada has rated a film, and is asked whether she wants to be forgotten."""
    sandbox.people.say(ada, "/forgetme")
    await processor.handle(await store())
    assert sandbox.state.messages_of(ada)[-1].text.startswith(ASKED)
    async with database.read() as conn:
        met = await people.find(conn, ada)
    assert met is not None
    await rate(met, "Heat", 5)
    return met


async def _nothing_is_left(database: Database, telegram_id: int) -> None:
    async with database.read() as conn:
        for table in schema.metadata.sorted_tables:
            rows = (await conn.execute(select(table))).all()
            if table.name in ("films", "settings", "models"):
                assert rows, table.name
            elif table is schema.updates:
                assert {(row.chat_key, row.body, row.result, row.error) for row in rows} == {
                    (0, None, None, None)
                }
            else:
                assert rows == [], table.name
            assert str(telegram_id) not in str(rows), table.name


async def test_one_tap_deletes_everything(
    database: Database, sandbox: Sandbox, processor: Processor, store: Store, person: Person
) -> None:
    ada = person.telegram_id
    sandbox.queries.tap(ada, "Delete everything")
    await processor.handle(await store())
    assert sandbox.state.messages_of(ada)[-1].text.startswith(GONE)
    await _nothing_is_left(database, ada)


async def test_a_crash_before_the_last_word(
    database: Database,
    sandbox: Sandbox,
    processor: Processor,
    rooms: Rooms,
    metrics: Metrics,
    store: Store,
    person: Person,
) -> None:
    """Telegram cannot be reached once the rows are gone, and the process ends. The next start says it."""
    ada = person.telegram_id
    sandbox.queries.tap(ada, "Delete everything")
    stored = await store()
    async with serve(sandbox, port=0) as url:
        cut_off = Client(TOKEN, url, Limits(), metrics)
        await cut_off.initialize()
    first = Processor(cut_off, database, Messenger(cut_off), rooms.router, metrics)
    running = asyncio.create_task(first.handle(stored))
    table = schema.updates.c
    while True:
        async with database.read() as conn:
            row = (await conn.execute(select(schema.updates).where(table.seq == stored.seq))).one()
        if row.state == "applied":
            break
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await cut_off.shutdown()
    assert row.chat_key == 0
    assert "first_name': ''" in str(row.body)
    assert ASKED not in str(row.body)
    async with database.read() as conn:
        assert await people.find(conn, ada) is None
        (waiting,) = await updates.pending(conn, row.bot_id)
    assert sandbox.state.messages_of(ada)[-1].text.startswith(ASKED)
    await processor.handle(waiting)
    assert sandbox.state.messages_of(ada)[-1].text.startswith(GONE)
    await _nothing_is_left(database, ada)


async def test_a_second_tap_leaves_nobody_behind(
    database: Database, sandbox: Sandbox, processor: Processor, store: Store, person: Person
) -> None:
    """It comes from somebody who is new by now, and whose only trace it is."""
    ada = person.telegram_id
    question = sandbox.state.messages_of(ada)[-1].message_id
    for _ in range(2):
        sandbox.queries.tap_data(ada, pack(ForgetPerson(person.id)), question)
        await processor.handle(await store())
        await _nothing_is_left(database, ada)
    assert sandbox.state.messages_of(ada)[-1].text.startswith(GONE)


async def test_an_old_question_deletes_nobody_who_came_after(
    database: Database, sandbox: Sandbox, processor: Processor, store: Store, person: Person, rate: Rate
) -> None:
    ada = person.telegram_id
    question = sandbox.state.messages_of(ada)[-1].message_id
    sandbox.queries.tap(ada, "Delete everything")
    await processor.handle(await store())
    async with database.write() as conn:
        anew = await people.meet(conn, ada, "en", datetime.now(UTC))
    assert anew.id != person.id
    await rate(anew, "Shrek", 4)
    query = sandbox.queries.tap_data(ada, pack(ForgetPerson(person.id)), question)
    await processor.handle(await store())
    assert query.answer is not None
    assert str(query.answer["text"]).startswith("This menu was refreshed")
    async with database.read() as conn:
        assert await people.find(conn, ada) == anew
        assert len((await conn.execute(select(schema.ratings))).all()) == 1


async def test_keep_it_keeps_it(
    database: Database, sandbox: Sandbox, processor: Processor, store: Store, person: Person
) -> None:
    sandbox.queries.tap(person.telegram_id, "Keep it")
    await processor.handle(await store())
    assert sandbox.state.messages_of(person.telegram_id)[-1].text == "Nothing is deleted."
    async with database.read() as conn:
        assert await people.find(conn, person.telegram_id) == person
        assert len((await conn.execute(select(schema.ratings))).all()) == 1


async def test_what_waits_elsewhere_brings_nobody_back(
    database: Database, sandbox: Sandbox, client: Client, processor: Processor, store: Store, person: Person
) -> None:
    """A /night in a group that was sent before, and is handled after: nothing comes of it, and nobody is told
    of an error. What is sent after it comes from somebody new."""
    ada = person.telegram_id
    sandbox.queries.tap(ada, "Delete everything")
    (tap,) = sandbox.updates.pending()
    user, group = tap["callback_query"]["from"], {"id": -77, "type": "group", "title": "Friday"}
    message = {"message_id": 5, "date": 1, "from": user, "chat": group, "text": "/night"}
    before: dict[str, Any] = {"update_id": tap["update_id"] - 1000, "message": message}
    async with database.write() as conn:
        new = NewUpdate(before["update_id"], -77, before)
        (night,) = await updates.receive(conn, client.id, [new], datetime.now(UTC))
    await processor.handle(await store())
    calls = len(sandbox.calls)
    await processor.handle(night)
    assert len(sandbox.calls) == calls
    async with database.read() as conn:
        for table in (schema.people, schema.chat_members, schema.nights):
            assert (await conn.execute(select(table))).all() == []
        ends = await conn.execute(select(schema.updates.c.state, schema.updates.c.body))
        assert {tuple(row) for row in ends} == {("done", None)}
    sandbox.people.say(ada, "/help")
    await processor.handle(await store())
    async with database.read() as conn:
        met = await people.find(conn, ada)
    assert met is not None
    assert met.id > person.id
