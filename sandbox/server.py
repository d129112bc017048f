"""The local Telegram as an application and as a server."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.bot_api import endpoints as bot_api
from sandbox.control import routes as control
from sandbox.doorkeeper import Doorkeeper, Unframed
from sandbox.errors import ControlError
from sandbox.world import Sandbox

_TICK = 0.1  # seconds between two looks at the clock
_GRACE = 1.0  # seconds that answers under way get at the end
_LOOK = 0.002  # seconds between two looks whether they are out


def create_app(sandbox: Sandbox) -> Starlette:
    """The Bot API, the control API and the page over one world."""
    app = Starlette(
        routes=[
            *bot_api.ROUTES,
            Mount("/control", routes=control.ROUTES),
            Mount("/", _Page(directory=Path(__file__).parent / "page", html=True)),
        ],
        middleware=[Middleware(Doorkeeper)],
        exception_handlers={ControlError: control.control_error},
    )
    app.state.sandbox = sandbox
    return app


@contextlib.asynccontextmanager
async def serve(
    sandbox: Sandbox, host: str = "127.0.0.1", port: int = 8081, *, strict: bool = False
) -> AsyncIterator[str]:
    """Serve in the running event loop; gives the base URL, and has stopped when the block ends.

    Port 0 is any free one. If `port` is taken, another free one is used, or OSError is raised with `strict`.
    Waiting long polls and event streams are let go at the end, so that stopping is quick. The access log is
    off: paths carry the token.
    """
    with _listen(host, port, strict) as listener:
        # Without this each answer waits 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _Server(
            uvicorn.Config(
                Unframed(create_app(sandbox)),
                http=_Protocol,
                log_config=None,
                log_level="warning",
                access_log=False,
                lifespan="off",
            )
        )
        sandbox.changes.open()
        task, clock = asyncio.create_task(server.serve([listener])), asyncio.create_task(_keep_time(sandbox))
        try:
            await server.ready.wait()
            yield _url(listener)
        finally:
            sandbox.changes.close()
            clock.cancel()
            server.ending.set()
            await task
            with contextlib.suppress(asyncio.CancelledError):
                await clock


async def _keep_time(sandbox: Sandbox) -> None:
    """Close polls when their time is over, while the world is served."""
    while not sandbox.changes.closed:
        sandbox.polls.close_due()
        await asyncio.sleep(_TICK)


class _Page(StaticFiles):
    """The page's files, asked for anew each time: after an upgrade no browser mixes old and new parts."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


class _Protocol(H11Protocol):
    """Hands each request the connection that it came by, so that a fault can close it without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Says when it is ready, ends at once, and leaves the signals to the program around it.

    uvicorn's own end takes two to four tenths of a second, asleep: a second for each ten tests.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready, self.ending = asyncio.Event(), asyncio.Event()

    async def main_loop(self) -> None:
        for counter in itertools.count():
            await self.on_tick(counter)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), _TICK)
                return

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn tells nobody
                    await asyncio.sleep(_LOOK)
        for task in self.server_state.tasks:
            task.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int, strict: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError:
        if strict or port == 0:
            raise
        return socket.create_server((host, 0), family=family)


def _url(listener: socket.socket) -> str:
    """Where a browser on this machine finds the server."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
