from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from storage.database import Database
from storage.people import people


async def test_times_come_back_in_utc(database: Database) -> None:
    there = timezone(timedelta(hours=-3, minutes=-30))
    at = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=there)
    async with database.write() as conn:
        await people.meet(conn, 5, "en", at)
    async with database.read() as conn:
        met = await people.find(conn, 5)
    assert met is not None
    assert met.seen_at == at
    assert met.seen_at.isoformat() == "2027-01-01T03:29:59.999999+00:00"


async def test_a_time_without_a_zone_is_refused(
    database: Database, minute: Callable[[int], datetime]
) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        async with database.write() as conn:
            await people.meet(conn, 5, "en", minute(0).replace(tzinfo=None))
