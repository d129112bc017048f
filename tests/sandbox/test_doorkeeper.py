"""No page of another site drives the local Telegram: whatever it asks for, on every route that there is."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route

from sandbox import Sandbox
from sandbox.doorkeeper import LARGEST
from sandbox.server import create_app

FOREIGN = [
    {"host": "evil.example"},  # a name that was rebound to this machine
    {"host": "127.0.0.1.evil.example:8081"},
    {"host": "evil.example@127.0.0.1"},
    {"host": ""},
    {"host": "[::1]evil"},
    {"origin": "https://evil.example"},
    {"origin": "http://127.0.0.1:9"},  # another port is another site's page
    {"origin": "null"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
]


def paths(routes: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """A method and a path for each route."""
    for route in routes:
        if isinstance(route, Mount):
            yield from paths(list(route.routes), before + route.path) if route.routes else [("GET", "/")]
        elif isinstance(route, Route):
            path = before + route.path
            for name, value in {"token:str": "TOKEN", "method:str": "getMe", "path:path": "x"}.items():
                path = path.replace(f"{{{name}}}", value)
            yield from ((method, path) for method in sorted(route.methods or {"GET"}))


async def test_every_route_refuses_a_page_of_another_site(
    http: httpx.AsyncClient, sandbox: Sandbox, token: str
) -> None:
    asked = [(method, path.replace("TOKEN", token)) for method, path in paths(create_app(sandbox).routes)]
    assert len(asked) > 30
    before = len(sandbox.calls)
    for method, path in asked:
        for headers in FOREIGN:
            refusal = await http.request(method, path, headers=headers)
            assert refusal.status_code in (400, 403, 421), (method, path, headers)
            assert len(refusal.text.splitlines()) <= 1
    assert len(sandbox.calls) == before


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:80", "[::1]:8081", "LOCALHOST:1"])
async def test_this_machine_is_let_in_by_any_of_its_names(
    http: httpx.AsyncClient, host: str, token: str
) -> None:
    own = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    assert (await http.get(f"/bot{token}/getMe", headers=own)).json()["ok"]
    page = await http.get("/", headers={"host": host})
    assert page.status_code == 200
    assert page.headers["x-frame-options"] == "DENY"
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert (await http.get("/", headers=followed)).status_code == 200
    assert (await http.get("/control/people", headers=followed)).status_code == 403


async def test_an_answer_to_a_fault_of_ours_is_no_frame_either(http: httpx.AsyncClient, token: str) -> None:
    answer = await http.post(
        f"/bot{token}/getMe", content="[" * 100_000, headers={"content-type": "application/json"}
    )
    assert answer.status_code >= 400
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"


async def test_a_body_that_is_too_long_is_not_read(url: str, token: str) -> None:
    """Not a byte of it is awaited."""
    for path in (f"/bot{token}/sendDocument", "/control/chats/806132947/documents"):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LARGEST + 1}\r\n\r\n"
        writer.write(head.encode())
        assert b" 413 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_a_body_without_an_end_is_cut_off(http: httpx.AsyncClient, token: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 4 * LARGEST:
            sent += 1_000_000
            yield bytes(1_000_000)

    try:
        answer = await http.post(f"/bot{token}/getMe", content=endless())
        assert answer.status_code == 413
    except httpx.TransportError:  # it is told, and then hung up on
        pass
    assert sent < 3 * LARGEST
