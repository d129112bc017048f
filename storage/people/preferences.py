"""What a person chose for the bot itself, apart from films."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.schema import preferences


async def time_zone(conn: AsyncConnection, person_id: int) -> str | None:
    """A person's IANA time zone; None if they never chose one."""
    query = select(preferences.c.time_zone).where(preferences.c.person_id == person_id)
    zone: str | None = (await conn.execute(query)).scalar_one_or_none()
    return zone


async def set_time_zone(conn: AsyncConnection, person_id: int, zone: str) -> None:
    """Keep a person's time zone, in place of the one before."""
    values = {"person_id": person_id, "time_zone": zone}
    await conn.execute(upsert(conn, preferences, values, key=("person_id",)))
