"""A served local Telegram, the bot's client for it, and an empty database."""

from __future__ import annotations

import itertools
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.process.metrics import Metrics, build_metrics
from bot.telegram.client import Client
from bot.telegram.limits import Limits
from bot.telegram.messenger import Messenger
from sandbox import Sandbox, serve
from storage.database import Database
from storage.films.films import Film
from storage.running import updates
from storage.running.updates import NewUpdate, StoredUpdate

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"
NO_LIMITS = Limits(per_second=1e6, chat_per_second=1e6, chat_burst=1_000_000)


@pytest.fixture
async def database(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Database]:
    shutil.copy(migrated_file, tmp_path / "matinee.db")
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}")
    yield opened
    await opened.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    world = Sandbox(TOKEN)
    yield world
    world.close()


@pytest.fixture
async def api_url(sandbox: Sandbox) -> AsyncIterator[str]:
    async with serve(sandbox, port=0) as url:
        yield url


@pytest.fixture
def metrics() -> Metrics:
    """What the modules of a test measure into."""
    return build_metrics()


@pytest.fixture
async def client(api_url: str, metrics: Metrics) -> AsyncIterator[Client]:
    made = Client(TOKEN, api_url, NO_LIMITS, metrics)
    await made.initialize()
    yield made
    await made.shutdown()


@pytest.fixture
def messenger(client: Client, monkeypatch: pytest.MonkeyPatch) -> Messenger:
    """Tries again without a pause."""
    monkeypatch.setattr("bot.telegram.messenger._FIRST_PAUSE", 0.0)
    return Messenger(client)


@pytest.fixture
def ada(sandbox: Sandbox) -> int:
    """Somebody who has started the bot, and whose update is confirmed."""
    sandbox.updates.allow(["message", "callback_query", "my_chat_member"])
    sandbox.people.say(5_170_394_001, "/start")
    sandbox.updates.drop_pending()
    return 5_170_394_001


@pytest.fixture
def store(database: Database, client: Client) -> Callable[[dict[str, Any]], Any]:
    """`await store(update)`: the row that intake would make of an update."""

    async def receive(update: dict[str, Any], chat_key: int = 1) -> StoredUpdate:
        new = NewUpdate(update["update_id"], chat_key, update)
        async with database.write() as conn:
            (stored,) = await updates.receive(conn, client.id, [new], datetime.now(UTC))
        return stored

    return receive


@pytest.fixture
def make_film() -> Callable[..., Film]:
    """Films with ids that count up, and titles that break what is not escaped."""
    numbers = itertools.count(1)

    def make(title: str = '<b>Fast & "Furious" <3', year: int | None = 1996, **fields: Any) -> Film:
        known: dict[str, Any] = {
            "source": "tiny",
            "source_id": 1,
            "genres": ("Drama", "Sci-Fi"),
            "imdb_id": None,
            "tmdb_id": None,
            "alternatives": (),
        }
        return Film(id=next(numbers), title=title, year=year, **{**known, **fields})

    return make


@pytest.fixture
def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
