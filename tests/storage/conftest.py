"""A fresh, migrated database for each test. Every URL runs the whole suite, save what is SQLite's own.

Further databases are named in MATINEE_TEST_DATABASES, separated by spaces. Their schema "public" is dropped
and made anew for each test, so name only databases that may be lost.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import films, people
from storage.database import Database
from storage.engine import make_engine, parse_url
from storage.films import NewFilm
from storage.migrations import migrate

URLS = ("sqlite:///{folder}/matinee.sqlite3", *os.environ.get("MATINEE_TEST_DATABASES", "").split())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return URLS[0].format(folder=tmp_path)


@pytest.fixture(params=URLS, ids=lambda url: url.partition(":")[0])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    url = str(request.param).format(folder=tmp_path)
    if not url.startswith("sqlite"):
        engine = make_engine(parse_url(url), pragmas={}, begin="", size=1)
        async with engine.begin() as conn:
            await conn.execute(text("DROP SCHEMA public CASCADE"))
            await conn.execute(text("CREATE SCHEMA public"))
        await engine.dispose()
    return url


@pytest.fixture
async def database(empty_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    await migrate(empty_url, tmp_path / "backups")
    database = await Database.open(empty_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_database(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    await migrate(sqlite_url, tmp_path / "backups")
    database = await Database.open(sqlite_url)
    yield database
    await database.close()


@pytest.fixture
def minute() -> Callable[[int], datetime]:
    """The n-th minute of an evening."""
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    return lambda n: evening + timedelta(minutes=n)


@pytest.fixture
def new_film() -> Callable[..., NewFilm]:
    def build(
        source_id: int,
        title: str | None = None,
        year: int | None = 1995,
        *,
        imdb_id: str | None = None,
        alternatives: tuple[str, ...] = (),
    ) -> NewFilm:
        title = f"Film {source_id}" if title is None else title
        return NewFilm(source_id, title, year, ("Drama", "Crime"), imdb_id, None, alternatives)

    return build


@pytest.fixture
async def film_ids(database: Database, new_film: Callable[..., NewFilm]) -> list[int]:
    """Our ids of six films whose data set numbers them otherwise."""
    async with database.write() as conn:
        await films.fill(conn, "tiny", [new_film(source_id) for source_id in (900, 50, 700, 1, 333, 8)])
    async with database.read() as conn:
        return [film.id for film in await films.every(conn)]


@pytest.fixture
def meet(database: Database, minute: Callable[[int], datetime]) -> Callable[[int], Awaitable[int]]:
    """Our id of the person with this Telegram id."""

    async def build(telegram_id: int) -> int:
        async with database.write() as conn:
            return (await people.meet(conn, telegram_id, "en", minute(0))).id

    return build


@pytest.fixture
async def ann(meet: Callable[[int], Awaitable[int]]) -> int:
    return await meet(7_000_000_001)


@pytest.fixture
async def bob(meet: Callable[[int], Awaitable[int]]) -> int:
    return await meet(42)
