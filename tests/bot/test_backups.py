"""The daily backup: when, how many are kept, and who is told when it fails."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.backups import BackupClock, superfluous
from bot.doctor.contents import backups as doctors
from bot.doctor.findings import Level
from bot.process.settings import Settings
from storage import schema
from storage.database import Database
from storage.database.backup_sqlite import read_backup
from storage.database.inspection import look_at
from storage.running import backups
from storage.running.backups import BACKUPS_KEY, Backups

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BOSS = 77


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    url = f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}"
    return Settings(
        home=tmp_path / "home", database_url=url, timezone="UTC", admin_ids=(BOSS,), keep_backups=3
    )


@pytest.fixture
def clock(database: Database, settings: Settings) -> BackupClock:
    return BackupClock(database, settings, lambda: None)


async def state(database: Database) -> Backups:
    async with database.read() as conn:
        found = await backups.get(conn)
    assert found is not None
    return found


def kept(settings: Settings) -> list[str]:
    folder = settings.home / "backups"
    return sorted(os.listdir(folder)) if folder.is_dir() else []


async def test_one_a_day_at_its_time_and_none_twice(
    clock: BackupClock, database: Database, settings: Settings
) -> None:
    for minutes in (0, 1, 60):
        await clock.look(NOON + timedelta(minutes=minutes))  # a first start is no missed night
    assert kept(settings) == []
    night = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
    await clock.look(night - timedelta(minutes=1))
    assert kept(settings) == []
    for minutes in (0, 1, 60):
        await clock.look(night + timedelta(minutes=minutes))
    (name,) = kept(settings)
    assert read_backup(settings.home / "backups" / name)[1]["people"] == 0
    found = await state(database)
    assert (found.made_at, found.name) == (night, name)
    assert found.size == (settings.home / "backups" / name).stat().st_size


async def test_one_that_was_missed_is_made_at_the_start(
    clock: BackupClock, database: Database, settings: Settings
) -> None:
    async with database.write() as conn:
        await backups.put(conn, Backups(NOON - 9 * DAY, NOON - 3 * DAY, "daily-x.db", 9))
    await clock.look(NOON)
    assert len(kept(settings)) == 1
    assert (await state(database)).made_at == NOON


def test_the_newest_are_kept_and_what_is_too_old_goes(tmp_path: Path) -> None:
    """By their own names and ages; what an operator made, or a migration, stays."""
    ages = {
        "daily-5.db": 0,
        "daily-4.db": 1,
        "daily-3.db": 2,
        "daily-2.db": 40,
        "daily-1.db": 3,
        "matinee-1.db": 99,
    }
    for name, days in ages.items():
        (tmp_path / name).touch()
        at = (NOON - days * DAY).timestamp()
        os.utime(tmp_path / name, (at, at))
    newest = tmp_path / "daily-5.db"

    def gone(keep: int, days: int) -> list[str]:
        return sorted(path.name for path in superfluous(tmp_path, newest, keep, days, NOON))

    assert gone(9, 30) == ["daily-2.db"]
    assert gone(3, 30) == ["daily-1.db", "daily-2.db"]
    assert gone(1, 1) == ["daily-1.db", "daily-2.db", "daily-3.db", "daily-4.db"]


async def test_one_that_fails_is_told_once_and_tried_every_hour(
    clock: BackupClock, database: Database, settings: Settings
) -> None:
    async with database.write() as conn:
        await backups.put(conn, Backups(NOON - 9 * DAY))
    settings.home.mkdir()
    (settings.home / "backups").write_text("in the way")
    for hours in (0, 0.5, 2, 4):
        await clock.look(NOON + timedelta(hours=hours))
    found = await state(database)
    assert found.failing_since == NOON
    assert "backups" in found.why
    async with database.read() as conn:
        told = (await conn.execute(select(schema.notices.c.telegram_id, schema.notices.c.kind))).all()
    assert [tuple(row) for row in told] == [(BOSS, "backup")]
    (settings.home / "backups").unlink()
    await clock.look(NOON + timedelta(hours=6))
    assert (await state(database)).failing_since is None
    assert len(kept(settings)) == 1


async def test_off_is_off(database: Database, settings: Settings) -> None:
    await BackupClock(database, settings.model_copy(update={"backup_at": None}), lambda: None).run()
    async with database.read() as conn:
        assert await backups.get(conn) is None


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (None, Level.OK, "the first one at 03:30"),
        (Backups(NOON - DAY), Level.OK, "none yet"),
        (Backups(NOON - 3 * DAY), Level.WARN, "none yet"),
        (
            Backups(NOON - 9 * DAY, NOON - DAY, "daily-x.db", 9),
            Level.OK,
            "daily-x.db, of 2026-11-23 12:00 UTC",
        ),
        (Backups(NOON - 9 * DAY, NOON - 3 * DAY, "daily-x.db", 9), Level.WARN, "daily-x.db"),
        (
            Backups(NOON - DAY, NOON, "x", 9, NOON, "no room"),
            Level.WARN,
            "since 2026-11-24 12:00 UTC: no room",
        ),
    ],
)
async def test_the_doctor_looks_at_them(
    database: Database, settings: Settings, found: Backups | None, level: Level, words: str
) -> None:
    if found is not None:
        async with database.write() as conn:
            await backups.put(conn, found)
    seen = await look_at(settings.database, (BACKUPS_KEY,))
    line = doctors(settings, seen, NOON)
    assert line.level is level
    assert words in line.found
    off = doctors(settings.model_copy(update={"backup_at": None}), seen, NOON)
    assert (off.level, "off" in off.found) == (Level.OK, True)
    assert settings.backup_at == time(3, 30)
