"""Insert, or change the row that is already there: the one statement that dialects spell differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

DialectInsert: TypeAlias = "sqlite.Insert | postgresql.Insert"


def insert_into(conn: AsyncConnection, table: Table) -> DialectInsert:
    """An insert of this connection's dialect, with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if conn.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # two megabytes that SQLite has no use for

    return postgresql.insert(table)


def upsert(
    conn: AsyncConnection, table: Table, values: Mapping[str, object], *, key: Sequence[str]
) -> DialectInsert:
    """Insert `values`, or set all of them but `key` on the row that has this key."""
    insert = insert_into(conn, table).values(values)
    changed = {name: insert.excluded[name] for name in values if name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=changed)
