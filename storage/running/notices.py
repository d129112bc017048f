"""Messages to admins that answer nobody, each once: an outbox.

    waiting ──► trying ──► done        waiting or trying ──► dropped

A notice is `trying` in the database before its message is handed to Telegram. One that is found so by a new
process was interrupted: nobody knows whether it arrived, and it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.schema import notices

_OPEN = notices.c.state.in_(("waiting", "trying"))


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one admin. `kind` says which view makes a text of `payload`."""

    id: int
    telegram_id: int
    kind: str
    payload: dict[str, Any]
    state: Literal["waiting", "trying"]
    attempts: int
    due_at: datetime


async def add(
    conn: AsyncConnection,
    admin_ids: Iterable[int],
    kind: str,
    payload: Mapping[str, Any],
    at: datetime,
    *,
    key: str | None = None,
) -> None:
    """Have a message sent to admins (Telegram's ids), once for each `key`."""
    for telegram_id in admin_ids:
        row = {
            "telegram_id": telegram_id,
            "kind": kind,
            "payload": dict(payload),
            "key": None if key is None else f"{key}:{telegram_id}",
            "state": "waiting",
            "attempts": 0,
            "due_at": at,
        }
        await conn.execute(
            insert_into(conn, notices).values(row).on_conflict_do_nothing(index_elements=["key"])
        )


async def due(conn: AsyncConnection, at: datetime) -> list[Notice]:
    """What is to be sent by now, in order."""
    columns = [notices.c[name] for name in Notice.__dataclass_fields__]
    query = select(*columns).where(_OPEN, notices.c.due_at <= at).order_by(notices.c.due_at, notices.c.id)
    return [Notice(**row._asdict()) for row in await conn.execute(query)]


async def try_now(conn: AsyncConnection, notice_id: int) -> None:
    """Note that its message may have arrived from now on."""
    change = update(notices).where(notices.c.id == notice_id, _OPEN)
    await conn.execute(change.values(state="trying", attempts=notices.c.attempts + 1))


async def postpone(conn: AsyncConnection, notice_id: int, due_at: datetime) -> None:
    """Try again later."""
    change = update(notices).where(notices.c.id == notice_id, _OPEN)
    await conn.execute(change.values(state="waiting", due_at=due_at))


async def finish(conn: AsyncConnection, notice_id: int, state: Literal["done", "dropped"] = "done") -> None:
    """It is sent, or will never be."""
    await conn.execute(update(notices).where(notices.c.id == notice_id).values(state=state))
