"""What is not Telegram's, and what Telegram would not send: from a server that answers with any bytes."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from telegram.error import BadRequest, NetworkError

from bot.process.metrics import Metrics
from bot.telegram.client import Client
from bot.telegram.dispatch import Dispatcher
from bot.telegram.intake import Intake
from bot.telegram.limits import Limits
from bot.telegram.messenger import MaybeSent, Messenger
from bot.telegram.processor import Processor
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from storage.database import Database
from storage.database.migrations import migrate
from tests import postgresql

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"
ME = '{"id": 4839574812, "is_bot": true, "first_name": "Matinee", "username": "matinee_bot"}'
PRIVATE = '"chat": {"id": %s, "type": "private"}, "from": {"id": %s, "is_bot": false, "first_name": "Ada"}'
FOREIGN = [
    "[]",
    "{}",
    '{"status": "up"}',
    '{"ok": true, "result": null}',
    '{"ok": true}',
    '{"ok": 1, "result": []}',
    '{"ok": true, "result": {"status": "up"}}',
    '{"ok": true, "result": "fine"}',
    '{"ok": true, "result": [1, 2]}',
    '{"ok": true, "result": [{"message": {}}]}',
    '"ok"',
    "null",
    "",
    "<html><body>Log in to the network</body></html>",
    "[" * 100_000,
]


def message(fields: str, update_id: int = 100) -> str:
    """The JSON of an update with a message, as bytes on the wire may have it."""
    return f'{{"update_id": {update_id}, "message": {{"message_id": 1, "date": 1796000000, {fields}}}}}'


MALFORMED = {
    "a chat of 2^70": message(PRIVATE % (2**70, 7) + ', "text": "hi"'),
    "a person of 2^70": message(PRIVATE % (7, 2**70) + ', "text": "hi"'),
    "a date that is no number": message(PRIVATE % (7, 7) + ', "text": "hi", "edit_date": NaN'),
    "an endless date": message(PRIVATE % (7, 7) + ', "text": "hi", "edit_date": -Infinity'),
    "5,000 levels": message(PRIVATE % (7, 7) + ', "text": ' + "[" * 5000 + "]" * 5000),
    "900 levels": message(PRIVATE % (7, 7) + ', "text": ' + "[" * 900 + "]" * 900),
    "5,000 digits": message(PRIVATE % (7, 7) + ', "text": "hi", "edit_date": ' + "9" * 5000),
    "half a character": message(PRIVATE % (7, 7) + r', "text": "\ud800"'),
    "a NUL": message(PRIVATE % (7, 7) + r', "text": "a\u0000b"'),
    "a NUL in a name": message((PRIVATE % (7, 7)).replace("Ada", r"\u0000")),
    "no number": '{"message": {}}',
    "a number that is none": '{"update_id": "100", "message": {}}',
    "a number of 2^70": f'{{"update_id": {2**70}, "message": {{}}}}',
    "a negative number": '{"update_id": -5, "message": {}}',
    "a list": "[1]",
}


class Server:
    """Answers calls with what it is told, and getUpdates with what waits, as Telegram does."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, str] = {}
        self.waiting: list[str] = []
        self.calls: list[tuple[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
                method = head.split(b" ")[1].rpartition(b"/")[2].decode()
                self.calls.append((method, body))
                answer = self.answer(method, body).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
        writer.close()

    def answer(self, method: str, body: str) -> str:
        if method in self.answers:
            return self.answers[method]
        if method == "getMe":
            return f'{{"ok": true, "result": {ME}}}'
        if method == "getUpdates":
            return f'{{"ok": true, "result": [{", ".join(self.due(body))}]}}'
        if method == "sendMessage":
            chat = '{"id": 7, "type": "private"}'
            return f'{{"ok": true, "result": {{"message_id": 9, "date": 1796000000, "chat": {chat}}}}}'
        return '{"ok": true, "result": true}'

    def due(self, body: str) -> list[str]:
        """What was not confirmed by the offset; of what has no number, nobody can say."""
        asked = dict(each.partition("=")[::2] for each in body.split("&"))
        offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", 100))
        found = []
        for raw in self.waiting:
            number = re.search(r'"update_id": (\d{1,18})\b', raw)
            if number is None or int(number[1]) >= offset:
                found.append(raw)
        return found[:limit]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as listening:
        made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield made


@pytest.fixture
async def client(server: Server, metrics: Metrics) -> AsyncIterator[Client]:
    limits = Limits(per_second=1e6, chat_per_second=1e6, chat_burst=1_000_000)
    made = Client(TOKEN, server.url, limits, metrics)
    await made.initialize()
    yield made
    await made.shutdown()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Rich takes half a minute to show 900 levels; the bot's own log does not show values."""
    with capture_logs():
        yield


@pytest.fixture(scope="module")
def server_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql.new_database() as url:
        asyncio.run(migrate(url, tmp_path_factory.mktemp("backups")))
        yield url


KINDS = [
    kind if kind == "sqlite" else pytest.param(kind, marks=pytest.mark.check) for kind in postgresql.KINDS
]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> str:
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "matinee.db")
        return f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}"
    url: str = request.getfixturevalue("server_database")
    postgresql.clear(url)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


@pytest.mark.parametrize("answer", FOREIGN, ids=lambda answer: answer[:40])
async def test_json_that_is_not_telegrams_is_trouble_of_the_network(
    server: Server, client: Client, answer: str
) -> None:
    """Of a proxy, or of a portal: also for the call that nothing goes without."""
    for method in ("getUpdates", "getMe", "sendMessage", "editMessageText", "answerCallbackQuery"):
        server.answers = {method: answer}
        calls: dict[str, Callable[[], object]] = {
            "getUpdates": lambda: client.raw_updates(None),
            "getMe": client.get_me,
            "sendMessage": lambda: client.send_message(7, "hi"),
            "editMessageText": lambda: client.edit_message_text("hi", 7, 1),
            "answerCallbackQuery": lambda: client.answer_callback_query("1"),
        }
        with pytest.raises(NetworkError) as raised:
            await calls[method]()  # type: ignore[misc]
        assert not isinstance(raised.value, BadRequest), method


async def test_a_message_that_was_answered_so_may_have_been_sent(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.messenger._FIRST_PAUSE", 0.0)
    server.answers = {"sendMessage": '{"status": "up"}'}
    with pytest.raises(MaybeSent):
        await Messenger(client).send(7, Screen("hi"))


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
async def test_one_malformed_update_holds_nobody_up(
    server: Server, client: Client, database: Database, metrics: Metrics, raw: str
) -> None:
    """Those before it, behind it and in its chat are answered; it is kept as failed, or was none."""
    heard: list[str] = []

    async def hear(request: Request) -> None:
        heard.append(request.text)

    router = Router(text=hear, unknown_command=hear)
    processor = Processor(client, database, Messenger(client), router, metrics)
    dispatcher = Dispatcher(processor.handle)
    intake = Intake(client, database, dispatcher.push)
    fields = PRIVATE % (7, 7) + ', "text": "%s"'
    server.waiting = [message(fields % "before", 99), raw, message(fields % "behind", 101)]
    running = asyncio.create_task(intake.run())
    try:
        async with asyncio.timeout(20):
            while not {"before", "behind"} <= set(heard) or dispatcher.length():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert not running.done()
            server.waiting.append(message(fields % "later", 102))
            while "later" not in heard or dispatcher.length():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await dispatcher.close(5)
    async with database.read() as conn:
        rows = (await conn.execute(text("SELECT update_id, state, body FROM updates"))).all()
    found = {row.update_id: row.state for row in rows}
    assert {found[99], found[101], found[102]} == {"done"}
    assert found.get(100, "none") in ("failed", "done", "none")
    assert all(row.body is None for row in rows)
    assert json.dumps(heard)
