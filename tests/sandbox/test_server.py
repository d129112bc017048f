"""Serving: ports, the page's files, the stream of changes, and a stop that waits for nobody."""

import asyncio
import json
import re
import signal
import socket
from collections.abc import Awaitable, Callable
from importlib import resources

import httpx
import pytest

from sandbox import Sandbox, serve

Waiting = Callable[[int], Awaitable[None]]


async def test_a_taken_port_is_replaced_unless_that_is_forbidden(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with serve(sandbox, port=port) as url, httpx.AsyncClient(base_url=url, verify=False) as client:
            assert not url.endswith(f":{port}")
            assert (await client.get("/control/bot")).json()["username"] == "matinee_bot"
        with pytest.raises(OSError, match="in use"):
            async with serve(sandbox, port=port, strict=True):
                pass


async def test_stopping_lets_a_long_poll_and_an_event_stream_go(
    sandbox: Sandbox, token: str, waiting: Waiting
) -> None:
    client = httpx.AsyncClient(timeout=60, verify=False)
    async with serve(sandbox, port=0) as url:
        poll = asyncio.create_task(client.get(f"{url}/bot{token}/getUpdates", params={"timeout": 50}))
        stream = asyncio.create_task(client.get(f"{url}/control/events"))
        wait = asyncio.create_task(
            client.get(f"{url}/control/chats/806132947", params={"after": 99, "wait": 50})
        )
        await waiting(3)
    assert (await poll).json() == {"ok": True, "result": []}
    assert (await wait).json()["messages"] == []
    assert (await stream).text.endswith("\n\n")
    await client.aclose()


async def test_signals_stay_with_the_program(sandbox: Sandbox) -> None:
    before = signal.getsignal(signal.SIGINT)
    async with serve(sandbox, port=0):
        assert signal.getsignal(signal.SIGINT) is before


async def test_the_stream_names_the_chat_that_has_changed(
    http: httpx.AsyncClient, sandbox: Sandbox, ada: int
) -> None:
    seen: list[tuple[int, int]] = []
    async with http.stream("GET", "/control/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            if line.startswith("data: {"):  # the others are news of calls and faults
                change = json.loads(line.removeprefix("data: "))
                seen.append((change["chat_id"], change["version"]))
            if len(seen) == 2 and line:
                sandbox.people.say(ada, "hello")
            if len(seen) == 3:
                break
    versions = dict(seen[:2])
    assert set(versions) == set(sandbox.state.people)
    assert seen[2] == (ada, sandbox.state.chats[ada].version)
    assert seen[2][1] > versions[ada]


async def test_the_page_and_everything_it_asks_for_are_served(http: httpx.AsyncClient) -> None:
    index = await http.get("/")
    assert index.headers["content-type"].startswith("text/html")
    assert index.headers["cache-control"] == "no-cache"
    files = {file.name for file in resources.files("sandbox").joinpath("page").iterdir()}
    asked = set(re.findall(r'(?:href|src)="([^"]+)"', index.text))
    for name in sorted(files - {"index.html"}):
        response = await http.get(f"/{name}")
        assert response.status_code == 200
        asked |= set(re.findall(r'(?:from |url\()"(?:\./)?([^"]+)"', response.text))
    assert asked == files - {"index.html"}


async def test_the_page_never_makes_markup_of_text(http: httpx.AsyncClient) -> None:
    files = resources.files("sandbox").joinpath("page").iterdir()
    names = [file.name for file in files if file.name.endswith(".js")]
    scripts = "".join([(await http.get(f"/{name}")).text for name in names])
    assert "textContent" in scripts
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", scripts)
    assert "script-src 'self'" in (await http.get("/")).text
