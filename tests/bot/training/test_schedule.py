"""When a model is trained by itself: the clock and its changes, new ratings, a quick first fit."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import recsys
from bot.films.serving import Serving
from bot.films.store import open_store
from bot.process.metrics import Metrics
from bot.process.settings import Settings
from bot.training.schedule import Schedule, last_due
from recsys.config import PmfConfig, RankerConfig
from storage.database import Database
from storage.films import films
from storage.people import people, ratings
from storage.running import jobs, models
from storage.running.jobs import Job

NIGHT = time(4, 0)
BERLIN = ZoneInfo("Europe/Berlin")
LATER = datetime.now(UTC) + timedelta(days=30)

Opened = Callable[..., Awaitable[Schedule]]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-24T02:59:59+00:00", "2026-11-23T03:00:00+00:00"),
        ("2026-11-24T03:00:00+00:00", "2026-11-24T03:00:00+00:00"),
        ("2026-11-24T23:30:00+00:00", "2026-11-24T03:00:00+00:00"),  # tomorrow in Berlin, not 4 o'clock yet
        ("2026-07-01T02:00:00+00:00", "2026-07-01T02:00:00+00:00"),  # summer
    ],
)
def test_the_last_time_that_the_clock_said_so(now: str, due: str) -> None:
    assert last_due(NIGHT, BERLIN, datetime.fromisoformat(now)) == datetime.fromisoformat(due)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])  # half past two is left out, and comes twice
def test_once_a_day_whatever_the_clock_does(day: str) -> None:
    begin = datetime.fromisoformat(f"{day}T00:00:00+00:00") - timedelta(days=1)
    looked = [begin + timedelta(minutes=10 * n) for n in range(3 * 144)]
    found = sorted(
        {last_due(time(2, 30), BERLIN, now) for now in looked} - {last_due(time(2, 30), BERLIN, begin)}
    )
    assert len(found) == 3
    assert {moment.astimezone(BERLIN).date() for moment in found} == {
        (begin + timedelta(days=n)).date() for n in range(3)
    }
    assert all(
        23 <= (after - before) / timedelta(hours=1) <= 25 for before, after in itertools.pairwise(found)
    )


@pytest.fixture(scope="session")
def model() -> recsys.Recommender:
    """Of six people and eight films."""
    catalog = recsys.Catalog([recsys.Film(n, f"Film {n}", 1990 + n, ("Drama",)) for n in range(1, 9)], "tiny")
    rng = np.random.default_rng(0)
    users, movies = np.repeat(np.arange(6), 5), np.concatenate([rng.permutation(8)[:5] + 1 for _ in range(6)])
    config = recsys.TrainingConfig(
        device="cpu",
        pmf=PmfConfig(factors=2, chains=1, sweeps=6, draws=2, implicit=2),
        ranker=RankerConfig(factors=2, sweeps=2),
    )
    stars = rng.integers(1, 6, 30).astype(float)
    return recsys.fit(recsys.Ratings.from_arrays(users, movies, stars), catalog, config)


@pytest.fixture
def opened(database: Database, model: recsys.Recommender, tmp_path: Path, metrics: Metrics) -> Opened:
    """A schedule in a bot that has just started."""

    async def start(*, preliminary: bool = False, **changes: object) -> Schedule:
        if not (tmp_path / "models").exists():
            model.save(tmp_path / "models" / "0001", preliminary=preliminary)
        serving = await Serving.begin(database, open_store(tmp_path / "models", None), (), metrics)
        return Schedule(database, serving, Settings(home=tmp_path, **changes), lambda: None)  # type: ignore[arg-type]

    return start


async def rate(database: Database, n: int = 1, at: datetime | None = None) -> None:
    """Somebody rates the first `n` films."""
    async with database.write() as conn:
        known = await films.every(conn)
        person = await people.meet(conn, 7, "en", at or datetime.now(UTC))
        for film in known[:n]:
            await ratings.rate(conn, person.id, film.id, 4.0, at or datetime.now(UTC))


async def finish(database: Database, job: Job, at: datetime) -> None:
    """The training came to an end, and changed nothing."""
    async with database.write() as conn:
        await jobs.claim(conn, "bot", at, timedelta(minutes=1))
        await jobs.finish(conn, job.id, "bot", "done", at, outcome="refused")


async def test_each_day_once_over_restarts_and_only_if_something_is_new(
    database: Database, opened: Opened
) -> None:
    schedule = await opened()
    await rate(database)
    today = datetime.now(UTC)
    assert await schedule.look(today) is None  # a first start is no missed night
    tomorrow = today + timedelta(days=1)
    job = await (await opened()).look(tomorrow)
    assert job is not None
    assert (job.kind, job.reason, job.state, job.asked_by) == ("fine", "schedule", "waiting", None)
    assert await schedule.look(tomorrow) is None  # one at a time
    await finish(database, job, tomorrow)
    assert await (await opened()).look(tomorrow + timedelta(minutes=5)) is None  # that night is done
    again = await schedule.look(tomorrow + timedelta(days=3))  # down for two nights: once
    assert again is not None
    await finish(database, again, tomorrow)
    assert await schedule.look(tomorrow + timedelta(days=3, minutes=1)) is None


async def test_a_night_with_nothing_new_trains_nothing_also_later_that_day(
    database: Database, opened: Opened
) -> None:
    schedule = await opened()
    await schedule.look(LATER - timedelta(days=1))
    assert await schedule.look(LATER) is None
    await rate(database)
    assert await schedule.look(LATER + timedelta(seconds=1)) is None
    assert await schedule.look(LATER + timedelta(days=1)) is not None


async def test_what_the_live_model_has_learned_is_not_new(database: Database, opened: Opened) -> None:
    schedule = await opened()
    await schedule.look(LATER - timedelta(days=1))
    await rate(database, at=LATER - timedelta(hours=30))
    async with database.write() as conn:
        job = await jobs.add(conn, "full", "command", LATER)
        assert job is not None
        await jobs.claim(conn, "bot", LATER - timedelta(hours=20), timedelta(minutes=1))
        await models.add(conn, 2, "full", LATER, {}, job_id=job.id)
        await models.go_live(conn, 2, LATER)
        await jobs.finish(conn, job.id, "bot", "done", LATER, version=2, outcome="promoted")
    assert await schedule.look(LATER) is None
    await rate(database, 2, at=LATER)
    assert await schedule.look(LATER + timedelta(days=1)) is not None


async def test_full_when_the_last_full_one_is_long_ago(database: Database, opened: Opened) -> None:
    schedule = await opened(full_every_days=3)
    now = datetime.now(UTC)
    await schedule.look(now)
    await rate(database, at=now)
    kinds = []
    for day in range(1, 9):
        job = await schedule.look(now + timedelta(days=day))
        assert job is not None
        kinds.append(job.kind)
        await finish(database, job, now + timedelta(days=day))
    assert kinds == ["fine", "fine", "full", "fine", "fine", "full", "fine", "fine"]


async def test_after_so_many_ratings_and_not_again_before_as_many_more(
    database: Database, opened: Opened
) -> None:
    schedule = await opened(retrain_at=None, retrain_after=3)
    await rate(database, 2)
    assert await schedule.look(datetime.now(UTC)) is None
    await rate(database, 3)
    job = await schedule.look(datetime.now(UTC))
    assert job is not None
    assert (job.kind, job.reason) == ("fine", "ratings")
    await finish(database, job, datetime.now(UTC))
    await rate(database, 2)
    assert await schedule.look(datetime.now(UTC)) is None
    await rate(database, 3)
    assert await schedule.look(datetime.now(UTC)) is not None


async def test_neither_by_the_clock_nor_by_ratings_unless_asked_to(
    database: Database, opened: Opened
) -> None:
    schedule = await opened(retrain_at=None)
    await rate(database, 8)
    for days in range(9):
        assert await schedule.look(datetime.now(UTC) + timedelta(days=days)) is None


async def test_a_quick_first_model_is_replaced_once_a_start_and_by_the_clock(
    database: Database, opened: Opened
) -> None:
    schedule = await opened(preliminary=True)
    now = datetime.now(UTC)
    first = await schedule.look(now)
    assert first is not None
    assert (first.kind, first.reason) == ("full", "first")
    await finish(database, first, now)
    assert await schedule.look(now) is None
    tonight = await schedule.look(now + timedelta(days=1))
    assert tonight is not None
    assert (tonight.kind, tonight.reason) == ("full", "schedule")
    await finish(database, tonight, now)
    restarted = await (await opened()).look(now + timedelta(days=1))
    assert restarted is not None
    assert restarted.reason == "first"


async def test_without_the_train_extra_nobody_waits_for_a_training(
    database: Database, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = await opened(preliminary=True)
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else real(name))
    await asyncio.wait_for(schedule.run(), 60)
    async with database.read() as conn:
        assert await jobs.unfinished(conn) is None
