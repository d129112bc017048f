"""A look from outside: right, and without a trace."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.database import Database, facts
from storage.database.inspection import look_at
from storage.database.migrations import migrate
from storage.database.migrations.upgrade import REVISIONS
from storage.errors import CannotOpen


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


async def make(file: Path) -> None:
    await migrate(url_of(file), file.parent / "backups")
    database = await Database.open(url_of(file))
    async with database.write() as conn:
        await facts.put(conn, "catalog", {"source": "ml-1m"})
    await database.close()


async def test_a_database_at_rest_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "with space & 100%.db"
    await make(file)
    before = contents(tmp_path)
    assert before.keys() == {file.name}
    seen = await look_at(url_of(file), ("catalog", "nothing"))
    assert seen is not None
    assert (seen.engine, seen.version) == ("SQLite", sqlite3.sqlite_version)
    assert (seen.revision, seen.newest) == (REVISIONS[-1], REVISIONS[-1])
    assert not seen.outdated
    assert not seen.too_new
    assert seen.facts == {"catalog": {"source": "ml-1m"}, "nothing": None}
    assert contents(tmp_path) == before


async def test_it_waits_for_no_writer_and_sees_what_is_committed(tmp_path: Path) -> None:
    file = tmp_path / "matinee.db"
    await make(file)
    database = await Database.open(url_of(file))
    async with database.write() as conn:
        await facts.put(conn, "catalog", {"source": "new"})
    async with database.write() as conn:
        await facts.put(conn, "catalog", {"source": "unfinished"})
        seen = await look_at(url_of(file), ("catalog",))
    await database.close()
    assert seen is not None
    assert seen.facts == {"catalog": {"source": "new"}}


async def test_what_a_crash_left_is_left_to_the_bot(tmp_path: Path) -> None:
    """The log beside the file holds what was committed last; who closes a database for writing empties it."""
    file, crashed = tmp_path / "matinee.db", tmp_path / "crashed"
    await make(file)
    database = await Database.open(url_of(file))
    async with database.write() as conn:
        await facts.put(conn, "catalog", {"source": "last"})
    crashed.mkdir()
    for name, content in contents(tmp_path).items():
        (crashed / name).write_bytes(content)
    await database.close()
    before = contents(crashed)
    assert before[f"{file.name}-wal"]
    seen = await look_at(url_of(crashed / file.name), ("catalog",))
    assert seen is not None
    assert seen.facts == {"catalog": {"source": "last"}}
    after = contents(crashed)
    for name in (file.name, f"{file.name}-wal"):
        assert after[name] == before[name]


async def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert await look_at(url_of(tmp_path / "folder" / "matinee.db")) is None
    assert contents(tmp_path) == {}


async def test_a_schema_of_the_future(tmp_path: Path) -> None:
    file = tmp_path / "matinee.db"
    await make(file)
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
        conn.commit()
    seen = await look_at(url_of(file), ("catalog",))
    assert seen is not None
    assert seen.too_new
    assert (seen.revision, seen.facts) == ("9999", {})


async def test_an_empty_file_has_no_schema(tmp_path: Path) -> None:
    (tmp_path / "matinee.db").touch()
    seen = await look_at(url_of(tmp_path / "matinee.db"))
    assert seen is not None
    assert (seen.revision, seen.too_new, seen.outdated) == (None, False, False)


async def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "matinee.db").write_text("this is no database, however long it is " * 50)
    with pytest.raises(CannotOpen, match=r"matinee\.db"):
        await look_at(url_of(tmp_path / "matinee.db"))
