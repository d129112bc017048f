"""/stats: how the bot is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.admin.illustration import answer, illustrated
from bot.pictures import PerDay
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter
from bot.texts import Html, Translator
from storage.database import Database
from storage.running import statistics
from storage.running.statistics import Activity, AnswerTimes, Funnel

_SHORTEST = timedelta(days=13)  # of the picture, however young the bot is
_STATES = ("gathering", "polling", "decided", "cancelled")


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


class Handlers:
    """/stats."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def register(self, router: AdminRouter) -> None:
        """Claim the command of this room."""
        router.command("stats", self.stats)

    async def stats(self, request: Request) -> None:
        """/stats: people, ratings, the way in, nights, answer times."""
        usage, t = await self._statistics.usage(request.now), request.t
        await answer(request, await illustrated(usage_text(usage, t), ratings_picture(usage, t), t))


def usage_text(usage: Usage, t: Translator) -> Html:
    """People, ratings, the way in, nights and answer times."""
    people, way = usage.activity, usage.funnel
    recent = [_in_days(usage, days) for days in (1, 7, 30)]
    nights = " · ".join(
        t.plain(f"stats.night.{state}", count=usage.nights.get(state, 0)) for state in _STATES
    )
    parts = [
        t.html("stats.title"),
        t.html("stats.people", count=people.people, day=people.day, week=people.week, month=people.month),
        t.html(
            "stats.ratings", count=sum(usage.per_day.values()), day=recent[0], week=recent[1], month=recent[2]
        ),
        t.html(
            "stats.way_in",
            started=way.started,
            answered=way.answered,
            rated=way.rated,
            listed=way.listed,
            returned=way.returned,
        ),
        t.html("stats.nights", nights=nights),
        "\n".join(
            [
                t.html("stats.answers"),
                _times(t.html("stats.last_day"), usage.last_day, t),
                _times(t.html("stats.last_week"), usage.last_week, t),
            ]
        ),
    ]
    return Html("\n\n".join(parts))


def ratings_picture(usage: Usage, t: Translator) -> PerDay | None:
    """Ratings over time up to today; None where there are none."""
    if not usage.per_day:
        return None
    return PerDay(
        counts={usage.today - _SHORTEST: 0, usage.today: 0, **usage.per_day},
        title=t.plain("stats.picture"),
        per_day=t.plain("stats.per_day"),
        per_week=t.plain("stats.per_week"),
        average=t.plain("stats.average"),
    )


def _in_days(usage: Usage, days: int) -> int:
    """Ratings of the last `days` days, today included."""
    since = usage.today - timedelta(days=days)
    return sum(count for day, count in usage.per_day.items() if day > since)


def _times(span: Html, times: AnswerTimes, t: Translator) -> Html:
    if times.median is None or times.p95 is None:
        return t.html("stats.no_answers", span=span)
    return t.html(
        "stats.times", span=span, median=_seconds(times.median), p95=_seconds(times.p95), count=times.updates
    )


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
