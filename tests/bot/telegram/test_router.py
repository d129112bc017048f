"""What rooms claim as wired, and who reaches what is an admin's: real rows, a real Telegram over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.admin.panel.views import admin_menu
from bot.films.serving import Serving
from bot.process.bells import Bells
from bot.process.metrics import Metrics
from bot.process.settings import Settings
from bot.telegram.callbacks import Record, pack
from bot.telegram.client import Client
from bot.telegram.messenger import Messenger
from bot.telegram.processor import Processor
from bot.telegram.request import Request
from bot.telegram.rights import Rights
from bot.telegram.router import AdminRouter, Router
from bot.telegram.screen import Screen
from bot.texts import translator
from bot.wiring import wire
from sandbox import Sandbox
from storage.database import Database
from storage.running.updates import StoredUpdate
from tests.bot.profile import conftest as small_world

ROOT = 806_132_947
STALE = "This menu was refreshed. /help shows where things are."
PRIVATE_ONLY = "This button is for our private chat."
Store = Callable[..., Awaitable[StoredUpdate]]
Say = Callable[..., Awaitable[list[str]]]
Tap = Callable[..., Awaitable[str]]

recommender, serving = small_world.recommender, small_world.serving


@pytest.fixture
def router(database: Database, messenger: Messenger, client: Client, serving: Serving) -> Router:
    settings = Settings(timezone="UTC", admin_ids=(ROOT,))
    return wire(database, messenger, Rights(client), serving, settings, Bells()).router


@pytest.fixture
def reached(router: Router) -> list[str]:
    """The tags and commands whose handlers were called: all of an admin's now write that down."""
    names: list[str] = []

    def claim(admin: AdminRouter, kind: type[Record] | None, name: str) -> None:
        async def command(request: Request) -> None:
            names.append(name)
            await request.reply(Screen("an admin's"))

        async def button(request: Request, tap: Record) -> None:
            names.append(name)

        if kind is None:
            admin.command(name, command)
        else:
            admin.button(kind, button)

    for kind in list(router.admin.buttons):
        claim(router.admin, kind, kind.tag)
    for name in router.admin.commands:
        claim(router.admin, None, name)
    return names


@pytest.fixture
def processor(
    client: Client, database: Database, messenger: Messenger, router: Router, metrics: Metrics
) -> Processor:
    return Processor(client, database, messenger, router, metrics)


@pytest.fixture
def root(sandbox: Sandbox, ada: int) -> int:
    """An admin who has started the bot, as Ada has, who is none."""
    sandbox.people.say(ROOT, "/start")
    sandbox.updates.drop_pending()
    return ROOT


@pytest.fixture
def club(sandbox: Sandbox, root: int, ada: int) -> int:
    """A group of both with the bot in it."""
    chat_id = sandbox.groups.add("Club", root).chat_id
    sandbox.groups.set_member(chat_id, ada, "member", by=root)
    sandbox.groups.set_member(chat_id, sandbox.bot.person_id, "member", by=root)
    sandbox.updates.drop_pending()
    return chat_id


@pytest.fixture
def say(sandbox: Sandbox, store: Store, processor: Processor) -> Say:
    """`await say(person, text, chat)`: what the bot answers there."""

    async def send(person_id: int, text: str, chat_id: int) -> list[str]:
        before = len(sandbox.state.messages_of(chat_id))
        sandbox.people.say(person_id, text, chat_id)
        await processor.handle(await store(sandbox.updates.pending()[-1]))
        return [message.text for message in sandbox.state.messages_of(chat_id)[before + 1 :]]

    return send


@pytest.fixture
def tap(sandbox: Sandbox, store: Store, messenger: Messenger, processor: Processor) -> Tap:
    """`await tap(person, kind, chat)`: the toast after a tap on a button with such a record."""

    shown: dict[int, int] = {}  # by chat: one message for all taps, since a group gets twenty a minute

    async def press(person_id: int, kind: type[Record], chat_id: int) -> str:
        record = kind(*(1 if field is int else "x" for field in kind.types))
        if chat_id not in shown:
            shown[chat_id] = await messenger.send(chat_id, Screen("buttons of all kinds"))
        query = sandbox.queries.tap_data(person_id, pack(record), shown[chat_id], chat_id)
        await processor.handle(await store(sandbox.updates.pending()[-1]))
        assert query.answer is not None
        return str(query.answer["text"])

    return press


async def test_an_admin_reaches_everything_of_admins(
    router: Router, reached: list[str], say: Say, tap: Tap, root: int
) -> None:
    for name in router.admin.commands:
        assert await say(root, f"/{name}", root) == ["an admin's"]
    for kind in router.admin.buttons:
        await tap(root, kind, root)
    assert reached == [*router.admin.commands, *(kind.tag for kind in router.admin.buttons)]
    assert len(reached) > 20


async def test_to_anybody_else_a_command_of_admins_is_unknown(
    router: Router, reached: list[str], say: Say, ada: int
) -> None:
    unknown = await say(ada, "/no_such_command", ada)
    assert len(unknown) == 1
    for name in router.admin.commands:
        assert await say(ada, f"/{name} 1", ada) == unknown
        assert await say(ada, f"/start {name}", ada) != ["an admin's"]
    assert reached == []


async def test_to_anybody_else_a_button_of_admins_is_stale(
    router: Router, reached: list[str], tap: Tap, ada: int
) -> None:
    for kind in router.admin.buttons:
        assert await tap(ada, kind, ada) == STALE
    assert reached == []


async def test_in_a_group_nothing_of_admins_is_there_not_even_for_an_admin(
    router: Router, reached: list[str], say: Say, tap: Tap, sandbox: Sandbox, root: int, ada: int, club: int
) -> None:
    for person in (root, ada):
        for name in router.admin.commands:
            assert await say(person, f"/{name}@{sandbox.bot.username}", club) == []
        for kind in router.admin.buttons:
            assert await tap(person, kind, club) == PRIVATE_ONLY
    assert reached == []


def test_every_command_of_admins_is_in_their_menu(router: Router) -> None:
    commands = router.admin.commands
    assert {"admin", "models", "rollback", "promote", "retrain", "audit"} <= set(commands)
    assert [name for name, does in admin_menu(commands, translator("en")) if does] == list(commands)


def test_every_event_that_a_room_may_claim_is_claimed(router: Router) -> None:
    """An event without a handler is dropped in silence."""
    assert [name for name, handler in vars(router).items() if handler is None] == []
