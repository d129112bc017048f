"""The messages of a night that are edited in place, and which version of it they show."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.night.nights import OPEN
from storage.schema import chats, nights, screens


@dataclass(frozen=True, slots=True)
class Stale:
    """A message that shows an older version of its night, or was not sent yet (`message_id` is None)."""

    night_id: int
    chat_id: int
    kind: str
    message_id: int | None
    version: int


async def message_of(conn: AsyncConnection, night_id: int, kind: str) -> int | None:
    """The message of this kind that a night has in the group, if it was sent."""
    mine = (screens.c.night_id == night_id) & (screens.c.kind == kind)
    found: int | None = (await conn.execute(select(screens.c.message_id).where(mine))).scalar_one_or_none()
    return found


async def place(conn: AsyncConnection, night_id: int, kind: str) -> bool:
    """Let a night have a message of this kind; False if it has one."""
    row = {"night_id": night_id, "kind": kind, "message_id": None, "shown": 0}
    insert = insert_into(conn, screens).values(row).on_conflict_do_nothing()
    return (await conn.execute(insert)).rowcount == 1


async def show(conn: AsyncConnection, night_id: int, kind: str, message_id: int | None, version: int) -> None:
    """Note that this message shows this version of its night."""
    mine = (screens.c.night_id == night_id) & (screens.c.kind == kind)
    await conn.execute(update(screens).where(mine).values(message_id=message_id, shown=version))


async def stale(conn: AsyncConnection) -> list[Stale]:
    """The messages that show an older version of their night, those of active groups, oldest night first."""
    query = (
        select(nights.c.id, nights.c.chat_id, screens.c.kind, screens.c.message_id, nights.c.version)
        .join(screens, screens.c.night_id == nights.c.id)
        .join(chats, chats.c.id == nights.c.chat_id)
        .where(
            screens.c.shown < nights.c.version,
            chats.c.active,
            # a message that was never sent is of no use once the night is over
            or_(screens.c.message_id.is_not(None), nights.c.state.in_(OPEN)),
        )
        .order_by(nights.c.id, screens.c.kind)
    )
    return [Stale(*row) for row in await conn.execute(query)]
