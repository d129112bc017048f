from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.database import Database
from storage.running import weeks
from storage.running.weeks import Week


async def test_a_week_is_kept_once(database: Database, minute: Callable[[int], datetime]) -> None:
    async with database.write() as conn:
        assert await weeks.add(conn, "2027-W01", {"gini": {"value": None, "n": 0}}, minute(0))
        assert await weeks.add(conn, "2026-W53", {"gini": {"value": 0.5, "n": 9}}, minute(1))
        assert not await weeks.add(conn, "2027-W01", {}, minute(2))
    async with database.read() as conn:
        assert await weeks.every(conn) == [
            Week("2026-W53", {"gini": {"value": 0.5, "n": 9}}, minute(1)),
            Week("2027-W01", {"gini": {"value": None, "n": 0}}, minute(0)),
        ]


async def test_the_newest_week_is_found(database: Database, minute: Callable[[int], datetime]) -> None:
    async with database.write() as conn:
        assert await weeks.last(conn) is None
        for week in ("2026-W48", "2026-W09"):
            await weeks.add(conn, week, {"name": week}, minute(0))
        assert await weeks.last(conn) == Week("2026-W48", {"name": "2026-W48"}, minute(0))
