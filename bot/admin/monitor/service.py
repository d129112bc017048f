"""The feedback loop watched: figures of the last seven days and of each week, and notices about them.

A week is measured once, soon after it has ended in the operator's time zone; its row and the digests to
admins are one transaction, so neither a crash nor a second process sends them twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bot.admin.monitor.measuring import measure
from bot.films.library import Library
from bot.films.taste import Taste
from bot.process.bounds import Bound
from recsys.monitoring import RECOMMENDED, Figure, Figures
from storage.database import AsyncConnection, Database
from storage.errors import StorageError
from storage.people import exposures
from storage.running import notices, weeks

log = structlog.get_logger(__name__)

_WEEK = timedelta(days=7)
_LOOK_EVERY = 600.0  # seconds; whether another day has begun


@dataclass(frozen=True, slots=True)
class PastWeek:
    """A week (as 2026-W48), its first day, and its figures."""

    week: str
    monday: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """The figures of the last seven days before `day`, or of a whole week; all weeks before, oldest first."""

    day: date
    now: Figures
    before: tuple[PastWeek, ...]
    week: str | None = None


class Monitor:
    """`admins` (Telegram's ids) get the notices; `zone` says when a week begins; `wake` has notices sent at
    once."""

    def __init__(
        self,
        database: Database,
        library: Library,
        taste: Taste,
        admins: Sequence[int],
        zone: str,
        bounds: tuple[Bound, ...],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._library = library
        self._taste = taste
        self._admins = admins
        self._zone = ZoneInfo(zone)
        self.bounds = bounds
        self.wake = wake

    async def report(self, now: datetime) -> MonitorReport:
        """How it is now."""
        return MonitorReport(
            now.astimezone(self._zone).date(), await self._measure(now - _WEEK, now), await self._past()
        )

    async def ask_picture(
        self, conn: AsyncConnection, asker: int, report: MonitorReport, at: datetime
    ) -> None:
        """Have the picture of a report come once it is drawn, which takes longer than a turn should."""
        payload = {"day": report.day.isoformat(), "figures": asdict(report.now)}
        await notices.add(conn, [asker], "monitor", payload, at)

    async def pictured(self, payload: Mapping[str, Any]) -> MonitorReport:
        """The report whose picture was asked for."""
        day, figures = date.fromisoformat(payload["day"]), _figures_of(payload["figures"])
        return MonitorReport(day, figures, await self._past())

    async def of_week(self, week: str) -> MonitorReport:
        """How a week was that has been measured, with those before it."""
        past = await self._past()
        at = [each.week for each in past].index(week)
        return MonitorReport(past[at].monday, past[at].figures, past[:at], week)

    async def run(self) -> None:
        """Look once each day, until cancelled."""
        looked: date | None = None
        while True:
            now = datetime.now(UTC)
            today = now.astimezone(self._zone).date()
            if today != looked:
                try:
                    await self.look(now)
                    looked = today
                except StorageError as error:
                    log.warning("the loop is not watched for now", cause=str(error))
                except Exception:
                    log.exception("the loop cannot be watched")
                    looked = today
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self, now: datetime) -> None:
        """Measure weeks that have ended, and tell admins of the last one, and of what is past a bound."""
        for monday in await self._unmeasured(now):
            await self._close(monday, now)
        await self._alert(await self._measure(now - _WEEK, now), now)
        self.wake()

    async def _unmeasured(self, now: datetime) -> list[date]:
        """The first days of weeks that have ended since something was shown, and have no figures yet."""
        async with self._database.read() as conn:
            known = {each.week for each in await weeks.every(conn)}
            first = await exposures.first_shown(conn, RECOMMENDED)
        if first is None:
            return []
        ended = _mondays(_monday(first.astimezone(self._zone)), _monday(now.astimezone(self._zone)))
        return [monday for monday in ended if _name(monday) not in known]

    async def _close(self, monday: date, now: datetime) -> None:
        figures = await self._measure(self._midnight(monday), self._midnight(monday + _WEEK))
        week = _name(monday)
        last = monday + 2 * _WEEK > now.astimezone(self._zone).date()
        async with self._database.write() as conn:
            if await weeks.add(conn, week, asdict(figures), now) and last:
                await notices.add(conn, self._admins, "digest", {"week": week}, now)

    async def _alert(self, figures: Figures, now: datetime) -> None:
        """Once a week for each figure, for as long as it is past its bound."""
        week = _name(_monday(now.astimezone(self._zone)))
        passed = [bound for bound in self.bounds if bound.passed(figures)]
        if not passed:
            return
        async with self._database.write() as conn:
            for bound in passed:
                payload = {**asdict(bound), "measured": asdict(figures)}
                key = f"alert:{bound.figure}:{week}"
                await notices.add(conn, self._admins, "alert", payload, now, key=key)

    async def _past(self) -> tuple[PastWeek, ...]:
        async with self._database.read() as conn:
            found = await weeks.every(conn)
        return tuple(PastWeek(each.week, _first_day(each.week), _figures_of(each.figures)) for each in found)

    async def _measure(self, start: datetime, end: datetime) -> Figures:
        return await measure(self._database, self._library, self._taste, start, end)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)


def _figures_of(values: Mapping[str, Any]) -> Figures:
    """Figures as they were kept; one that was not measured yet when they were is nothing."""
    nothing = {"value": None, "n": 0}
    return Figures(*(Figure(**values.get(field.name, nothing)) for field in fields(Figures)))


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


def _mondays(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += _WEEK


def _name(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def _first_day(week: str) -> date:
    return date.fromisocalendar(int(week[:4]), int(week[-2:]), 1)
