"""What the bot has yet to do at a certain time: deadlines, and messages to send, each once.

    waiting ──► trying ──► done        waiting or trying ──► dropped

A task is `trying` in the database before its message is handed to Telegram. One that is found so by a new
process was interrupted: nobody knows whether the message arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import chats, nights, tasks

REWRITE = "rewrite"  # show a result anew, since it names somebody who is forgotten
_OPEN = tasks.c.state.in_(("waiting", "trying"))


@dataclass(frozen=True, slots=True)
class NightTask:
    """One thing to do. `person_id` is None for the group; `poll_number` is 0 where it is about no poll."""

    id: int
    night_id: int
    kind: str
    person_id: int | None
    poll_number: int
    due_at: datetime
    state: Literal["waiting", "trying"]
    attempts: int
    chat_id: int


async def add(
    conn: AsyncConnection,
    night_id: int,
    kind: str,
    due_at: datetime,
    *,
    person_id: int | None = None,
    poll_number: int = 0,
) -> None:
    """Have something done at a time."""
    row = {
        "night_id": night_id,
        "kind": kind,
        "person_id": person_id,
        "poll_number": poll_number,
        "due_at": due_at,
        "state": "waiting",
        "attempts": 0,
    }
    await conn.execute(insert(tasks).values(row))


async def rewrite_results(conn: AsyncConnection, night_id: int, at: datetime) -> None:
    """Have the results that a night has told shown anew, or that of which it is not known whether it has."""
    told = (tasks.c.night_id == night_id) & (tasks.c.kind == "result") & (tasks.c.state != "dropped")
    for number in (await conn.scalars(select(tasks.c.poll_number).where(told))).all():
        await add(conn, night_id, REWRITE, at, poll_number=number)


async def message_of(conn: AsyncConnection, night_id: int, kind: str, poll_number: int) -> int | None:
    """The message that such a task has sent, if it is known."""
    mine = (tasks.c.night_id == night_id) & (tasks.c.kind == kind) & (tasks.c.poll_number == poll_number)
    query = select(tasks.c.message_id).where(mine, tasks.c.message_id.is_not(None)).limit(1)
    found: int | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def exists(conn: AsyncConnection, night_id: int, kind: str) -> bool:
    """Whether such a task was ever given for a night."""
    query = select(tasks.c.id).where(tasks.c.night_id == night_id, tasks.c.kind == kind).limit(1)
    return (await conn.execute(query)).first() is not None


async def due(conn: AsyncConnection, at: datetime) -> list[NightTask]:
    """What is to be done by now, in order, where the bot still is."""
    columns = [tasks.c[name] for name in NightTask.__dataclass_fields__ if name != "chat_id"]
    query = (
        select(*columns, nights.c.chat_id)
        .join(nights, nights.c.id == tasks.c.night_id)
        .join(chats, chats.c.id == nights.c.chat_id)
        .where(_OPEN, tasks.c.due_at <= at, chats.c.active)
        .order_by(tasks.c.due_at, tasks.c.id)
    )
    return [NightTask(**row._asdict()) for row in await conn.execute(query)]


async def next_due(conn: AsyncConnection, after: datetime) -> datetime | None:
    """When the next task after a moment is due, if there is one."""
    query = select(tasks.c.due_at).where(_OPEN, tasks.c.due_at > after).order_by(tasks.c.due_at).limit(1)
    found: datetime | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def try_now(conn: AsyncConnection, task_id: int) -> None:
    """Note that its message may have arrived from now on."""
    await conn.execute(
        update(tasks)
        .where(tasks.c.id == task_id, _OPEN)
        .values(state="trying", attempts=tasks.c.attempts + 1)
    )


async def postpone(conn: AsyncConnection, task_id: int, due_at: datetime, *, arrived: bool | None) -> None:
    """Try again later; `arrived` is None where the message may be there, False where it is not."""
    state = "trying" if arrived is None else "waiting"
    await conn.execute(update(tasks).where(tasks.c.id == task_id, _OPEN).values(state=state, due_at=due_at))


async def hasten(conn: AsyncConnection, chat_id: int, at: datetime) -> None:
    """Try now what Telegram refused of a group's nights and is put off."""
    nights_there = select(nights.c.id).where(nights.c.chat_id == chat_id)
    refused = (tasks.c.state == "waiting") & (tasks.c.attempts > 0) & tasks.c.night_id.in_(nights_there)
    await conn.execute(update(tasks).where(refused).values(due_at=at))


async def shift(conn: AsyncConnection, night_id: int, kinds: Sequence[str], by: timedelta) -> None:
    """Have the waiting tasks of these kinds done so much later, or earlier."""
    mine = (tasks.c.night_id == night_id) & tasks.c.kind.in_(kinds) & (tasks.c.state == "waiting")
    for task_id, due_at in (await conn.execute(select(tasks.c.id, tasks.c.due_at).where(mine))).all():
        await conn.execute(update(tasks).where(tasks.c.id == task_id).values(due_at=due_at + by))


async def finish(
    conn: AsyncConnection,
    task_id: int,
    state: Literal["done", "dropped"] = "done",
    message_id: int | None = None,
) -> None:
    """It is done, with this message, or will never be."""
    await conn.execute(update(tasks).where(tasks.c.id == task_id).values(state=state, message_id=message_id))


async def drop_all(conn: AsyncConnection, night_id: int, *kinds: str) -> None:
    """Forget the tasks of a night that are not done, of these kinds, else of all."""
    mine = (tasks.c.night_id == night_id) & _OPEN
    if kinds:
        mine &= tasks.c.kind.in_(kinds)
    await conn.execute(delete(tasks).where(mine))
