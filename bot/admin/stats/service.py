"""How the bot is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from storage.database import Database
from storage.running import statistics
from storage.running.statistics import Activity, AnswerTimes, Funnel


@dataclass(frozen=True, slots=True)
class Usage:
    """Days are those of the operator's time zone; `today` is one. Answer times are those of the last day, and
    of the last seven as far as updates are kept."""

    today: date
    activity: Activity
    per_day: Mapping[date, int]
    funnel: Funnel
    nights: Mapping[str, int]
    last_day: AnswerTimes
    last_week: AnswerTimes


class Statistics:
    """Reads only."""

    def __init__(self, database: Database, zone: str) -> None:
        self._database = database
        self._zone = ZoneInfo(zone)

    async def usage(self, now: datetime) -> Usage:
        """All of it."""
        async with self._database.read() as conn:
            return Usage(
                now.astimezone(self._zone).date(),
                await statistics.activity(conn, now),
                await statistics.ratings_per_day(conn, self._zone),
                await statistics.funnel(conn, self._zone),
                await statistics.nights_by_state(conn),
                await statistics.answer_times(conn, now - timedelta(days=1)),
                await statistics.answer_times(conn, now - timedelta(days=7)),
            )
