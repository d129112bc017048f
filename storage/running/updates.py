"""Durable intake: every update is a row before Telegram hears that we have it.

    received ──► applied ──► done        received or applied ──► failed

`applied` is set in the transaction of the update's effect, `done` after the reply went out. So after a
crash an applied update is only answered again, and its effect is never repeated. The key is
(bot id, update id); the order is our own sequence, since Telegram may start its numbers anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.errors import Forgotten, WrongState
from storage.schema import updates as rows

_PENDING = rows.c.finished_at.is_(None)


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """An update as it came. `chat_key` names the chat within which order matters; `body` is its JSON.

    `unreadable` says why it cannot be read at all: it is kept as failed, without its body.
    """

    update_id: int
    chat_key: int
    body: dict[str, object]
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update still to be finished. `result` is what `mark_applied` kept; `attempts` counts starts.

    `received_at` is when its row was written.
    """

    seq: int
    update_id: int
    chat_key: int
    body: dict[str, object]
    state: str
    result: object | None
    attempts: int
    received_at: datetime


_STORED = [rows.c[name] for name in StoredUpdate.__dataclass_fields__]


async def receive(
    conn: AsyncConnection, bot_id: int, updates: Sequence[NewUpdate], at: datetime
) -> list[StoredUpdate]:
    """Keep updates in the order given; those that were new, each with its place in our sequence."""
    stored = []
    for new in updates:
        failed = new.unreadable is not None
        insert = insert_into(conn, rows).values(
            bot_id=bot_id,
            update_id=new.update_id,
            chat_key=new.chat_key,
            body=None if failed else new.body,
            state="failed" if failed else "received",
            attempts=0,
            received_at=at,
            error=new.unreadable,
            finished_at=at if failed else None,
        )
        once = insert.on_conflict_do_nothing(index_elements=["bot_id", "update_id"]).returning(*_STORED)
        kept = (await conn.execute(once)).one_or_none()
        if kept is not None and not failed:
            stored.append(StoredUpdate(**kept._asdict()))
    return stored


async def pending(conn: AsyncConnection, bot_id: int) -> list[StoredUpdate]:
    """The updates of a bot that are neither done nor failed, in our sequence."""
    query = select(*_STORED).where(rows.c.bot_id == bot_id, _PENDING).order_by(rows.c.seq)
    return [StoredUpdate(**row._asdict()) for row in await conn.execute(query)]


async def count_attempts(conn: AsyncConnection, bot_id: int) -> None:
    """Count one more attempt on every pending update.

    Called once at each start, so that an update that kills the process is found out.
    """
    mine = (rows.c.bot_id == bot_id) & _PENDING
    await conn.execute(update(rows).where(mine).values(attempts=rows.c.attempts + 1))


async def close_old(
    conn: AsyncConnection, bot_id: int, applied_before: datetime, received_before: datetime, at: datetime
) -> int:
    """Close what waited too long to be answered now, as failed; how many. What is applied was done at least,
    and perhaps answered by a process that could not write that down. Of the rest only messages are too old:
    a rating or a vote still counts."""
    old = [
        each.seq
        for each in await pending(conn, bot_id)
        if each.received_at < applied_before
        and (each.state == "applied" or ("message" in each.body and each.received_at < received_before))
    ]
    for seq in old:
        await mark_failed(conn, seq, "too old to be answered", at)
    return len(old)


async def mark_applied(conn: AsyncConnection, seq: int, result: object | None) -> None:
    """The effect is in this transaction, and `result` (JSON) is what the answer needs to know of it.

    Raises WrongState if the update is not in state "received": its effect must not happen twice.
    """
    received = (rows.c.seq == seq) & (rows.c.state == "received")
    changed = await conn.execute(update(rows).where(received).values(state="applied", result=result))
    if changed.rowcount == 0:
        raise WrongState(f"update {seq} cannot be applied: it is unknown, applied or finished")


async def mark_done(conn: AsyncConnection, seq: int, at: datetime) -> None:
    """The reply went out. Forgets the body and the result. Raises WrongState if it is not pending."""
    await _finish(conn, seq, "done", at, error=None)


async def mark_failed(conn: AsyncConnection, seq: int, error: str, at: datetime) -> None:
    """Given up, for the reason in `error`. Forgets the body and the result. Raises WrongState."""
    await _finish(conn, seq, "failed", at, error=error)


async def _finish(conn: AsyncConnection, seq: int, state: str, at: datetime, *, error: str | None) -> None:
    change = update(rows).where(rows.c.seq == seq, _PENDING)
    changed = await conn.execute(
        change.values(state=state, body=None, result=None, error=error, finished_at=at)
    )
    if changed.rowcount == 0:
        raise WrongState(f"update {seq} cannot be {state}: it is unknown or finished")


async def hold(conn: AsyncConnection, seq: int) -> None:
    """Keep an update from being forgotten until the transaction ends. Raises Forgotten if it was before."""
    query = select(rows.c.finished_at).where(rows.c.seq == seq).with_for_update()
    if (await conn.execute(query)).scalar_one_or_none() is not None:
        raise Forgotten(f"update {seq} came from somebody who is forgotten by now")


async def forget(
    conn: AsyncConnection, telegram_id: int, running: int, body: dict[str, object] | None
) -> None:
    """Cut every tie between rows and a person; the rows themselves only say that these updates came, so that
    Telegram's repetitions are still known.

    The `running` update (a seq) has yet to be answered: until it is done it keeps `body`, what the answer
    needs and no more. What the person sent before, and waits in another chat, is closed: see `hold`. What was
    sent after it is left alone: it comes from somebody new. Errors are cut whoever caused them, since they
    may quote people, and of an update that ended nobody knows who sent it.
    """
    for seq, held in (await conn.execute(_before(running))).all():
        if telegram_id in _senders(held):
            waiting = select(rows.c.seq).where(rows.c.seq == seq, _PENDING).with_for_update()
            if (await conn.execute(waiting)).first() is not None:
                await _finish(conn, seq, "done", datetime.now(UTC), error=None)
    mine = rows.c.chat_key == telegram_id
    await conn.execute(update(rows).where(mine, ~_PENDING).values(chat_key=0))
    await conn.execute(update(rows).where(rows.c.error.is_not(None)).values(error=None))
    await conn.execute(update(rows).where(rows.c.seq == running).values(chat_key=0, body=body))
    # Who is at work on one of the others' sees to it that its body goes.
    for seq, held in (await conn.execute(_before(running).with_for_update(skip_locked=True))).all():
        if (bare := _nameless(held, telegram_id)) != held:
            await conn.execute(update(rows).where(rows.c.seq == seq).values(body=bare))


async def is_forgetting(conn: AsyncConnection) -> bool:
    """Whether an update that had somebody forgotten has yet to be answered."""
    query = select(rows.c.seq).where(rows.c.chat_key == 0, rows.c.state == "applied").limit(1)
    return (await conn.execute(query)).first() is not None


async def waiting_of(conn: AsyncConnection, telegram_id: int) -> list[int]:
    """The updates (seqs) that a person has sent, wherever, and that are not finished."""
    found = await conn.execute(select(rows.c.seq, rows.c.body).where(_PENDING).order_by(rows.c.seq))
    return [seq for seq, body in found if telegram_id in _senders(body)]


def _before(seq: int) -> Select[tuple[int, Any]]:
    return select(rows.c.seq, rows.c.body).where(_PENDING, rows.c.seq < seq).order_by(rows.c.seq)


def _senders(body: Any) -> set[object]:
    """Telegram's ids of whom an update acts for: who sent it, and who came or left."""
    parts = [said for said in body.values() if isinstance(said, dict)] if isinstance(body, dict) else []
    parts += [said["new_chat_member"] for said in parts if isinstance(said.get("new_chat_member"), dict)]
    users = [said.get(name) for said in parts for name in ("from", "user", "left_chat_member")]
    return {id_ for user in users if isinstance(user, dict) and isinstance(id_ := user.get("id"), int)}


def _nameless(value: Any, telegram_id: int) -> Any:
    """The JSON of an update with what it takes to read it of this user, and no name."""
    if isinstance(value, list):
        return [_nameless(each, telegram_id) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("id") == telegram_id and "first_name" in value:
        return {**{key: value[key] for key in ("id", "is_bot", "type") if key in value}, "first_name": ""}
    return {key: _nameless(each, telegram_id) for key, each in value.items()}


async def prune(conn: AsyncConnection, before: datetime) -> int:
    """Delete what was done or failed before a moment; how many rows.

    Telegram repeats an update for a day at most, and may use its number again after a quiet week: rows
    should live longer than the one and shorter than the other.
    """
    return (await conn.execute(delete(rows).where(rows.c.finished_at < before))).rowcount
