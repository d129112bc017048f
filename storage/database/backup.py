"""Backups of either database, made while the bot runs, and putting one back while it does not."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import backup_postgresql, backup_sqlite
from storage.database.engine import make_engine, opening, parse_url, sqlite_file
from storage.database.lock import hold
from storage.database.migrations import REVISIONS, build, build_on
from storage.database.urls import masked
from storage.errors import BackupFailed, RestoreFailed, SchemaTooNew
from storage.schema import metadata


@dataclass(frozen=True, slots=True)
class Restored:
    """The rows of each table that came back, and where the old ones are, if there were any."""

    rows: dict[str, int]
    aside: str | None


def default_name(url: str) -> str:
    """A name for a backup made now."""
    suffix = ".dump" if sqlite_file(parse_url(url)) is None else ".db"
    return f"matinee-{_now()}{suffix}"


def impossible(url: str) -> str | None:
    """Why no backup can be made on this machine; None where one can."""
    if sqlite_file(parse_url(url)) is None:
        try:
            backup_postgresql.require_programs()
        except BackupFailed as error:
            return str(error)
    return None


async def back_up(url: str, target: Path) -> dict[str, int]:
    """Write a verified backup to a file that is not there yet; the rows of each table in it.

    SQLite: a database that can be opened. PostgreSQL: a dump in pg_dump's custom format. People may go on
    rating meanwhile: it is the state of one moment. Raises CannotOpen, BackupFailed.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None:
        if not file.exists():
            raise BackupFailed(f"there is no database {file} yet")
        return await asyncio.to_thread(backup_sqlite.back_up, file, target)
    backup_postgresql.require_programs()
    async with _connected(parsed) as conn:  # pg_dump sees what this transaction sees, as long as it lasts
        snapshot = (await conn.execute(text("SELECT pg_export_snapshot()"))).scalar_one()
        schema = (await conn.execute(text("SELECT current_schema()"))).scalar_one()
        rows = await _rows(conn, schema)
        if not rows:
            raise BackupFailed(f"the database {masked(parsed)} has no tables of Matinee's yet")
        await asyncio.to_thread(backup_postgresql.dump, parsed, target, snapshot, schema, rows)
    return rows


async def restore(url: str, backup: Path, aside: Path) -> Restored:
    """Put a backup in the place of a database that nobody uses; what was there is kept.

    Only values come out of the backup, into our own schema of its revision, which is then brought up to date:
    what else it holds is refused by its name, and nothing in it is run. What was there is kept, SQLite: as a
    file in the folder `aside`; PostgreSQL: in a schema beside. Raises CannotOpen,
    DatabaseInUse, BackupFailed, SchemaTooNew and RestoreFailed, after which the database is as it was.
    """
    async with hold(url):
        parsed = parse_url(url)
        file = sqlite_file(parsed)
        if file is None:
            return await _restore_postgresql(parsed, backup)
        return await _restore_sqlite(file, backup, aside)


async def _restore_sqlite(file: Path, backup: Path, aside: Path) -> Restored:
    revision, _ = await asyncio.to_thread(backup_sqlite.read_backup, backup)
    _check_revision(backup, revision)
    fresh = file.with_name(file.name + ".restoring")
    try:
        _remove(fresh)
        await build(f"sqlite:///{fresh}", revision)
        await asyncio.to_thread(backup_sqlite.check_schema, backup, fresh)
        rows = await asyncio.to_thread(backup_sqlite.fill, backup, fresh)
        await build(f"sqlite:///{fresh}", REVISIONS[-1])
        await asyncio.to_thread(backup_sqlite.read_backup, fresh)  # every page of it; the WAL is in it then
        old = aside / f"{file.stem}-{_now()}-before-restore{file.suffix}"
        was_there = await asyncio.to_thread(backup_sqlite.put_back, fresh, file, old)
    finally:
        _remove(fresh)
    return Restored({**rows, "alembic_version": 1}, str(old) if was_there else None)


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


async def _restore_postgresql(url: URL, backup: Path) -> Restored:
    backup_postgresql.require_programs()
    await asyncio.to_thread(backup_postgresql.check_contents, backup, (*metadata.tables, "alembic_version"))
    aside = f"matinee_{_now().lower()}_before_restore"
    with tempfile.TemporaryDirectory() as folder:
        found = await asyncio.to_thread(backup_postgresql.unpack, backup, Path(folder))
        _check_revision(backup, found.revision)
        async with _connected(url) as conn:
            try:
                async with conn.begin():
                    old = await _make_room(conn, aside)
                    await conn.run_sync(build_on, found.revision)
                    await backup_postgresql.fill(conn, backup, found, Path(folder))
                    await conn.run_sync(build_on, REVISIONS[-1])
            except (DBAPIError, OSError, asyncpg.PostgresError) as error:
                why = error.orig if isinstance(error, DBAPIError) else error
                raise RestoreFailed(
                    f"{backup} could not be restored, the database is as it was: {why}"
                ) from error
    return Restored(found.rows, f"the schema {aside}" if old else None)


async def _make_room(conn: AsyncConnection, aside: str) -> list[str]:
    """Move our tables, if there are any, to a new schema; their names."""
    schema = (await conn.execute(text("SELECT current_schema()"))).scalar_one()
    old = list(await _rows(conn, schema))
    if old:
        await conn.execute(text(f'CREATE SCHEMA "{aside}"'))
    for name in old:
        await conn.execute(text(f'ALTER TABLE "{schema}"."{name}" SET SCHEMA "{aside}"'))
    return old


@asynccontextmanager
async def _connected(url: URL) -> AsyncIterator[AsyncConnection]:
    """One connection, and in it one snapshot of everything."""
    async with AsyncExitStack() as stack:
        with opening(url):
            engine = make_engine(url, pragmas={}, begin="", size=1)
            stack.push_async_callback(engine.dispose)
            snapshots = engine.execution_options(isolation_level="REPEATABLE READ")
            conn = await stack.enter_async_context(snapshots.connect())
        yield conn


def _check_revision(backup: Path, revision: str) -> None:
    if revision not in REVISIONS:
        raise SchemaTooNew(
            f"{backup} has schema {revision}, and this version of Matinee knows schemas up to "
            f"{REVISIONS[-1]}: a newer version wrote it"
        )


async def _rows(conn: AsyncConnection, schema: str) -> dict[str, int]:
    """The rows of each table of ours that is there; other tables in the schema are none of our business."""

    def names(sync: Connection) -> list[str]:
        return inspect(sync).get_table_names(schema=schema)

    ours = [name for name in await conn.run_sync(names) if name in (*metadata.tables, "alembic_version")]
    quoted = {name: text(f'SELECT count(*) FROM "{schema}"."{name}"') for name in sorted(ours)}
    return {name: (await conn.execute(count)).scalar_one() for name, count in quoted.items()}


def _now() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
