"""A whole database moved to another one, between both kinds and either way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.engine import Engine

from recsys.data.catalog import Film as CatalogFilm
from storage import schema
from storage.database import AsyncConnection, Database, facts
from storage.database.copying import copy
from storage.database.lock import hold
from storage.database.migrations import migrate
from storage.errors import CopyFailed, DatabaseInUse
from storage.films import editions, films
from storage.people import lists, marks, people, ratings
from storage.people.lists import Shown
from storage.running import updates
from storage.running.updates import NewUpdate

Minute = Callable[[int], datetime]


@pytest.fixture
def target_url(empty_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the other kind."""
    if empty_url.startswith("postgresql"):
        return f"sqlite:///{tmp_path}/target/matinee.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


async def _everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = await Database.open(url)
    async with database.read() as conn:
        found = {
            name: [tuple(row) for row in await conn.execute(select(table).order_by(*table.primary_key))]
            for name, table in schema.metadata.tables.items()
        }
    await database.close()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


async def _live(conn: AsyncConnection, minute: Minute) -> int:
    """Some of everything, odd texts and values included; the id of somebody who is gone again."""
    many = [CatalogFilm(n, f"Film {n}", None, ("Drama",), None, None, ()) for n in range(1_100)]
    await editions.fill(
        conn, "tiny", [*many, CatalogFilm(-1, "L'été 🎬 \\N\t\n'\"", 1995, (), "tt1", 2**40, ("É",))]
    )
    ids = [film.id for film in await films.every(conn)]
    person = (await people.meet(conn, 2**50, None, minute(0))).id
    await people.meet(conn, 8, "pt-BR", minute(0) + timedelta(microseconds=1))
    gone = (await people.meet(conn, 9, "en", minute(1))).id
    await conn.execute(text("DELETE FROM people WHERE id = :gone"), {"gone": gone})
    for number, film_id in enumerate(ids[:40]):
        await ratings.rate(conn, person, film_id, 0.5 + number % 10 / 2, minute(number))
    await marks.put(conn, person, ids[7], "refused", minute(3))
    await facts.put(conn, "Key", {"b": [1, 2.5, None, "ü"], "a": True})
    await facts.put(conn, "key", None)
    first = await lists.create(conn, person, "recommend", [Shown(ids[3], 1, 4.123456789, 0.1)], minute(4))
    second = await lists.create(conn, person, "recommend", [], minute(5), query="heat", parent_id=first)
    assert second > first
    (stored,) = await updates.receive(conn, 1, [NewUpdate(5, 2**50, {"text": "\u0000 é"})], minute(6))
    await updates.mark_applied(conn, stored.seq, [1, {"list": first}])
    await conn.execute(
        insert(schema.genre_answers),
        [
            {"person_id": person, "genre": genre, "value": 1, "answered_at": minute(1)}
            for genre in ("Sci-Fi", "film noir", "Émigré", "Drama")  # which databases sort differently
        ],
    )
    return gone


@pytest.fixture
async def lived_in(database: Database, minute: Minute) -> AsyncIterator[int]:
    async with database.write() as conn:
        gone = await _live(conn, minute)
    yield gone
    await database.close()


async def test_every_row_arrives_and_ids_go_on(
    lived_in: int, empty_url: str, target_url: str, minute: Minute, tmp_path: Path
) -> None:
    rows = await copy(empty_url, target_url, tmp_path / "backups")
    there = await _everything(target_url)
    assert there == await _everything(empty_url)
    assert rows == {name: len(found) for name, found in there.items()}
    assert rows["films"] == 1_101
    assert rows["ratings"] == 40
    database = await Database.open(target_url)
    async with database.write() as conn:
        assert (await people.meet(conn, 77, "en", minute(0))).id == lived_in + 1  # not that of who is gone
        await editions.fill(conn, "tiny", [CatalogFilm(9_999, "New", 2026, (), None, None, ())])
    await database.close()


async def test_there_and_back_is_the_same(
    lived_in: int, empty_url: str, target_url: str, tmp_path: Path
) -> None:
    await copy(empty_url, target_url, tmp_path / "backups")
    if target_url.startswith("postgresql"):
        await copy(target_url, f"sqlite:///{tmp_path}/back.db", tmp_path / "backups")
        assert await _everything(f"sqlite:///{tmp_path}/back.db") == await _everything(empty_url)
    else:
        await copy(target_url, f"sqlite:///{tmp_path}/again.db", tmp_path / "backups")
        assert await _everything(f"sqlite:///{tmp_path}/again.db") == await _everything(empty_url)


async def test_an_empty_schema_is_empty(
    lived_in: int, empty_url: str, target_url: str, tmp_path: Path
) -> None:
    await migrate(target_url, tmp_path / "backups")
    assert (await copy(empty_url, target_url, tmp_path / "backups"))["people"] == 2


async def test_a_target_with_a_row_is_refused_and_keeps_it(
    lived_in: int, empty_url: str, target_url: str, tmp_path: Path
) -> None:
    await migrate(target_url, tmp_path / "backups")
    database = await Database.open(target_url)
    async with database.write() as conn:
        await facts.put(conn, "mine", 1)
    await database.close()
    before = await _everything(target_url)
    with pytest.raises(CopyFailed, match="is not empty, it holds settings"):
        await copy(empty_url, target_url, tmp_path / "backups")
    assert await _everything(target_url) == before


async def test_another_programs_database_is_refused(
    lived_in: int, empty_url: str, target_url: str, tmp_path: Path
) -> None:
    database = await Database.open(target_url)
    async with database.write() as conn:
        await conn.execute(text("CREATE TABLE notes (note TEXT)"))
    await database.close()
    with pytest.raises(CopyFailed, match="it holds notes"):
        await copy(empty_url, target_url, tmp_path / "backups")


async def test_onto_itself_is_refused(lived_in: int, empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(CopyFailed, match="one database"):
        await copy(empty_url, empty_url, tmp_path / "backups")


async def test_a_source_without_the_schema_is_refused(
    empty_url: str, target_url: str, tmp_path: Path
) -> None:
    with pytest.raises(CopyFailed, match="matinee db upgrade"):
        await copy(empty_url, target_url, tmp_path / "backups")


async def test_a_row_that_comes_out_otherwise_undoes_everything(
    lived_in: int, empty_url: str, target_url: str, tmp_path: Path
) -> None:
    """A database that rounds: stars 0.5 are kept as 0.6."""
    await migrate(target_url, tmp_path / "backups")

    def round_up(conn: object, cursor: object, statement: str, values: object, *rest: object) -> object:
        if statement.startswith("INSERT INTO ratings"):
            values = [tuple(0.6 if value == 0.5 else value for value in row) for row in values]  # type: ignore[attr-defined] # a list of rows, since this is an executemany
        return statement, values

    event.listen(Engine, "before_cursor_execute", round_up, retval=True)
    try:
        with pytest.raises(CopyFailed, match="ratings came out otherwise"):
            await copy(empty_url, target_url, tmp_path / "backups")
    finally:
        event.remove(Engine, "before_cursor_execute", round_up)
    assert not any((await _everything(target_url)).values())


async def test_a_row_that_the_target_refuses_is_told(
    sqlite_database: Database, sqlite_url: str, postgresql_url: str, minute: Minute, tmp_path: Path
) -> None:
    """SQLite takes a language of any length."""
    async with sqlite_database.write() as conn:
        await people.meet(conn, 5, "x" * 36, minute(0))
    with pytest.raises(CopyFailed, match="too long"):
        await copy(sqlite_url, postgresql_url, tmp_path / "backups")


async def test_a_database_in_use_is_neither_source_nor_target(
    sqlite_database: Database, sqlite_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    async with hold(postgresql_url):
        with pytest.raises(DatabaseInUse):
            await copy(sqlite_url, postgresql_url, tmp_path / "backups")
        with pytest.raises(DatabaseInUse):
            await copy(postgresql_url, f"sqlite:///{tmp_path}/new.db", tmp_path / "backups")
