"""The one door to the database: snapshots to read, one transaction at a time to write."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import schema
from storage.database.engine import make_engine, opening, parse_url, sqlite_file
from storage.errors import DatabaseBusy, DatabaseClosed, DatabaseLost, NestedWrite, StorageError

_CONNECTIONS = 4

# WAL: readers see a snapshot while one writes. FULL: a commit is on the disk, since intake acknowledges on
# it. One writer connection: besides order, SQLite before 3.51.3 can damage a WAL that two of them write.
_WRITER_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON"}
_READER_PRAGMAS = {"query_only": "ON"}


class Database:
    """An open database, made by `Database.open`. `storage.database.migrations.migrate` comes before it."""

    def __init__(
        self, reader: AsyncEngine, writer: AsyncEngine, held: Callable[[], bool] = lambda: True
    ) -> None:
        self._held = held
        self._reader = reader
        self._writer = writer
        # On SQLite writers queue here, first come first served; PostgreSQL lets them work side by side.
        self._turn: AbstractAsyncContextManager[object] = (
            asyncio.Lock() if writer.dialect.name == "sqlite" else nullcontext()
        )
        self._writing: set[asyncio.Task[object] | None] = set()
        self._closed = False

    @classmethod
    async def open(cls, url: str, held: Callable[[], bool] = lambda: True) -> Database:
        """Open a SQLite file (its folder is made) or a PostgreSQL database. Raises CannotOpen.

        While `held` (see `storage.database.lock`) says no, reads and writes raise DatabaseLost: another
        process may have it.
        """
        parsed = parse_url(url)
        file = sqlite_file(parsed)
        with opening(parsed):
            if file is None:
                writer = make_engine(parsed, pragmas={}, begin="", size=_CONNECTIONS)
                reader = make_engine(parsed, pragmas={}, begin="", size=_CONNECTIONS)
                reader = reader.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                writer = make_engine(parsed, pragmas=_WRITER_PRAGMAS, begin="BEGIN IMMEDIATE", size=1)
                reader = make_engine(parsed, pragmas=_READER_PRAGMAS, begin="BEGIN", size=_CONNECTIONS)
            async with writer.connect():  # says now, not at the first message, that it cannot
                pass
        return cls(reader, writer, held)

    async def close(self) -> None:
        """Wait for the write under way and close all connections. SQLite's WAL goes into its file then."""
        self._closed = True
        async with self._turn:
            await self._reader.dispose()
            await self._writer.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A snapshot, taken at the first query: later writes are not seen, and a write raises."""
        self._check()
        async with _transaction(self._reader) as conn:
            yield conn

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back by any exception, cancellation included.

        Raises NestedWrite, DatabaseFull, DatabaseLost, DatabaseClosed. A cancellation that comes during
        the commit is raised after it.
        """
        task = asyncio.current_task()
        if task in self._writing:
            raise NestedWrite("this task is writing already; pass its connection on")
        async with self._turn:
            self._check()
            self._writing.add(task)
            try:
                async with _transaction(self._writer) as conn:
                    yield conn
                    self._check_lock()  # before the commit
            finally:
                self._writing.discard(task)

    def _check(self) -> None:
        if self._closed:
            raise DatabaseClosed("the database was closed")
        self._check_lock()

    def _check_lock(self) -> None:
        if not self._held():
            raise DatabaseLost("the lock on the database is lost; it is waited for")

    async def erase(self) -> bool:
        """Have the disk forget what was deleted; False where somebody still reads it: try again later.

        SQLite: the WAL, which holds rows as they were, goes into the file and is cut to nothing; only writers
        wait, and only for that. PostgreSQL: VACUUM.
        """
        if self._writer.dialect.name != "sqlite":
            async with self._writer.connect() as conn:
                conn = await conn.execution_options(isolation_level="AUTOCOMMIT")
                await conn.exec_driver_sql("VACUUM " + ", ".join(sorted(schema.metadata.tables)))
            return True
        busy, _, _ = await self._statement("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    async def rebuild(self) -> None:
        """Write a SQLite file anew, without what is left in it of rows deleted before `secure_delete`."""
        if self._writer.dialect.name == "sqlite":
            await self._statement("VACUUM")

    async def _statement(self, statement: str) -> Sequence[int]:
        """A statement of SQLite that stands in no transaction, without waiting for anybody; its first row.

        Raises DatabaseBusy.
        """
        rows: list[Sequence[int]] = []

        async def work() -> None:
            conn = self._writer.connect()
            try:
                await conn.start()
                driver: Any = (await conn.get_raw_connection()).driver_connection
                ((patience,),) = await driver.execute_fetchall("PRAGMA busy_timeout")
                await driver.execute_fetchall("PRAGMA busy_timeout = 0")
                try:
                    rows.extend(await driver.execute_fetchall(statement))
                finally:
                    await driver.execute_fetchall(f"PRAGMA busy_timeout = {patience}")
            except sqlite3.Error as error:
                raise DatabaseBusy(f"{statement} is not possible now: {error}") from error
            finally:
                await conn.close()

        async with self._turn:
            if self._closed:
                raise DatabaseClosed("the database was closed")
            await _to_the_end(work())
        return rows[0] if rows else ()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """As `engine.begin()`, but no cancellation leaves a connection half made or half closed."""
    conn = engine.connect()
    try:
        await _to_the_end(_begin(conn))
        yield conn
        await _to_the_end(_commit(conn))
    finally:
        if conn.sync_connection is not None:
            await _to_the_end(conn.close())  # rolls back what is not committed


async def _begin(conn: AsyncConnection) -> None:
    try:
        await conn.start()
    except OSError as error:
        raise DatabaseLost(f"the database cannot be reached: {error}") from error
    await conn.begin()


async def _commit(conn: AsyncConnection) -> None:
    try:
        await conn.commit()
    except (DBAPIError, StorageError):
        await conn.invalidate()  # nobody knows whether its transaction is still open: the next has another
        raise


async def _to_the_end(work: Coroutine[object, object, None]) -> None:
    """Do `work` without interruption; a cancellation that comes meanwhile is raised after it."""
    task = asyncio.create_task(work)
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from task.exception()
    task.result()
