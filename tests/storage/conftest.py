"""A migrated database without rows for each test: every test of `database` runs on SQLite and on PostgreSQL.

Where PostgreSQL is expected and when it is skipped: tests/postgresql.py.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsys.data.catalog import Film as CatalogFilm
from storage.database import Database
from storage.database.migrations import migrate
from storage.films import editions, films
from storage.people import people
from tests import postgresql


@pytest.fixture(scope="session")
def migrated_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database with tables, which is cleared for each test."""
    with postgresql.new_database() as url:
        asyncio.run(migrate(url, tmp_path_factory.mktemp("backups")))
        yield url


@pytest.fixture(params=postgresql.KINDS)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with tables and without rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "matinee.sqlite3")
        return f"sqlite:///{tmp_path}/matinee.sqlite3"
    url: str = request.getfixturevalue("migrated_postgresql")
    postgresql.clear(url)
    return url


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    database = await Database.open(migrated_url)
    yield database
    await database.close()


@pytest.fixture
def minute() -> Callable[[int], datetime]:
    """The n-th minute of an evening."""
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    return lambda n: evening + timedelta(minutes=n)


@pytest.fixture
def new_film() -> Callable[..., CatalogFilm]:
    def build(
        source_id: int,
        title: str | None = None,
        year: int | None = 1995,
        *,
        imdb_id: str | None = None,
        alternatives: tuple[str, ...] = (),
    ) -> CatalogFilm:
        title = f"Film {source_id}" if title is None else title
        return CatalogFilm(source_id, title, year, ("Drama", "Crime"), imdb_id, None, alternatives)

    return build


@pytest.fixture
async def film_ids(database: Database, new_film: Callable[..., CatalogFilm]) -> list[int]:
    """Our ids of six films whose data set numbers them otherwise."""
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(source_id) for source_id in (900, 50, 700, 1, 333, 8)])
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
