"""Trainings: one at a time, held by a process for as long as it gives signs of life.

    waiting ──► running ──► done, failed or stopped        running ──► running, of another process

A process that dies lets its lease lapse, and the next that claims the job goes on with it; `attempts` counts
the processes that had it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import WrongState
from storage.schema import jobs

Kind = Literal["fine", "full"]
Reason = Literal["command", "schedule", "ratings", "first"]
JobOutcome = Literal["promoted", "refused"]


@dataclass(frozen=True, slots=True)
class Job:
    """One training. `asked_by` is Telegram's id of the admin whose command it was; `chat_id` and `message_id`
    are the message that shows how far it is, None after its end. `stop`: an admin wants it to end."""

    id: int
    kind: Kind
    reason: Reason
    state: Literal["waiting", "running", "done", "failed", "stopped"]
    asked_by: int | None
    chat_id: int | None
    message_id: int | None
    phase: str | None
    progress: dict[str, Any] | None
    owner: str | None
    lease_until: datetime | None
    attempts: int
    stop: bool
    version: int | None
    outcome: JobOutcome | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_COLUMNS = [jobs.c[name] for name in Job.__dataclass_fields__]
_OPEN = jobs.c.slot.is_not(None)


async def add(
    conn: AsyncConnection, kind: Kind, reason: Reason, at: datetime, asked_by: int | None = None
) -> Job | None:
    """A new training that waits for a process; None if there is one that has not ended."""
    if await unfinished(conn) is not None:
        return None
    row = {
        "slot": 1,
        "kind": kind,
        "reason": reason,
        "state": "waiting",
        "asked_by": asked_by,
        "attempts": 0,
        "stop": False,
        "created_at": at,
    }
    made = (await conn.execute(insert(jobs).values(row).returning(*_COLUMNS))).one()
    return Job(**made._asdict())


async def get(conn: AsyncConnection, job_id: int) -> Job | None:
    """The training of this number, if there is one."""
    row = (await conn.execute(select(*_COLUMNS).where(jobs.c.id == job_id))).one_or_none()
    return None if row is None else Job(**row._asdict())


async def unfinished(conn: AsyncConnection) -> Job | None:
    """The training that waits or runs, if there is one."""
    row = (await conn.execute(select(*_COLUMNS).where(_OPEN))).one_or_none()
    return None if row is None else Job(**row._asdict())


async def last(conn: AsyncConnection, n: int) -> list[Job]:
    """The newest `n`, newest first."""
    rows = await conn.execute(select(*_COLUMNS).order_by(jobs.c.id.desc()).limit(n))
    return [Job(**row._asdict()) for row in rows]


async def last_of(conn: AsyncConnection, kind: Kind) -> Job | None:
    """The newest of a kind that came to an end by itself, whatever the gate said."""
    query = select(*_COLUMNS).where(jobs.c.kind == kind, jobs.c.state == "done")
    row = (await conn.execute(query.order_by(jobs.c.id.desc()).limit(1))).one_or_none()
    return None if row is None else Job(**row._asdict())


async def claim(conn: AsyncConnection, owner: str, at: datetime, lease: timedelta) -> Job | None:
    """Take the training that waits, or whose process is gone; None if there is nothing to take.

    What `owner` itself held before is free to it at once: the caller sees to it that no two processes
    of one name run at a time.
    """
    gone = (jobs.c.state == "running") & or_(jobs.c.lease_until < at, jobs.c.owner == owner)
    free = (jobs.c.state == "waiting") | gone
    taken = {"state": "running", "owner": owner, "lease_until": at + lease, "attempts": jobs.c.attempts + 1}
    change = update(jobs).where(_OPEN, free).values(taken).returning(*_COLUMNS)
    row = (await conn.execute(change)).one_or_none()
    if row is None:
        return None
    if row.started_at is None:
        await conn.execute(update(jobs).where(jobs.c.id == row.id).values(started_at=at))
    return await get(conn, row.id)


async def beat(conn: AsyncConnection, job_id: int, owner: str, until: datetime) -> bool:
    """A sign of life; whether an admin wants the job to end. Raises WrongState if it is not ours any more."""
    change = update(jobs).where(_held(job_id, owner)).values(lease_until=until).returning(jobs.c.stop)
    stop: bool | None = (await conn.execute(change)).scalar_one_or_none()
    if stop is None:
        raise WrongState(f"training {job_id} is not held by {owner} any more")
    return stop


async def report(
    conn: AsyncConnection, job_id: int, owner: str, phase: str, progress: Mapping[str, Any] | None = None
) -> None:
    """How far it is. Raises WrongState if it is not ours any more."""
    values = {"phase": phase, "progress": None if progress is None else dict(progress)}
    if (await conn.execute(update(jobs).where(_held(job_id, owner)).values(values))).rowcount == 0:
        raise WrongState(f"training {job_id} is not held by {owner} any more")


async def ask_to_stop(conn: AsyncConnection, job_id: int, at: datetime) -> bool:
    """Have a training end: at once if it waits, else when its process hears of it. False if it has ended."""
    ended = {"state": "stopped", "slot": None, "stop": True, "finished_at": at}
    waiting = update(jobs).where(jobs.c.id == job_id, jobs.c.state == "waiting").values(ended)
    if (await conn.execute(waiting)).rowcount:
        return True
    running = update(jobs).where(jobs.c.id == job_id, jobs.c.state == "running").values(stop=True)
    return (await conn.execute(running)).rowcount == 1


async def finish(
    conn: AsyncConnection,
    job_id: int,
    owner: str,
    state: Literal["done", "failed", "stopped"],
    at: datetime,
    *,
    version: int | None = None,
    outcome: JobOutcome | None = None,
    error: str | None = None,
) -> None:
    """It has ended, with this model or for this reason. Raises WrongState if it is not ours any more."""
    ended = {
        "state": state,
        "slot": None,
        "lease_until": None,
        "version": version,
        "outcome": outcome,
        "error": error,
        "finished_at": at,
    }
    if (await conn.execute(update(jobs).where(_held(job_id, owner)).values(ended))).rowcount == 0:
        raise WrongState(f"training {job_id} is not held by {owner} any more")


async def release(conn: AsyncConnection, job_id: int, owner: str) -> None:
    """Give a training back that its process cannot carry on: it waits again, and this attempt is not counted.

    Nothing happens if it is not ours any more.
    """
    freed = {
        "state": "waiting",
        "owner": None,
        "lease_until": None,
        "phase": None,
        "progress": None,
        "attempts": jobs.c.attempts - 1,
    }
    await conn.execute(update(jobs).where(_held(job_id, owner)).values(freed))


async def followed(conn: AsyncConnection) -> list[Job]:
    """Those that a message shows or is to show, oldest first: also what has ended, until it says so."""
    rows = await conn.execute(select(*_COLUMNS).where(jobs.c.chat_id.is_not(None)).order_by(jobs.c.id))
    return [Job(**row._asdict()) for row in rows]


async def follow(conn: AsyncConnection, job_id: int, chat_id: int) -> None:
    """Show in this chat how far it is, in a message yet to be sent."""
    where = {"chat_id": chat_id, "message_id": None}
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(where))


async def place(conn: AsyncConnection, job_id: int, chat_id: int, message_id: int | None) -> None:
    """The message that shows how far it is; None if it is gone. Nothing if that chat follows it no more."""
    there = (jobs.c.id == job_id) & (jobs.c.chat_id == chat_id)
    await conn.execute(update(jobs).where(there).values(message_id=message_id))


async def unfollow(conn: AsyncConnection, job_id: int) -> None:
    """Its message says how it ended, or nobody is there to read it."""
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(chat_id=None, message_id=None))


def _held(job_id: int, owner: str) -> ColumnElement[bool]:
    return (jobs.c.id == job_id) & (jobs.c.owner == owner) & (jobs.c.state == "running")
