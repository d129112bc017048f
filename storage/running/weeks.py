"""What was measured of the loop, week by week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.schema import weeks


@dataclass(frozen=True, slots=True)
class Week:
    """The figures of one week; `week` is ISO 8601's, as 2026-W48."""

    week: str
    figures: dict[str, Any]
    made_at: datetime


async def add(conn: AsyncConnection, week: str, figures: Mapping[str, Any], at: datetime) -> bool:
    """Keep the figures of a week, once; whether this was the time."""
    row = {"week": week, "figures": dict(figures), "made_at": at}
    insert = insert_into(conn, weeks).values(row).on_conflict_do_nothing(index_elements=["week"])
    return (await conn.execute(insert.returning(weeks.c.week))).first() is not None


async def every(conn: AsyncConnection) -> list[Week]:
    """All weeks, oldest first."""
    return [Week(**row._asdict()) for row in await conn.execute(select(weeks).order_by(weeks.c.week))]


async def last(conn: AsyncConnection) -> Week | None:
    """The newest week that was measured, if there is one."""
    row = (await conn.execute(select(weeks).order_by(weeks.c.week.desc()).limit(1))).one_or_none()
    return None if row is None else Week(**row._asdict())
