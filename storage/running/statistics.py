"""How the bot is used: figures for its operator, over everybody, about nobody.

Days are those of a time zone, usually the operator's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Subquery,
    cast,
    exists,
    extract,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import (
    chat_members,
    filter_panels,
    genre_answers,
    lists,
    marks,
    muted,
    night_members,
    nights,
    people,
    ratings,
    rounds,
    shelf_picks,
    updates,
    vetoes,
    votes,
    watchlist,
)

ENOUGH_RATINGS = 5  # after so many the onboarding is done

# What somebody does leaves a row with its time; `people.seen_at` is only written when somebody is new.
_PRIVATE_ACTIONS = (
    genre_answers.c.answered_at,
    shelf_picks.c.picked_at,
    ratings.c.rated_at,
    muted.c.muted_at,
    marks.c.marked_at,
    rounds.c.started_at,
    lists.c.created_at,
    watchlist.c.added_at,
    filter_panels.c.opened_at,
)
_ACTIONS = (
    *_PRIVATE_ACTIONS,
    chat_members.c.seen_at,
    night_members.c.joined_at,
    vetoes.c.vetoed_at,
    votes.c.voted_at,
)
_SLOT = 15 * 60  # seconds: every time zone is a multiple of it away from UTC
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Activity:
    """Everybody known, and those who did something in the last day, week and thirty days."""

    people: int
    day: int
    week: int
    month: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """People who took each step of the way in. Each counts by itself: one may be skipped."""

    started: int  # wrote to the bot in private
    answered: int  # liked or disliked a genre, or picked a shelf
    rated: int  # five films
    listed: int  # got picks, or films like another
    returned: int  # who started, and did something on a later day than their first


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """Seconds from an update's arrival until it was answered; None without updates."""

    updates: int
    median: float | None
    p95: float | None


async def activity(conn: AsyncConnection, now: datetime) -> Activity:
    """How many people there are and how many did something lately."""
    known = (await conn.execute(select(func.count()).select_from(people))).scalar_one()
    last = _last_actions()
    spans = [
        func.count().filter(last.c.at >= now - days * _DAY).label(name)
        for name, days in (("day", 1), ("week", 7), ("month", 30))
    ]
    row = (await conn.execute(select(*spans).select_from(last))).one()
    return Activity(known, row.day, row.week, row.month)


async def ratings_per_day(conn: AsyncConnection, zone: ZoneInfo) -> dict[date, int]:
    """How many ratings are from each day, oldest first; days without any are left out.

    A rating that was changed is from the day of its last change.
    """
    seconds = extract("epoch", ratings.c.rated_at)
    slot = cast(seconds - seconds % _SLOT, BigInteger).label("slot")
    counts: Counter[date] = Counter()
    for start, n in await conn.execute(select(slot, func.count()).group_by(slot).order_by(slot)):
        counts[datetime.fromtimestamp(start, zone).date()] += n
    return dict(counts)


async def funnel(conn: AsyncConnection, zone: ZoneInfo) -> Funnel:
    """How many people took each step on their way in."""

    def has(column: Column[datetime], *which: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(column.table.c.person_id == people.c.id, *which)

    stars = select(func.count()).where(ratings.c.person_id == people.c.id).scalar_subquery()
    started = or_(people.c.active, *map(has, _PRIVATE_ACTIONS))  # who blocked the bot is inactive
    answered = or_(has(genre_answers.c.answered_at), has(shelf_picks.c.picked_at))
    rated = stars >= ENOUGH_RATINGS
    listed = has(lists.c.created_at, lists.c.kind.in_(("recommend", "similar")))
    steps = {"started": started, "answered": answered, "rated": rated, "listed": listed}
    columns = [func.count().filter(step).label(name) for name, step in steps.items()]
    counts = (await conn.execute(select(*columns).select_from(people))).one()
    last = _last_actions()
    spans = select(people.c.created_at, last.c.at).join(last, last.c.person_id == people.c.id).where(started)
    returned = 0
    for first, latest in await conn.execute(spans):
        returned += latest.astimezone(zone).date() > first.astimezone(zone).date()
    return Funnel(counts.started, counts.answered, counts.rated, counts.listed, returned)


async def nights_by_state(conn: AsyncConnection) -> dict[str, int]:
    """How many movie nights are in each state; one without any is left out."""
    query = select(nights.c.state, func.count().label("n")).group_by(nights.c.state).order_by(nights.c.state)
    return {row.state: row.n for row in await conn.execute(query)}


async def answer_times(conn: AsyncConnection, since: datetime) -> AnswerTimes:
    """Of the updates that were done since then, as far as they are kept; percentiles by nearest rank."""
    times = updates.c
    query = select(times.received_at, times.finished_at).where(
        times.finished_at >= since, times.state == "done"
    )
    async with conn.stream(query) as found:
        seconds = [(done - came).total_seconds() async for came, done in found]
    seconds.sort()
    return AnswerTimes(len(seconds), _percentile(seconds, 50), _percentile(seconds, 95))


def _last_actions() -> Subquery:
    """Who did something, and when last."""
    rows = union_all(*(select(time.table.c.person_id, time.label("at")) for time in _ACTIONS)).subquery()
    return select(rows.c.person_id, func.max(rows.c.at).label("at")).group_by(rows.c.person_id).subquery()


def _percentile(ascending: Sequence[float], percent: int) -> float | None:
    return ascending[ceil(len(ascending) * percent / 100) - 1] if ascending else None
