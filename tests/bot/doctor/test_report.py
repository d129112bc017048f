"""The report says what an issue needs, and of people, places and secrets nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot.doctor import Finding, Level, examine, report
from bot.process.bounds import parse_bounds
from bot.process.settings import Settings
from storage import schema
from storage.database import Database
from storage.database.migrations import REVISIONS, migrate
from storage.people import people

NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
PRIVATE = ("zebedee", "hunter2", "7770001234", "AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu")

Set = Callable[..., None]


@pytest.fixture(autouse=True)
def set_(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unused_port: int) -> Set:
    """Sets settings; none but these, and a Telegram that does not answer."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MATINEE_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)

    def set_(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"MATINEE_{name}", value)

    set_(HOME=str(tmp_path / "zebedee"), TELEGRAM_API_URL=f"http://me:hunter2@127.0.0.1:{unused_port}")
    return set_


def written() -> str:
    """The report, in which nothing private is."""
    text = report.write(list(examine()))
    assert [word for word in PRIVATE if word.lower() in text.lower()] == []
    return text


VALUES: dict[str, tuple[Any, str]] = {
    "telegram_token": ("4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu", "set, not shown"),
    "telegram_api_url": ("https://zebedee:hunter2@zebedee.example", "set, not shown"),
    "home": (Path("/home/zebedee/films"), "set, not shown"),
    "database_url": (
        "postgresql+asyncpg://zebedee:hunter2@db/x",
        "postgresql+asyncpg://…, the rest is not shown",
    ),
    "admin_ids": ((7770001234, 5), "2 of them"),
    "dataset": ("/home/zebedee/ratings", "set, not shown"),
    "sends_per_second": (7.0, "7"),
    "chat_sends_per_second": (0.5, "0.5"),
    "chat_send_burst": (6, "6"),
    "group_sends_per_minute": (2.0, "2"),
    "poll_minutes": (45.0, "45"),
    "http_port": (8080, "8080"),
    "http_host": ("zebedee.example", "set, not shown"),
    "timezone": ("Europe/Berlin", "Europe/Berlin"),
    "retrain_at": (time(5, 30), "05:30"),
    "rating_scale": (10, "10"),
    "backup_at": (time(3, 45), "03:45"),
    "keep_backups": (9, "9"),
    "backup_days": (8, "8"),
    "retrain_after": (100, "100"),
    "full_every_days": (3, "3"),
    "train_here": (False, "false"),
    "gate_margin": (0.5, "0.5"),
    "keep_models": (2, "2"),
    "artifacts": ("s3://KEY:hunter2@zebedee/x", "s3://…, the rest is not shown"),
    "alerts": (parse_bounds("gini>0.5"), "gini>0.5"),
    "log_level": ("DEBUG", "DEBUG"),
    "log_format": ("json", "json"),
}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_shown_as_a_stranger_may_read_it(name: str) -> None:
    value, shown = VALUES[name]
    settings = Settings.model_validate({name: value})
    assert report.harmless(name, getattr(settings, name)) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("retrain_at", None, "off"),
        ("alerts", (), "off"),
        ("dataset", "ml-1m", "ml-1m"),
        ("http_host", "0.0.0.0", "0.0.0.0"),
        ("one_to_come", "zebedee", "set, not shown"),
    ],
)
def test_some_words_are_known(name: str, value: object, shown: str) -> None:
    assert report.harmless(name, value) == shown


async def fill(url: str, backups: Path) -> None:
    """Fourteen people, a failure that quotes one of them, one that says no more, a training that failed."""
    await migrate(url, backups)
    database = await Database.open(url)
    async with database.write() as conn:
        for number in range(14):
            await people.meet(conn, 7770001234 + number, "en", NOW)
        update = {"bot_id": 1, "chat_key": 7770001234, "state": "failed", "attempts": 1, "received_at": NOW}
        errors = [
            "ValueError('zebedee')",
            'ValueError("hunter2")',
            "pending at 21 starts",
            None,
            "Zebedee said so",
        ]
        for number, error in enumerate(errors):
            await conn.execute(
                insert(schema.updates).values(update_id=number, error=error, finished_at=NOW, **update)
            )
        job = {
            "kind": "full",
            "reason": "schedule",
            "attempts": 1,
            "stop": False,
            "created_at": NOW,
            "finished_at": NOW,
        }
        values = {"state": "failed", "phase": "learning", "error": "/home/zebedee is gone", **job}
        await conn.execute(insert(schema.jobs).values(values))
    await database.close()


def test_a_database_in_figures(tmp_path: Path) -> None:
    home = tmp_path / "zebedee"
    asyncio.run(fill(f"sqlite+aiosqlite:///{home / 'matinee.db'}", home / "backups"))
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    told = written()
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    assert f"schema {REVISIONS[-1]}" in told
    assert "about 10 people, no ratings" in told
    assert "2 ValueError" in told
    assert "2 given up" in told
    assert "1 forgotten" in told
    assert "trainings: 1 failed in learning" in told
    assert "fail: model, telegram" in told
    assert "- Matinee " in told
    assert "`MATINEE_HOME`: set, not shown" in told


def test_where_settings_are_wrong(set_: Set) -> None:
    set_(ALERTS="zebedee", HTTP_PORT="hunter2", DATABASE_URL="mysql://zebedee:hunter2\nmodel@x/y")
    told = written()
    assert "fail: `MATINEE_DATABASE_URL`, `MATINEE_HTTP_PORT`, `MATINEE_ALERTS`\n" in told
    assert "unknown: some are wrong" in told


def test_where_the_database_is_away(set_: Set, unused_port: int) -> None:
    set_(
        DATABASE_URL=f"postgresql+asyncpg://zebedee:hunter2@127.0.0.1:{unused_port}/zebedee?password=hunter2"
    )
    told = written()
    assert "it cannot be opened, or does not answer" in told
    assert "`MATINEE_DATABASE_URL`: postgresql+asyncpg://…, the rest is not shown" in told


def test_findings_are_told_by_check_alone() -> None:
    told = report.write(
        [Finding("films", Level.WARN, "zebedee", "ask hunter2"), Finding("home", Level.OK, "zebedee")]
    )
    assert "warn: films\n" in told
    assert "ok: home\n" in told
    assert "zebedee" not in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "no"), (9, "fewer than 10"), (14, "about 10"), (400, "about 1,000"), (95_000, "about 100,000")],
)
def test_numbers_of_people_are_rounded(number: int, told: str) -> None:
    assert report._roughly(number) == told
