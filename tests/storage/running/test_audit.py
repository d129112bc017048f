"""What was done, by whom, in pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage import personal
from storage.database import Database
from storage.people import people
from storage.running import audit
from storage.running.audit import Act

Minute = Callable[[int], datetime]
ROOT = 7_000_000_001


async def test_acts_come_back_newest_first_in_pages(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await audit.add(conn, "fallback", minute(0), version=3, live=2)
        await audit.add(conn, "retrain_asked", minute(1), ROOT, kind="fine", job=1)
        await audit.add(conn, "rolled_back", minute(1), ROOT, version=2, was=None)
    async with database.read() as conn:
        assert await audit.count(conn) == 3
        page = await audit.page(conn, offset=0, limit=2)
        rest = await audit.page(conn, offset=2, limit=2)
        assert await audit.page(conn, offset=3, limit=2) == []
        assert await audit.page(conn, offset=-5, limit=1) == page[:1]
    assert [each.act for each in page] == ["rolled_back", "retrain_asked"]
    assert page[0].details == {"version": 2, "was": None}
    assert rest == [Act(rest[0].id, minute(0), 0, "fallback", {"version": 3, "live": 2})]


async def test_who_is_forgotten_leaves_the_acts_without_a_name(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        admin = await people.meet(conn, ROOT, "en", minute(0))
        await audit.add(conn, "retrain_asked", minute(0), ROOT, kind="fine", job=1)
        await audit.add(conn, "stop_asked", minute(1), 42, job=1)
        await personal.forget(conn, admin, running=0, body=None)
    async with database.read() as conn:
        acts = await audit.page(conn, offset=0, limit=9)
    assert [(each.actor, each.act) for each in acts] == [(42, "stop_asked"), (0, "retrain_asked")]
