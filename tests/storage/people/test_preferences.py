from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.database import Database
from storage.people import expected, preferences


async def test_each_person_has_a_time_zone_or_none(database: Database, ann: int, bob: int) -> None:
    async with database.write() as conn:
        await preferences.set_time_zone(conn, ann, "Europe/Berlin")
        await preferences.set_time_zone(conn, ann, "Asia/Tokyo")
        assert await preferences.time_zone(conn, ann) == "Asia/Tokyo"
        assert await preferences.time_zone(conn, bob) is None


async def test_one_answer_is_expected_at_a_time(
    database: Database, ann: int, bob: int, minute: Callable[[int], datetime]
) -> None:
    async with database.write() as conn:
        await expected.expect(conn, ann, "time_zone", minute(0))
        await expected.expect(conn, bob, "time_zone", minute(0))
        await expected.expect(conn, ann, "title", minute(1))
        assert await expected.of(conn, ann) == "title"
        assert await expected.forget(conn, ann)
        assert not await expected.forget(conn, ann)
        assert await expected.of(conn, ann) is None
        assert await expected.of(conn, bob) == "time_zone"
