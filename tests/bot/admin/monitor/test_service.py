"""What is measured of rows, when weeks end, and what admins are told once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from bot.admin.monitor.service import Monitor
from bot.films.serving import Serving
from bot.process.bounds import Bound
from recsys.monitoring import Figure
from storage import schema
from storage.database import Database
from storage.people import lists, ratings, watchlist
from storage.people.lists import Shown
from storage.people.people import Person
from storage.running import notices, weeks
from tests.bot.admin.monitor.conftest import ADMIN

FilmId = Callable[[str], int]
Make = Callable[..., Monitor]

# A Monday in Berlin begins at eleven on a Sunday evening in UTC.
MONDAY = datetime(2026, 11, 15, 23, 0, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


async def told(database: Database) -> list[tuple[int, str, object]]:
    async with database.read() as conn:
        found = await notices.due(conn, datetime(2100, 1, 1, tzinfo=UTC))
    return [
        (each.telegram_id, each.kind, each.payload.get("week", each.payload.get("figure"))) for each in found
    ]


@pytest.fixture
async def some_weeks(database: Database, ann: Person, bob: Person, film_id: FilmId) -> None:
    """Two weeks of lists that end at MONDAY + WEEK, and a list before midnight that is of the week before."""
    heat, shrek, alien = (film_id(title) for title in ("Heat", "Shrek", "Alien"))
    async with database.write() as conn:
        await lists.create(conn, ann.id, "similar", [Shown(alien, 1)], MONDAY - WEEK)
        before = [Shown(alien, 1), Shown(heat, 2)]
        await lists.create(conn, bob.id, "recommend", before, MONDAY - timedelta(seconds=1))
        await lists.create(conn, ann.id, "recommend", [Shown(heat, 1), Shown(shrek, 2)], MONDAY)
        await lists.create(conn, bob.id, "recommend", [Shown(heat, 1)], MONDAY + WEEK - timedelta(seconds=1))
        await lists.create(conn, bob.id, "search", [Shown(shrek, 1)], MONDAY + DAY)
        await lists.expose(conn, bob.id, alien, "question", MONDAY + DAY)
        await ratings.rate(conn, ann.id, alien, 5, MONDAY - 6 * DAY)
        await watchlist.add(conn, bob.id, heat, MONDAY + DAY)


@pytest.mark.usefixtures("some_weeks")
async def test_figures_are_those_of_the_rows(make_monitor: Make, serving: Serving) -> None:
    report = await make_monitor().report(MONDAY + WEEK)
    catalog, popularity = serving.recommender.catalog, serving.recommender.popularity
    by_title = {film.title: float(popularity[row]) for row, film in enumerate(catalog)}
    assert report.day == date(2026, 11, 23)
    assert report.now.coverage == Figure(2 / 14, 14)
    assert report.now.gini.n == 3
    assert report.now.popularity_shown == Figure((by_title["Heat"] + by_title["Shrek"]) / 2, 1)
    assert report.now.popularity_rated == Figure(by_title["Alien"], 1)
    assert report.now.most_active_share == Figure(1.0, 1)
    # Nothing was shown in the same days two weeks before.
    assert report.now.hit_rate == Figure(None, 0)
    # A week later those of the week before MONDAY are: Alien was for Ann, and Heat, not Alien, for Bob.
    later = await make_monitor().report(MONDAY + 2 * WEEK)
    assert later.now.hit_rate == Figure(2 / 3, 3)
    assert later.now.gini == Figure(None, 0)


async def test_nothing_is_kept_of_a_bot_that_showed_nothing(database: Database, make_monitor: Make) -> None:
    await make_monitor(Bound("hit_rate", False, 1.0)).look(MONDAY)
    async with database.read() as conn:
        assert await weeks.every(conn) == []
    assert await told(database) == []


@pytest.mark.usefixtures("some_weeks")
async def test_each_week_is_measured_once_it_has_ended_where_the_operator_is(
    database: Database, make_monitor: Make
) -> None:
    monitor = make_monitor()
    await monitor.look(MONDAY + WEEK - timedelta(seconds=1))
    async with database.read() as conn:
        assert [each.week for each in await weeks.every(conn)] == ["2026-W46"]
    await monitor.look(MONDAY + WEEK)
    async with database.read() as conn:
        first, second = await weeks.every(conn)
    assert (first.week, first.figures["gini"]["n"]) == ("2026-W46", 3)
    assert (second.week, second.figures["gini"]["n"]) == ("2026-W47", 3)
    assert second.figures["coverage"] == {"value": 2 / 14, "n": 14}
    report = await monitor.of_week("2026-W47")
    assert report.day == date(2026, 11, 16)
    assert report.now.gini.n == 3
    assert [(each.week, each.monday) for each in report.before] == [("2026-W46", date(2026, 11, 9))]


@pytest.mark.usefixtures("some_weeks")
async def test_a_digest_is_of_the_last_week_and_is_told_once(database: Database, make_monitor: Make) -> None:
    """Two processes, and one that was away for three weeks."""
    both = (make_monitor(), make_monitor())
    await asyncio.gather(*(monitor.look(MONDAY + WEEK + DAY) for monitor in both))
    await both[1].look(MONDAY + WEEK + DAY)
    assert await told(database) == [(ADMIN, "digest", "2026-W47"), (5, "digest", "2026-W47")]
    await make_monitor().look(MONDAY + 4 * WEEK)
    assert [week for _, kind, week in await told(database)] == ["2026-W47"] * 2 + ["2026-W50"] * 2
    async with database.read() as conn:
        assert [each.week for each in await weeks.every(conn)] == [f"2026-W{n}" for n in range(46, 51)]


async def test_a_figure_past_its_bound_is_told_once_a_week(
    database: Database, make_monitor: Make, ann: Person, film_id: FilmId
) -> None:
    rows = [
        {
            "person_id": ann.id,
            "film_id": film_id("Heat"),
            "surface": "recommend",
            "shown_at": MONDAY + n * DAY / 100,
        }
        for n in range(1000)
    ]
    async with database.write() as conn:
        await conn.execute(insert(schema.exposures), rows)
    monitor = make_monitor(
        Bound("gini", True, 0.9), Bound("coverage", False, 0.01), Bound("hit_rate", False, 1)
    )
    at = MONDAY + 10 * DAY + timedelta(hours=1)
    for _ in range(2):
        await monitor.look(at)
    alerts = [each for each in await told(database) if each[1] == "alert"]
    assert alerts == []  # 1,000 in ten days are fewer in seven
    async with database.write() as conn:
        await conn.execute(insert(schema.exposures), [{**row, "shown_at": at - DAY} for row in rows])
    for hours in (0, 1, 30):
        await monitor.look(at + timedelta(hours=hours))
    alerts = [each for each in await told(database) if each[1] == "alert"]
    assert alerts == [(ADMIN, "alert", "gini"), (5, "alert", "gini")]
    await monitor.look(at + 5 * DAY)
    assert len([each for each in await told(database) if each[1] == "alert"]) == 4
