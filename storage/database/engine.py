"""How connections are made: what a URL means, PRAGMAs, transactions, and errors with names of our own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, ExceptionContext, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.database.urls import masked, masked_text
from storage.errors import CannotOpen, DatabaseBusy, DatabaseFull, DatabaseLost

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
# `busy_timeout` in milliseconds; only a backup or a shell can be in the way, there is one writer. With
# `secure_delete` the file keeps nothing of a row that was deleted or changed.
_PRAGMAS = {"busy_timeout": "10000", "secure_delete": "ON"}
# A full disk is FULL; a quota, a size limit or a full disk under the shared memory of the WAL, an I/O error.
_SQLITE_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_PRIMARY = 0xFF  # of an extended result code of SQLite
_POSTGRESQL_FULL = "53100"  # SQLSTATE disk_full
_POSTGRESQL_STARTING = "57P03"  # cannot_connect_now


def parse_url(url: str) -> URL:
    """The URL of a SQLite file or a PostgreSQL database, with its async driver. Raises CannotOpen."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CannotOpen(
            "a database URL looks like sqlite+aiosqlite:////home/me/matinee.db or "
            "postgresql+asyncpg://user:password@host/database"
        ) from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise CannotOpen(f"{masked(parsed)} is not a URL of SQLite or PostgreSQL")
    if driver == _DRIVERS["sqlite"] and parsed.database in (None, "", ":memory:"):
        raise CannotOpen(f"{masked(parsed)} names no file, and what is in memory alone is lost")
    return parsed.set(drivername=driver)


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite URL; None for another database."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


@contextmanager
def opening(url: URL) -> Iterator[None]:
    """Whatever keeps a database from being opened inside this block is raised as CannotOpen."""
    try:
        yield
    except (DBAPIError, OSError, ImportError) as error:
        why = error.orig if isinstance(error, DBAPIError) else error
        raise CannotOpen(f"the database {masked(url)} cannot be opened: {masked_text(str(why))}") from error


def make_engine(url: URL, *, pragmas: Mapping[str, str], begin: str, size: int) -> AsyncEngine:
    """An engine of `size` connections at most, with errors of our own.

    `pragmas` are set on each new SQLite connection, and `begin` starts each of its transactions: the
    driver of Python 3.11 would start one at the first INSERT only, and never an immediate one.
    """
    # hide_parameters: errors go to logs, and parameters are what people wrote. Before use a pooled connection
    # is tried: a server that was restarted meanwhile has closed it.
    engine = create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=url.get_backend_name() != "sqlite",
    )
    event.listen(engine.sync_engine, "handle_error", _name_error)
    if url.get_backend_name() == "sqlite":

        def set_up(connection: Any, record: object) -> None:
            connection.isolation_level = None  # the driver starts no transaction by itself
            cursor = connection.cursor()
            for name, value in {**_PRAGMAS, **pragmas}.items():
                cursor.execute(f"PRAGMA {name} = {value}")
            cursor.close()

        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(engine.sync_engine, "connect", set_up)
        event.listen(engine.sync_engine, "begin", start)
    return engine


def _name_error(context: ExceptionContext) -> None:
    """Called by SQLAlchemy with every error of a driver; what is raised here is raised in its place."""
    error = context.original_exception
    if not isinstance(error, Exception):
        return  # a cancellation breaks the connection too, and must arrive as what it is
    code, state = getattr(error, "sqlite_errorcode", None), getattr(error, "sqlstate", None)
    if code in _SQLITE_FULL or state == _POSTGRESQL_FULL:
        raise DatabaseFull(f"the database can grow no more, no room is left on its disk: {error}") from error
    if code is not None and code & _PRIMARY in _SQLITE_BUSY:
        raise DatabaseBusy(f"the database does not answer now: {error}") from error
    if state == _POSTGRESQL_STARTING or (context.is_disconnect and not context.is_pre_ping):
        raise DatabaseLost(f"the connection to the database broke: {error}") from error
