"""One bot for each database, wherever it runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from storage.database.engine import opening, parse_url, sqlite_file
from storage.database.urls import masked
from storage.errors import CannotOpen, DatabaseInUse, DatabaseLost

log = structlog.get_logger(__name__)

_KEY = 0x6D6174696E6565  # "matinee"; advisory locks are counted per database

# The server gives the lock back when the connection ends, which it notices of a process that died at once,
# and of a machine that died by these probes, within a minute.
_PROBES = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
_PATIENCE = 60.0  # seconds in which a server that was lost may come back
_PAUSE = 1.0  # seconds between two looks whether it has


class Holding:
    """A database that this process holds. `held` is unset while its lock is lost: nothing may be done with
    the database then, since another process may have it."""

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.held.set()


@asynccontextmanager
async def hold(url: str, lost: Callable[[], object] = lambda: None) -> AsyncIterator[Holding]:
    """Hold a database while the block runs. Raises CannotOpen, DatabaseInUse.

    On PostgreSQL the lock goes with its connection. If that breaks, it is taken again as soon as the server
    is back. If that takes longer than a minute, or another process has it, `lost` is called, which should end
    the block, and DatabaseLost is raised at its end. On SQLite it is a lock on a file beside the database.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None:
        with _file_lock(file, parsed):
            yield Holding()
        return
    lock = _Lock(parsed, lost)
    try:
        if not await lock.take():
            raise _in_use(parsed)
        yield lock.holding
        lock.end()
        if lock.given_up:
            raise DatabaseLost(
                f"the connection to the database {masked(parsed)} broke, and did not come back: start again"
            )
    finally:
        lock.end()
        await lock.close()


class _Lock:
    """PostgreSQL's, on a connection of its own."""

    def __init__(self, url: URL, lost: Callable[[], object]) -> None:
        self.holding = Holding()
        self.given_up = False
        self._url = url
        self._lost = lost
        self._engine = create_async_engine(
            url, isolation_level="AUTOCOMMIT", connect_args={"server_settings": _PROBES}
        )
        self._conn: AsyncConnection | None = None
        self._driver: Any = None
        self._regaining: asyncio.Task[None] | None = None

    async def take(self) -> bool:
        """Whether it is ours now. Raises CannotOpen."""
        with opening(self._url):
            conn = await self._engine.connect()
            locked = await conn.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY})
        if not locked:
            await conn.close()
            return False
        self._conn = conn
        self._driver = (await conn.get_raw_connection()).driver_connection
        self._driver.add_termination_listener(self._note)
        return True

    def end(self) -> None:
        """From here on it is we who close."""
        if self._driver is not None:
            self._driver.remove_termination_listener(self._note)
            self._driver = None
        if self._regaining is not None:
            self._regaining.cancel()

    async def close(self) -> None:
        if self._regaining is not None:
            with suppress(asyncio.CancelledError):
                await self._regaining
        if self._conn is not None:
            await self._conn.close()
        await self._engine.dispose()

    def _note(self, connection: object) -> None:
        """The connection broke: until the lock is ours again, nothing is read or written."""
        self._driver = None
        self.holding.held.clear()
        log.warning("the database was lost, and is waited for", seconds=_PATIENCE)
        self._regaining = asyncio.create_task(self._regain())

    async def _regain(self) -> None:
        until = time.monotonic() + _PATIENCE
        if self._conn is not None:
            with suppress(Exception):  # it is broken, in whatever way
                await self._conn.invalidate()
                await self._conn.close()
            self._conn = None
        while time.monotonic() < until:
            # Not ours at once: the server may yet believe that our old connection is there.
            try:
                if await self.take():
                    self.holding.held.set()
                    log.warning("the database is there again")
                    return
            except Exception as error:  # of a server that comes and goes: whatever it is, it is tried again
                log.info("the database is not there yet", cause=str(error))
            await asyncio.sleep(_PAUSE)
        self.given_up = True
        self._lost()


@contextmanager
def _file_lock(file: Path, url: URL) -> Iterator[None]:
    """Another way to the same file, a link or another spelling, leads to the same lock."""
    real = file.resolve()
    real.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(real.with_name(real.name + ".lock"), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _in_use(url) from None
    except OSError as error:
        raise CannotOpen(f"the database {masked(url)} cannot be locked: {error}") from error
    try:
        yield
    finally:
        lock.release()


def _in_use(url: URL) -> DatabaseInUse:
    return DatabaseInUse(
        f"another Matinee uses the database {masked(url)}: stop it first, or set another MATINEE_DATABASE_URL"
    )
