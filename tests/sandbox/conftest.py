"""A served world, and the two ways into it: the Bot API (raw, or by PTB's client) and the control API."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from sandbox import Sandbox, serve
from sandbox.bot_api.methods import METHODS

# PTB's default warns, and a warning is an error.
os.environ.setdefault("PTB_TIMEDELTA", "1")

Call = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture
def token() -> str:
    return "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"


@pytest.fixture
def sandbox(token: str) -> Iterator[Sandbox]:
    world = Sandbox(token)
    yield world
    world.close()


@pytest.fixture
async def url(sandbox: Sandbox) -> AsyncIterator[str]:
    async with serve(sandbox, port=0) as address:
        yield address


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=60, verify=False) as client:
        yield client


@pytest.fixture
def call(http: httpx.AsyncClient, token: str) -> Call:
    """`await call("sendMessage", chat_id=…)`: the Bot API's envelope, after a POST of JSON."""

    async def post(method: str, **params: Any) -> Any:
        return (await http.post(f"/bot{token}/{method}", json=params)).json()

    return post


@pytest.fixture
def execute(sandbox: Sandbox) -> Call:
    """`await execute("sendMessage", chat_id=…)`: the method alone, without HTTP and the check of types."""

    async def run(method: str, **params: Any) -> Any:
        return await METHODS[method](sandbox, params)

    return run


@pytest.fixture
def connect(token: str) -> Callable[[str], ExtBot[None]]:
    """The real client for a server's address. Certificates, of no use on loopback, take long to load."""

    def client(url: str) -> ExtBot[None]:
        sending, polling = (HTTPXRequest(httpx_kwargs={"verify": False}) for _ in range(2))
        return ExtBot(token, f"{url}/bot", f"{url}/file/bot", sending, polling)

    return client


@pytest.fixture
async def ptb(url: str, connect: Callable[[str], ExtBot[None]]) -> AsyncIterator[ExtBot[None]]:
    async with connect(url) as client:
        yield client


@pytest.fixture
def waiting(sandbox: Sandbox) -> Callable[[int], Awaitable[None]]:
    """`await waiting(2)` returns once so many long polls and streams hang at the server."""

    async def reached(count: int) -> None:
        for _ in range(30_000):
            if sandbox.changes.waiting == count:
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"{sandbox.changes.waiting} wait, not {count}")

    return reached


@pytest.fixture
def ada(sandbox: Sandbox) -> int:
    """Somebody who has started the bot, and whose update is confirmed; her id needs more than 32 bits."""
    sandbox.people.say(5_170_394_001, "/start")
    sandbox.updates.drop_pending()
    return 5_170_394_001


@pytest.fixture
def grace() -> int:
    """Somebody who has never written."""
    return 806_132_947
