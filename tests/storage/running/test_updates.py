from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from storage import schema
from storage.database import Database
from storage.errors import WrongState
from storage.running import updates
from storage.running.updates import NewUpdate, StoredUpdate

Minute = Callable[[int], datetime]
BOT, OTHER_BOT = 7_100_000_001, 5


def _new(update_id: int, chat_key: int = -1_001_234_567_890) -> NewUpdate:
    return NewUpdate(update_id, chat_key, {"update_id": update_id, "message": {"text": "★ hi", "n": None}})


async def test_new_updates_get_places_in_the_order_given(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        kept = await updates.receive(conn, BOT, [_new(900), _new(3), _new(901)], minute(0))
    first = kept[0].seq
    assert kept == [
        StoredUpdate(first + n, one.update_id, one.chat_key, one.body, "received", None, 0, minute(0))
        for n, one in enumerate([_new(900), _new(3), _new(901)])
    ]
    async with database.read() as conn:
        assert await updates.pending(conn, BOT) == kept


async def test_an_update_is_kept_once_per_bot(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await updates.receive(conn, BOT, [_new(1), _new(2)], minute(0))
        again = await updates.receive(conn, BOT, [_new(2), _new(3), _new(3), _new(1)], minute(1))
        assert [one.update_id for one in again] == [3]
        other = await updates.receive(conn, OTHER_BOT, [_new(1)], minute(1))
        assert [one.update_id for one in other] == [1]
        assert [one.update_id for one in await updates.pending(conn, BOT)] == [1, 2, 3]
        assert [one.update_id for one in await updates.pending(conn, OTHER_BOT)] == [1]
        assert await updates.receive(conn, BOT, [], minute(2)) == []


async def test_from_received_through_applied_to_done(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        one, two = await updates.receive(conn, BOT, [_new(1), _new(2)], minute(0))
        await updates.mark_applied(conn, one.seq, {"round": 4})
        now = await updates.pending(conn, BOT)
        assert [(u.update_id, u.state, u.result, u.body) for u in now] == [
            (1, "applied", {"round": 4}, _new(1).body),
            (2, "received", None, _new(2).body),
        ]
        await updates.mark_done(conn, one.seq, minute(1))
        assert [u.seq for u in await updates.pending(conn, BOT)] == [two.seq]
        await updates.mark_done(conn, two.seq, minute(1))  # an update without an effect
        assert await updates.pending(conn, BOT) == []
        # Done is remembered: the same update does not come in again.
        assert await updates.receive(conn, BOT, [_new(1)], minute(2)) == []


async def test_what_is_finished_forgets_what_people_wrote(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        one, two = await updates.receive(conn, BOT, [_new(1), _new(2)], minute(0))
        await updates.mark_applied(conn, one.seq, "secret")
        await updates.mark_done(conn, one.seq, minute(1))
        await updates.mark_failed(conn, two.seq, "KeyError: 'x'", minute(2))
        table = schema.updates.c
        rows = await conn.execute(
            select(table.state, table.body, table.result, table.error, table.finished_at).order_by(table.seq)
        )
        assert [tuple(row) for row in rows] == [
            ("done", None, None, None, minute(1)),
            ("failed", None, None, "KeyError: 'x'", minute(2)),
        ]


async def test_no_step_is_taken_twice(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        one, two = await updates.receive(conn, BOT, [_new(1), _new(2)], minute(0))
        await updates.mark_applied(conn, one.seq, None)
        with pytest.raises(WrongState, match="applied"):
            await updates.mark_applied(conn, one.seq, None)
        await updates.mark_done(conn, one.seq, minute(1))
        for unknown_or_finished in (one.seq, two.seq + 1):
            with pytest.raises(WrongState):
                await updates.mark_applied(conn, unknown_or_finished, None)
            with pytest.raises(WrongState):
                await updates.mark_done(conn, unknown_or_finished, minute(2))
            with pytest.raises(WrongState):
                await updates.mark_failed(conn, unknown_or_finished, "late", minute(2))
        assert [u.seq for u in await updates.pending(conn, BOT)] == [two.seq]


async def test_attempts_are_counted_on_what_is_pending(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        one, two, _ = await updates.receive(conn, BOT, [_new(1), _new(2), _new(3)], minute(0))
        await updates.receive(conn, OTHER_BOT, [_new(1)], minute(0))
        await updates.mark_applied(conn, two.seq, None)
        await updates.count_attempts(conn, BOT)
        await updates.mark_done(conn, one.seq, minute(1))
        await updates.count_attempts(conn, BOT)
        assert [(u.update_id, u.attempts) for u in await updates.pending(conn, BOT)] == [(2, 2), (3, 2)]
        assert [u.attempts for u in await updates.pending(conn, OTHER_BOT)] == [0]
        finished = select(schema.updates.c.attempts).where(schema.updates.c.seq == one.seq)
        assert await conn.scalar(finished) == 1


async def test_pruning_drops_what_was_finished_before(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        old, failed, late, _ = await updates.receive(conn, BOT, [_new(n) for n in range(4)], minute(0))
        await updates.mark_done(conn, old.seq, minute(1))
        await updates.mark_failed(conn, failed.seq, "x", minute(2))
        await updates.mark_done(conn, late.seq, minute(3))
        assert await updates.prune(conn, minute(3)) == 2
        assert await updates.prune(conn, minute(3)) == 0
        again = await updates.receive(conn, BOT, [_new(n) for n in range(4)], minute(9))
        assert [one.update_id for one in again] == [0, 1]
        assert [u.update_id for u in await updates.pending(conn, BOT)] == [3, 0, 1]
