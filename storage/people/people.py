"""The people who talk to the bot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.errors import UnknownRow
from storage.schema import people


@dataclass(frozen=True, slots=True)
class Person:
    """One person. `active` is false for somebody who blocked the bot, or never wrote to it; times
    are UTC."""

    id: int
    telegram_id: int
    language: str | None
    active: bool
    created_at: datetime
    seen_at: datetime


async def meet(
    conn: AsyncConnection, telegram_id: int, language: str | None, at: datetime, *, privately: bool = True
) -> Person:
    """The person with this Telegram id, new or known; who was inactive is active again if it was `privately`.

    A bot can write to nobody who never wrote to it: somebody met in a group alone is inactive. A
    `language` of None keeps the one already known.
    """
    insert = insert_into(conn, people).values(
        telegram_id=telegram_id, language=language, active=privately, created_at=at, seen_at=at
    )
    known = insert.on_conflict_do_update(
        index_elements=["telegram_id"],
        set_={
            "language": func.coalesce(insert.excluded.language, people.c.language),
            "active": True if privately else people.c.active,
            "seen_at": insert.excluded.seen_at,
        },
    )
    row = (await conn.execute(known.returning(*people.c))).one()
    return Person(**row._asdict())


async def get(conn: AsyncConnection, person_id: int) -> Person:
    """The person with this id. Raises UnknownRow."""
    row = (await conn.execute(select(people).where(people.c.id == person_id))).one_or_none()
    if row is None:
        raise UnknownRow(f"no person {person_id}")
    return Person(**row._asdict())


async def find(conn: AsyncConnection, telegram_id: int) -> Person | None:
    """The person with this Telegram id, if we met."""
    row = (await conn.execute(select(people).where(people.c.telegram_id == telegram_id))).one_or_none()
    return None if row is None else Person(**row._asdict())


async def deactivate(conn: AsyncConnection, telegram_id: int) -> None:
    """Mark somebody who blocked the bot: nothing is sent unasked until `meet`. Strangers are ignored."""
    await conn.execute(update(people).where(people.c.telegram_id == telegram_id).values(active=False))
