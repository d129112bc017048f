"""One update from received to done, whatever goes wrong on the way: real rows, real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs
from telegram.error import NetworkError

from bot.errors import StaleButton
from bot.process.metrics import Metrics
from bot.telegram.callbacks import Record, pack, record
from bot.telegram.client import Client
from bot.telegram.messenger import MaybeSent, Messenger
from bot.telegram.processor import Processor
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Button, Screen
from sandbox import Sandbox, create_app, server
from storage.database import AsyncConnection, Database, facts
from storage.people import people
from storage.running.updates import StoredUpdate

Store = Callable[..., Awaitable[StoredUpdate]]


@record("xt")
class Tried(Record):
    """A button of these tests."""

    number: int


class Outage:
    """In front of the local Telegram: the next so many calls of a method get an HTML page and 502."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}
        self.refused = 0

    def over(self, app: ASGIApp) -> ASGIApp:
        async def at_work(scope: Scope, receive: Receive, send: Send) -> None:
            method = scope.get("path", "").rpartition("/")[2]
            if self.left.get(method, 0) > 0:
                self.left[method] -= 1
                self.refused += 1
                await HTMLResponse("<h1>502 Bad Gateway</h1>", status_code=502)(scope, receive, send)
            else:
                await app(scope, receive, send)

        return at_work


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    made = Outage()

    def create(sandbox: Sandbox) -> Starlette:
        app = create_app(sandbox)
        app.add_middleware(made.over)
        return app

    monkeypatch.setattr(server, "create_app", create)
    return made


@pytest.fixture
def router() -> Router:
    async def text(request: Request) -> None:
        await request.reply(Screen(f"heard {request.text}"))

    async def unknown(request: Request) -> None:
        await request.reply(Screen("unknown"))

    return Router(text=text, unknown_command=unknown)


@pytest.fixture
async def processor(
    outage: Outage,
    client: Client,
    database: Database,
    messenger: Messenger,
    router: Router,
    metrics: Metrics,
    monkeypatch: pytest.MonkeyPatch,
) -> Processor:
    monkeypatch.setattr("bot.telegram.processor._FIRST_PAUSE", 0.0)
    return Processor(client, database, messenger, router, metrics)


@pytest.fixture
def said(sandbox: Sandbox, ada: int, store: Store) -> Store:
    """`await said("text")`: the row of a message."""

    async def say(text: str) -> StoredUpdate:
        sandbox.people.say(ada, text)
        return await store(sandbox.updates.pending()[-1])

    return say


@pytest.fixture
def tapped(sandbox: Sandbox, ada: int, store: Store, messenger: Messenger) -> Store:
    """`await tapped(data)`: the row of a tap on a message that was just sent."""

    async def tap(data: str) -> StoredUpdate:
        message_id = await messenger.send(ada, Screen("a card", ((Button("Try", Tried(1)),),)))
        sandbox.queries.tap_data(ada, data, message_id)
        return await store(sandbox.updates.pending()[-1])

    return tap


@pytest.fixture
def states(database: Database) -> Callable[[], Awaitable[list[tuple[str, str | None, Any]]]]:
    """State, error and body of every row, in order."""

    async def read() -> list[tuple[str, str | None, Any]]:
        async with database.read() as conn:
            rows = await conn.exec_driver_sql("SELECT state, error, body FROM updates ORDER BY seq")
            return [tuple(row) for row in rows]

    return read


def texts(sandbox: Sandbox, chat_id: int) -> list[str]:
    """What the bot has said."""
    return [m.text for m in sandbox.state.messages_of(chat_id) if m.sender_id == sandbox.bot.person_id]


def toasts(sandbox: Sandbox) -> list[str]:
    """What taps were answered with; fails on one that was not."""
    assert all(query.answer is not None for query in sandbox.state.queries.values())
    return [query.answer["text"] for query in sandbox.state.queries.values() if query.answer is not None]


async def test_a_message_is_answered_and_done(
    processor: Processor, said: Store, sandbox: Sandbox, ada: int, states: Any
) -> None:
    await processor.handle(await said("hello"))
    assert texts(sandbox, ada) == ["heard hello"]
    assert await states() == [("done", None, None)]


async def test_a_bug_in_a_handler_is_apologised_for_and_holds_nobody_up(
    processor: Processor, router: Router, said: Store, sandbox: Sandbox, ada: int, states: Any
) -> None:
    async def broken(request: Request) -> None:
        raise ZeroDivisionError("a bug")

    router.command("broken", broken)
    with capture_logs() as logged:
        await processor.handle(await said("/broken"))
    await processor.handle(await said("hello"))
    assert texts(sandbox, ada)[0].startswith("Something went wrong here")
    assert texts(sandbox, ada)[1:] == ["heard hello"]
    assert await states() == [("failed", "ZeroDivisionError('a bug')", None), ("done", None, None)]
    assert [entry["log_level"] for entry in logged] == ["error"]


async def test_a_bug_behind_a_button_is_a_toast(
    processor: Processor, router: Router, tapped: Store, sandbox: Sandbox, ada: int
) -> None:
    async def broken(request: Request, tap: Tried) -> None:
        raise ZeroDivisionError

    router.button(Tried, broken)
    await processor.handle(await tapped(pack(Tried(1))))
    assert toasts(sandbox)[0].startswith("Something went wrong here")
    assert texts(sandbox, ada) == ["a card"]


async def test_an_effect_is_undone_by_a_bug_in_it(
    processor: Processor, router: Router, said: Store, database: Database
) -> None:
    async def broken(request: Request) -> None:
        async def effect(conn: AsyncConnection) -> None:
            await facts.put(conn, "half", True)
            raise ZeroDivisionError

        await request.once(effect)

    router.command("broken", broken)
    await processor.handle(await said("/broken"))
    async with database.read() as conn:
        assert await facts.get(conn, "half") is None


async def test_what_telegram_refuses_for_good_is_our_fault(
    processor: Processor, router: Router, said: Store, sandbox: Sandbox, ada: int, states: Any
) -> None:
    async def broken(request: Request) -> None:
        await request.reply(Screen("<b>not closed"))

    router.command("broken", broken)
    await processor.handle(await said("/broken"))
    assert texts(sandbox, ada) == [
        "Something went wrong here, and it is in the log. Your ratings are safe; please try again."
    ]
    ((state, error, _),) = await states()
    assert state == "failed"
    assert "parse entities" in error


@pytest.mark.parametrize("length", [1, 3, 6, 20])
async def test_an_outage_delays_the_answer_and_repeats_nothing(
    processor: Processor,
    router: Router,
    said: Store,
    sandbox: Sandbox,
    ada: int,
    states: Any,
    database: Database,
    outage: Outage,
    length: int,
) -> None:
    async def count(request: Request) -> None:
        async def effect(conn: AsyncConnection) -> int:
            counted = await facts.get(conn, "count")
            number = (counted if isinstance(counted, int) else 0) + 1
            await facts.put(conn, "count", number)
            return number

        await request.reply(Screen(f"counted {await request.once(effect)}"))

    router.command("count", count)
    stored = await said("/count")
    outage.left = {"sendMessage": length}
    await processor.handle(stored)
    assert outage.refused == length
    assert texts(sandbox, ada) == ["counted 1"]
    assert await states() == [("done", None, None)]
    async with database.read() as conn:
        assert await facts.get(conn, "count") == 1


async def test_an_outage_of_answers_and_edits_is_sat_out_too(
    processor: Processor, router: Router, tapped: Store, sandbox: Sandbox, ada: int, outage: Outage
) -> None:
    async def show(request: Request, tap: Tried) -> None:
        await request.toast("tried")
        await request.show(Screen(f"number {tap.number}"))

    router.button(Tried, show)
    stored = await tapped(pack(Tried(7)))
    outage.left = {"answerCallbackQuery": 3, "editMessageText": 5}
    await processor.handle(stored)
    assert outage.refused == 8
    assert toasts(sandbox) == ["tried"]
    assert texts(sandbox, ada) == ["number 7"]


async def test_a_reply_that_may_have_arrived_is_sent_again_however_late(
    processor: Processor, router: Router, said: Store, sandbox: Sandbox, ada: int, states: Any
) -> None:
    troubles = iter([*[NetworkError("away")] * 7, MaybeSent("broke off")])

    async def late(request: Request) -> None:
        for trouble in troubles:
            raise trouble
        await request.reply(Screen("at last"))

    router.command("late", late)
    await processor.handle(await said("/late"))
    assert texts(sandbox, ada) == ["at last"]
    assert await states() == [("done", None, None)]


async def test_what_was_answered_is_closed_when_the_database_is_back(
    client: Client,
    messenger: Messenger,
    router: Router,
    metrics: Metrics,
    said: Store,
    sandbox: Sandbox,
    ada: int,
    tmp_path: Path,
    states: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the process that answered: a row left open would be answered again at the next start."""
    monkeypatch.setattr("bot.telegram.processor._FIRST_PAUSE", 0.01)
    stored = await said("hello")
    held = asyncio.Event()
    held.set()
    lost = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}", held.is_set)

    async def answer(request: Request) -> None:
        await request.reply(Screen("heard"))
        held.clear()  # at this moment it goes away

    handling = asyncio.create_task(
        Processor(client, lost, messenger, Router(answer, answer), metrics).handle(stored)
    )
    await asyncio.sleep(0.3)
    assert not handling.done()
    held.set()
    await asyncio.wait_for(handling, 30)
    await lost.close()
    assert texts(sandbox, ada) == ["heard"]
    assert await states() == [("done", None, None)]


async def test_who_is_muted_in_a_group_is_told_in_the_log_once(
    processor: Processor, router: Router, sandbox: Sandbox, ada: int, store: Store, states: Any
) -> None:
    async def where(request: Request) -> None:
        await request.reply(Screen("here"))

    router.group_command("where", where)
    group = sandbox.groups.add("Club", ada).chat_id
    sandbox.groups.set_member(group, sandbox.bot.person_id, "member")
    sandbox.groups.forbid(group, {"can_send_messages": False})

    async def ask() -> None:
        sandbox.people.say(ada, "/where", group)
        await processor.handle(await store(sandbox.updates.pending()[-1]))

    with capture_logs() as logged:
        await ask()
        await ask()
    assert [(line["event"], line["log_level"]) for line in logged if "muted" in line["event"]] == [
        ("muted in a group", "info")
    ]
    assert not [line for line in logged if line["log_level"] in ("warning", "error")]
    assert {state for state, _, _ in await states()} == {"done"}
    sandbox.groups.forbid(group, {"can_send_messages": True})
    await ask()
    assert texts(sandbox, group)[-1:] == ["here"]


async def test_what_was_applied_is_shown_again_and_not_repeated(
    processor: Processor, router: Router, said: Store, sandbox: Sandbox, ada: int, database: Database
) -> None:
    """As after a crash between effect and reply: the effect's result comes out of the row."""

    async def broken_off(request: Request) -> None:
        async def effect(conn: AsyncConnection) -> int:
            await facts.put(conn, "effects", "one more")
            return 41

        await request.reply(Screen(f"result {await request.once(effect)}"))

    router.command("go", broken_off)
    stored = await said("/go")
    applied = replace(stored, state="applied", result=41, attempts=1)
    await processor.handle(applied)
    assert texts(sandbox, ada) == ["result 41"]
    async with database.read() as conn:
        assert await facts.get(conn, "effects") is None


async def test_a_stale_button_is_told_so(
    processor: Processor, router: Router, tapped: Store, sandbox: Sandbox, states: Any
) -> None:
    async def gone(request: Request, tap: Tried) -> None:
        raise StaleButton("gone")

    router.button(Tried, gone)
    for data in ("old9:1", pack(Tried(1))):
        await processor.handle(await tapped(data))
    assert toasts(sandbox) == ["This menu was refreshed. /help shows where things are."] * 2
    assert {state for state, _, _ in await states()} == {"done"}


async def test_a_tap_that_its_handler_leaves_unanswered_is_answered(
    processor: Processor, router: Router, tapped: Store, sandbox: Sandbox
) -> None:
    async def silent(request: Request, tap: Tried) -> None:
        await request.show(Screen("changed"))

    router.button(Tried, silent)
    await processor.handle(await tapped(pack(Tried(1))))
    assert toasts(sandbox) == [""]


async def test_a_tap_on_a_message_that_telegram_no_longer_shows(
    processor: Processor, router: Router, tapped: Store, store: Store, sandbox: Sandbox, ada: int
) -> None:
    """An InaccessibleMessage names its chat and id; what can't be edited is sent anew."""

    async def show(request: Request, tap: Tried) -> None:
        await request.show(Screen("anew"))

    router.button(Tried, show)
    await tapped(pack(Tried(1)))
    update = sandbox.updates.pending()[-1]
    query = update["callback_query"]
    missing = {"chat": query["message"]["chat"], "message_id": 999_999, "date": 0}
    again = {"update_id": update["update_id"] + 1000, "callback_query": {**query, "message": missing}}
    await processor.handle(await store(again))
    assert texts(sandbox, ada) == ["a card", "anew"]
    assert toasts(sandbox) == [""]


async def test_who_blocked_the_bot_is_marked_and_nothing_fails(
    processor: Processor, said: Store, sandbox: Sandbox, ada: int, states: Any, database: Database
) -> None:
    stored = await said("hello")
    sandbox.people.set_blocked(ada, True)
    await processor.handle(stored)
    assert await states() == [("done", None, None)]
    async with database.read() as conn:
        person = await people.find(conn, ada)
    assert person is not None
    assert not person.active


async def test_who_comes_back_is_active_again(
    processor: Processor, said: Store, database: Database, ada: int
) -> None:
    async with database.write() as conn:
        await people.meet(conn, ada, "en", datetime.now(UTC))
        await people.deactivate(conn, ada)
    await processor.handle(await said("hello"))
    async with database.read() as conn:
        person = await people.find(conn, ada)
    assert person is not None
    assert person.active


@pytest.mark.parametrize(
    "body", [{"message": {}}, {"callback_query": None}, {"message": "x"}, {"nothing": {}}]
)
async def test_a_malformed_update_ends_and_holds_nobody_up(
    processor: Processor, said: Store, store: Store, sandbox: Sandbox, ada: int, states: Any, body: Any
) -> None:
    await processor.handle(await store({"update_id": 1, **body}))
    await processor.handle(await said("hello"))
    assert texts(sandbox, ada) == ["heard hello"]
    (first, _, body_kept), (second, _, _) = await states()
    assert first in ("done", "failed")
    assert second == "done"
    assert body_kept is None
