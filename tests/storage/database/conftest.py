"""A database of each test's own, from its first table on: these tests move and break whole schemas."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.database.migrations import migrate
from tests import postgresql


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """The URL of a database for this process's tests, one after the other."""
    with postgresql.new_database() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_database: str) -> str:
    """The URL of a PostgreSQL database without tables."""
    postgresql.empty(postgresql_database)
    return postgresql_database


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/matinee.sqlite3"


@pytest.fixture(params=postgresql.KINDS)
def empty_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables."""
    url: str = request.getfixturevalue(f"{request.param}_url")
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
