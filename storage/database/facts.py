"""Small facts about this database as a whole, by key: the catalog's fingerprint, the data set's name."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.schema import facts


async def get(conn: AsyncConnection, key: str) -> object | None:
    """The JSON value kept under `key`; None if there is none."""
    value: object | None = (
        await conn.execute(select(facts.c.value).where(facts.c.key == key))
    ).scalar_one_or_none()
    return value


async def put(conn: AsyncConnection, key: str, value: object) -> None:
    """Keep a JSON value under `key`, in place of the one before."""
    await conn.execute(upsert(conn, facts, {"key": key, "value": value}, key=("key",)))


async def drop(conn: AsyncConnection, key: str) -> None:
    """Keep nothing under `key` any more."""
    await conn.execute(delete(facts).where(facts.c.key == key))
