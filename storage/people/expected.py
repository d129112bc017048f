"""The text that a person was asked for: their next message without a slash is the answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.schema import expected_answers


async def expect(conn: AsyncConnection, person_id: int, kind: str, at: datetime) -> None:
    """Expect an answer of this kind, and none of another."""
    values = {"person_id": person_id, "kind": kind, "asked_at": at}
    await conn.execute(upsert(conn, expected_answers, values, key=("person_id",)))


async def of(conn: AsyncConnection, person_id: int) -> str | None:
    """The kind of answer that is expected from a person, if any."""
    query = select(expected_answers.c.kind).where(expected_answers.c.person_id == person_id)
    kind: str | None = (await conn.execute(query)).scalar_one_or_none()
    return kind


async def forget(conn: AsyncConnection, person_id: int) -> bool:
    """Expect nothing any more; whether something was expected."""
    mine = expected_answers.c.person_id == person_id
    return (await conn.execute(delete(expected_answers).where(mine))).rowcount == 1
