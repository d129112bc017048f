"""Every act of an admin, and of the bot where it acts for them: who, what, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import audit

NOBODY = 0  # the actor where the bot acted by itself, or an admin who is forgotten by now


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `actor` is Telegram's id of an admin, or NOBODY."""

    id: int
    at: datetime
    actor: int
    act: str
    details: dict[str, Any]


async def add(
    conn: AsyncConnection, act: str, at: datetime, actor: int = NOBODY, **details: str | int | float | None
) -> None:
    """Write an act down, in the transaction that does it."""
    await conn.execute(insert(audit).values(at=at, actor=actor, act=act, details=details))


async def page(conn: AsyncConnection, *, offset: int, limit: int) -> list[Act]:
    """Some acts, newest first."""
    query = select(audit).order_by(audit.c.id.desc()).offset(max(0, offset)).limit(limit)
    return [Act(**row._asdict()) for row in await conn.execute(query)]


async def count(conn: AsyncConnection) -> int:
    """How many there are."""
    return (await conn.execute(select(func.count()).select_from(audit))).scalar_one()
