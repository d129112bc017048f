"""What `prepare` asks of a database before it falls back to another data set."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.films.numbering import CATALOG_KEY
from bot.process.settings import FALLBACK_DATASET, Settings
from bot.training.preparing import _numbered_by_another
from storage.database import Database, facts
from storage.database.migrations import migrate
from tests import postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/matinee.db"
    else:
        with postgresql.new_database() as made:
            yield made


async def _number_by(url: str, source: str) -> None:
    database = await Database.open(url)
    async with database.write() as conn:
        await facts.put(conn, CATALOG_KEY, {"source": source, "fingerprint": "x"})
    await database.close()


def test_only_a_database_numbered_otherwise_forbids_the_fallback(url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=url)
    assert not _numbered_by_another(settings)
    assert list(tmp_path.iterdir()) == []  # looking makes no file
    asyncio.run(migrate(url, tmp_path / "backups"))
    assert not _numbered_by_another(settings)
    asyncio.run(_number_by(url, FALLBACK_DATASET))
    assert not _numbered_by_another(settings)
    asyncio.run(_number_by(url, "ml-latest-small"))
    assert _numbered_by_another(settings)
