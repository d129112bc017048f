"""How the bot is used: counted on both databases, against worlds counted by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage.database import Database
from storage.night import chats, nights, polls
from storage.people import genres, lists, marks, people, ratings, rounds, shelves, watchlist
from storage.people.lists import Shown
from storage.running import statistics, updates
from storage.running.statistics import Activity, AnswerTimes, Funnel
from storage.running.updates import NewUpdate

Minute = Callable[[int], datetime]
Meet = Callable[[int], Awaitable[int]]
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def _ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


async def test_an_empty_bot(database: Database) -> None:
    async with database.read() as conn:
        assert await statistics.activity(conn, NOW) == Activity(0, 0, 0, 0)
        assert await statistics.ratings_per_day(conn, BERLIN) == {}
        assert await statistics.funnel(conn, BERLIN) == Funnel(0, 0, 0, 0, 0)
        assert await statistics.nights_by_state(conn) == {}
        assert await statistics.answer_times(conn, NOW) == AnswerTimes(0, None, None)


async def test_active_is_who_did_something_lately(
    database: Database, meet: Meet, film_ids: list[int]
) -> None:
    """Nine people; the last one never did a thing."""
    somebody = [await meet(number) for number in range(1, 10)]
    film = film_ids[0]
    async with database.write() as conn:
        await ratings.rate(conn, somebody[0], film, 4, _ago(hours=24))
        await ratings.rate(conn, somebody[0], film_ids[1], 4, _ago(days=40))
        await lists.create(conn, somebody[1], "search", (), _ago(hours=24, seconds=1))
        await marks.put(conn, somebody[2], film, "unseen", _ago(days=7))
        await watchlist.add(conn, somebody[3], film, _ago(days=8))
        await genres.answer(conn, somebody[4], "Drama", 1, _ago(days=30))
        await rounds.start(conn, somebody[5], "rate", film, _ago(days=31))
        chat = await chats.meet(conn, -77)
        night = await nights.create(conn, chat.id, 0, None, [], [], _ago(days=2))
        poll = await polls.create(
            conn,
            night,
            1,
            [(film, 1), (None, None)],
            several=False,
            outsiders=True,
            strategy="fair",
            closes_at=NOW,
        )
        await polls.vote(conn, poll, somebody[6], "Zoe", [0], _ago(minutes=1))
        await chats.greet(conn, chat.id, somebody[7], _ago(days=6))
        assert await statistics.activity(conn, NOW) == Activity(people=9, day=2, week=5, month=7)


async def test_ratings_of_a_day_of_the_operator(
    database: Database, ann: int, bob: int, film_ids: list[int]
) -> None:
    """Berlin is an hour ahead, until the end of March; India five and a half."""
    moments = [
        datetime(2026, 3, 28, 22, 59, 59, 900_000, tzinfo=UTC),
        datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 21, 59, 59, 600_000, tzinfo=UTC),
        datetime(2026, 3, 29, 22, 15, tzinfo=UTC),
        datetime(2026, 3, 31, 10, 0, tzinfo=UTC),
    ]
    async with database.write() as conn:
        for film, moment in zip(film_ids, moments, strict=False):
            await ratings.rate(conn, ann, film, 4, moment)
        await ratings.rate(conn, bob, film_ids[0], 2, moments[0])
        await ratings.rate(conn, bob, film_ids[0], 3, moments[4])
        await ratings.rate(conn, bob, film_ids[1], 3, datetime(2026, 3, 30, 18, 20, tzinfo=UTC))
        await ratings.rate(conn, bob, film_ids[2], 3, datetime(2026, 3, 30, 18, 40, tzinfo=UTC))
    async with database.read() as conn:
        by_day = await statistics.ratings_per_day(conn, BERLIN)
        in_india = await statistics.ratings_per_day(conn, ZoneInfo("Asia/Kolkata"))
    assert list(by_day.items()) == [
        (date(2026, 3, 28), 1),
        (date(2026, 3, 29), 2),
        (date(2026, 3, 30), 3),
        (date(2026, 3, 31), 2),
    ]
    assert in_india == {date(2026, 3, 29): 2, date(2026, 3, 30): 3, date(2026, 3, 31): 3}


async def test_each_step_of_the_way_in_counts_by_itself(database: Database, film_ids: list[int]) -> None:
    first = datetime(2026, 11, 1, 22, 30, tzinfo=UTC)  # half past eleven in Berlin

    async with database.write() as conn:

        async def met(telegram_id: int, *, privately: bool = True) -> int:
            return (await people.meet(conn, telegram_id, "en", first, privately=privately)).id

        async def rate(person: int, n: int, at: datetime = first) -> None:
            for film in film_ids[:n]:
                await ratings.rate(conn, person, film, 4, at)

        async def listed(person: int, at: datetime = first, kind: str = "recommend") -> None:
            assert kind in ("recommend", "similar", "search")
            await lists.create(conn, person, kind, [Shown(film_ids[0], 1)], at)  # type: ignore[arg-type]

        await met(1, privately=False)  # in a group alone
        await met(2)
        blocked = await met(3)
        await genres.answer(conn, blocked, "Drama", -1, first)
        await people.deactivate(conn, 3)
        shelf = await met(4)
        await shelves.pick(conn, shelf, film_ids[:2], first)
        await rate(shelf, 4)
        await listed(shelf)  # with four ratings, which are not enough for the step before
        silent = await met(5)
        await rate(silent, 6)
        await listed(silent)  # who told no genre
        searched, same_day, later = [await met(number) for number in (6, 7, 8)]
        for person in (searched, same_day, later):
            await genres.answer(conn, person, "Drama", 1, first)
            await rate(person, 5)
        await listed(searched, kind="search")
        await listed(same_day, first + timedelta(minutes=29))
        await listed(later, first, "similar")
        await marks.put(conn, later, film_ids[5], "seen", first + timedelta(minutes=30))
        assert await statistics.funnel(conn, BERLIN) == Funnel(7, 5, 4, 4, 1)
        assert (await statistics.funnel(conn, ZoneInfo("UTC"))).returned == 0


async def test_nights_by_state(database: Database) -> None:
    async with database.write() as conn:
        chat = await chats.meet(conn, -77)
        for topic, state in enumerate(("gathering", "cancelled", "decided", "cancelled")):
            night = await nights.create(conn, chat.id, topic, None, [], [], NOW)
            await nights.change(conn, night, state=state)
        assert await statistics.nights_by_state(conn) == {"cancelled": 2, "decided": 1, "gathering": 1}


@pytest.mark.parametrize(
    ("tenths", "median", "p95"), [([7], 0.7, 0.7), ([9, 1], 0.1, 0.9), ([*range(40, 0, -1)], 2.0, 3.8)]
)
async def test_answer_times_are_those_of_answered_updates(
    database: Database, tenths: list[int], median: float, p95: float
) -> None:
    async with database.write() as conn:
        new = [NewUpdate(number, 5, {}) for number in range(len(tenths) + 3)]
        kept = await updates.receive(conn, 1, new, _ago(seconds=60))
        old, broken, _pending, *answered = kept
        await updates.mark_done(conn, old.seq, _ago(seconds=61))
        await updates.mark_failed(conn, broken.seq, "KeyError", NOW)
        for one, tenth in zip(answered, tenths, strict=True):
            await updates.mark_done(conn, one.seq, _ago(seconds=60 - tenth / 10))
        found = await statistics.answer_times(conn, _ago(seconds=60))
    assert found.updates == len(tenths)
    assert found.median == pytest.approx(median)
    assert found.p95 == pytest.approx(p95)
