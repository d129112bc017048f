"""One bot per PostgreSQL database, wherever it runs. A SQLite file needs none: its home is locked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.database.engine import opening, parse_url, sqlite_file
from storage.database.urls import masked
from storage.errors import DatabaseInUse, DatabaseLost

_KEY = 0x6D6174696E6565  # "matinee"; advisory locks are counted per database

# The server gives the lock back when the connection ends, which it notices of a process that died at once,
# and of a machine that died by these probes, within a minute.
_PROBES = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


@asynccontextmanager
async def hold(url: str, lost: Callable[[], object] = lambda: None) -> AsyncIterator[None]:
    """Hold a database while the block runs. Raises CannotOpen, DatabaseInUse.

    The lock goes with its connection. If that breaks, another process may hold the database from then on:
    `lost` is called, which should end the block, and DatabaseLost is raised at its end.
    """
    parsed = parse_url(url)
    if sqlite_file(parsed) is not None:
        yield
        return
    async with AsyncExitStack() as stack:
        with opening(parsed):
            engine = create_async_engine(
                parsed, isolation_level="AUTOCOMMIT", connect_args={"server_settings": _PROBES}
            )
            stack.push_async_callback(engine.dispose)
            conn = await stack.enter_async_context(engine.connect())
            locked = await conn.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY})
        if not locked:
            raise DatabaseInUse(
                f"another Matinee uses the database {masked(parsed)}: stop it first, or set another "
                "MATINEE_DATABASE_URL"
            )
        broken: list[object] = []

        def note(connection: object) -> None:
            broken.append(connection)
            lost()

        driver: Any = (await conn.get_raw_connection()).driver_connection
        driver.add_termination_listener(note)
        yield
        driver.remove_termination_listener(note)  # from here on it is we who close
        if broken:
            raise DatabaseLost(f"the connection to the database {masked(parsed)} broke: start again")
