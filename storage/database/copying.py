"""Moving a whole database to another, empty one: SQLite to PostgreSQL, back, or between two of a kind.

Every id stays what it is, and so does the next one: a button of an old message finds its row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.connections import Database
from storage.database.engine import make_engine, opening, parse_url, sqlite_file
from storage.database.lock import hold
from storage.database.migrations import REVISIONS, migrate, revision
from storage.database.urls import masked
from storage.errors import CopyFailed
from storage.schema import metadata

_BATCH = 1000  # rows; a few hundred kilobytes


async def copy(source: str, target: str, backups: Path) -> dict[str, int]:
    """Copy every row of `source`, which has the newest schema, to `target`; the rows of each table.

    `target` has no rows yet, and gets the schema if it lacks it. Everything is copied in one transaction,
    read back, and compared by count and checksum before the commit. The caller sees to it that nobody
    writes to a SQLite source meanwhile. Raises CannotOpen, DatabaseInUse, SchemaTooNew, MigrationFailed,
    and CopyFailed, after which no row is in `target`.
    """
    if parse_url(source) == parse_url(target):
        raise CopyFailed("the source and the target are one database")
    async with hold(source), hold(target):
        if await revision(source) != REVISIONS[-1]:
            raise CopyFailed("the source has no schema of this version: `matinee db upgrade` brings it there")
        await _check_empty(target)
        await migrate(target, backups)
        return await _copy(source, target)


async def _copy(source: str, target: str) -> dict[str, int]:
    reading, writing = await Database.open(source), await Database.open(target)
    try:
        async with reading.read() as old, writing.write() as new:
            return {table.name: await _copy_table(old, new, table) for table in metadata.sorted_tables}
    except DBAPIError as error:
        raise CopyFailed(f"the target does not take a row of the source: {error.orig}") from error
    finally:
        await reading.close()
        await writing.close()


async def _check_empty(url: str) -> None:
    """Raise CopyFailed if there is anything in a database that is not an empty schema of ours."""
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return
    with opening(parsed):
        engine = make_engine(parsed, pragmas={}, begin="BEGIN", size=1)
        try:
            async with engine.connect() as conn:
                tables = await conn.run_sync(lambda sync: inspect(sync).get_table_names())
                foreign = set(tables) - {*metadata.tables, "alembic_version"}
                known = [table for table in metadata.sorted_tables if table.name in tables]
                filled = [table.name for table in known if await _count(conn, table)]
        finally:
            await engine.dispose()
    if foreign or filled:
        held = ", ".join([*sorted(foreign), *filled])
        raise CopyFailed(f"the target {masked(parsed)} is not empty, it holds {held}: name an empty database")


async def _copy_table(old: AsyncConnection, new: AsyncConnection, table: Table) -> int:
    """Copy one table and its next id; the rows. Raises CopyFailed if they do not come back as they were."""
    query = select(table).order_by(*table.primary_key)  # a list comes after the one it continues
    sent = _Checksum()
    async with old.stream(query) as rows:
        async for batch in rows.partitions(_BATCH):
            sent.add(batch)
            await new.execute(insert(table), [dict(row._mapping) for row in batch])
    kept = _Checksum()
    async with new.stream(query) as rows:
        async for batch in rows.partitions(_BATCH):
            kept.add(batch)
    if (sent.rows, sent.value) != (kept.rows, kept.value):
        raise CopyFailed(f"{table.name} came out otherwise: {sent} there, {kept} in the copy")
    await _copy_next_id(old, new, table)
    return sent.rows


class _Checksum:
    """The rows of a table in whatever order, since databases sort texts each in their own way."""

    def __init__(self) -> None:
        self.rows = 0
        self.value = 0

    def __str__(self) -> str:
        return f"{self.rows} rows with checksum {self.value:064x}"

    def add(self, batch: Iterable[Sequence[Any]]) -> None:
        for row in batch:
            written = json.dumps(list(row), default=_written, sort_keys=True)
            self.value += int.from_bytes(hashlib.sha256(written.encode()).digest(), "big")
            self.value %= 1 << 256
            self.rows += 1


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a column of {type(value)} has no checksum yet")


async def _count(conn: AsyncConnection, table: Table) -> int:
    return (await conn.execute(select(func.count()).select_from(table))).scalar_one()


async def _copy_next_id(old: AsyncConnection, new: AsyncConnection, table: Table) -> None:
    """Count on where the source stopped: the ids of rows that are gone by now are on buttons still."""
    if table.autoincrement_column is None or not table.dialect_options["sqlite"]["autoincrement"]:
        return
    last = await old.run_sync(_last_id, table)
    if last:
        await new.run_sync(_set_last_id, table, last)


def _sequence(conn: Connection, table: Table) -> str:
    assert table.autoincrement_column is not None
    names = {"table": f'"{table.name}"', "column": table.autoincrement_column.name}
    found = conn.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), names).scalar_one()
    return str(found)  # quoted, with its schema


def _last_id(conn: Connection, table: Table) -> int:
    """The last id that was given out, 0 if none was."""
    if conn.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        return conn.execute(query, {"table": table.name}).scalar() or 0
    state = conn.execute(text(f"SELECT last_value, is_called FROM {_sequence(conn, table)}")).one()
    return int(state.last_value) if state.is_called else 0


def _set_last_id(conn: Connection, table: Table, last: int) -> None:
    if conn.dialect.name == "sqlite":
        conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
        query = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)")
        conn.execute(query, {"table": table.name, "last": last})
    else:
        query = text("SELECT setval(CAST(:sequence AS regclass), :last)")
        conn.execute(query, {"sequence": _sequence(conn, table), "last": last})
