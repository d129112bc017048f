"""`/healthz`, `/readyz` and `/metrics`, for those who watch the process: answered from the bot's event loop.

`/healthz` says that the loop turns; a restart mends what it finds wrong. `/readyz` says whether people are
answered; what it finds wrong may be Telegram's, and then a restart mends nothing.
`/metrics` is what Prometheus reads.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog
import uvicorn
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import SettingsError
from bot.films.numbering import CATALOG_KEY
from bot.process.metrics import Metrics
from bot.telegram.client import POLL_SECONDS
from bot.telegram.intake import Intake
from storage.database import Database, facts

log = structlog.get_logger(__name__)

SILENCE_SECONDS = 2 * POLL_SECONDS  # a poll that brings nothing takes half of that
_DATABASE_SECONDS = 5.0
_OK = "ok"


@dataclass(slots=True)
class Health:
    """What `bot.app` has opened so far; None is not there yet."""

    model: int | None = None
    database: Database | None = None
    intake: Intake | None = None

    async def checks(self) -> dict[str, str]:
        """Each thing that answering people needs: "ok", or what is missing. No secrets."""
        return {
            "database": await self._database(),
            "model": _OK if self.model is not None else "not loaded yet",
            "polling": self._polling(),
        }

    async def _database(self) -> str:
        if self.database is None:
            return "not open yet"
        try:
            async with asyncio.timeout(_DATABASE_SECONDS), self.database.read() as conn:
                await facts.get(conn, CATALOG_KEY)
        except Exception as error:  # whatever it is, the database does not answer
            log.warning("the database does not answer", cause=type(error).__name__)
            return "does not answer"
        return _OK

    def _polling(self) -> str:
        heard_at = self.intake.heard_at if self.intake else None
        if heard_at is None:
            return "Telegram has not answered yet"
        silence = time.monotonic() - heard_at
        return _OK if silence <= SILENCE_SECONDS else f"no update could be asked for in {silence:.0f} s"


def create_app(health: Health, metrics: Metrics) -> Starlette:
    """The paths over what is open and what was measured."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> JSONResponse:
        checks = await health.checks()
        ready = all(found == _OK for found in checks.values())
        return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)

    async def exposition(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), headers={"content-type": content_type})

    paths = {"/healthz": healthz, "/readyz": readyz, "/metrics": exposition}
    return Starlette(routes=[Route(path, answer) for path, answer in paths.items()])


@asynccontextmanager
async def serve_health(health: Health, metrics: Metrics, host: str, port: int | None) -> AsyncIterator[None]:
    """Answer while the block runs; without a port, nothing listens. Raises SettingsError if it is taken."""
    if port is None:
        yield
        return
    with _listen(host, port) as listener:
        config = uvicorn.Config(
            create_app(health, metrics),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = _HealthServer(config)
        task = asyncio.create_task(server.serve([listener]))
        await server.ready.wait()
        log.info("health checks", host=host, port=listener.getsockname()[1])
        try:
            yield
        finally:
            server.should_exit = True
            await task


class _HealthServer(uvicorn.Server):
    """Says when it is ready, and leaves the signals to the program around it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(f"MATINEE_HTTP_PORT {port} on {host}: {error.strerror or error}") from error
