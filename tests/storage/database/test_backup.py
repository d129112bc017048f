"""Backups of a database in use, and putting them back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from recsys.data.catalog import Film as CatalogFilm
from storage.database import Database, backup, facts
from storage.database.lock import hold
from storage.database.migrations import REVISIONS, build, migrate
from storage.errors import BackupFailed, DatabaseInUse, RestoreFailed, SchemaTooNew
from storage.films import editions, films
from storage.people import people, ratings

pytestmark = pytest.mark.process

Minute = Callable[[int], datetime]
BEFORE, LATER = "before the backup", "after the backup"


async def _say(url: str, value: str) -> None:
    database = await Database.open(url)
    async with database.write() as conn:
        await facts.put(conn, "said", value)
    await database.close()


async def _said(url: str) -> object:
    database = await Database.open(url)
    try:
        async with database.read() as conn:
            return await facts.get(conn, "said")
    finally:
        await database.close()


@pytest.fixture
async def url(empty_url: str, tmp_path: Path) -> str:
    await migrate(empty_url, tmp_path / "migrations")
    await _say(empty_url, BEFORE)
    return empty_url


async def test_what_was_lost_comes_back_and_what_was_there_is_kept(url: str, tmp_path: Path) -> None:
    rows = await backup.back_up(url, tmp_path / "kept" / "my.backup")
    assert rows["settings"] == 1
    assert os.listdir(tmp_path / "kept") == ["my.backup"]
    await _say(url, LATER)
    restored = await backup.restore(url, tmp_path / "kept/my.backup", tmp_path / "aside")
    assert restored.rows == rows
    assert await _said(url) == BEFORE
    assert restored.aside is not None
    if url.startswith("sqlite"):
        assert await _said(f"sqlite:///{restored.aside}") == LATER
    else:
        schema = restored.aside.removeprefix("the schema ")
        database = await Database.open(url)
        async with database.read() as conn:
            query = text(f"SELECT value FROM {schema}.settings WHERE key = 'said'")
            assert (await conn.execute(query)).scalar_one() == LATER
        await database.close()


async def test_a_restored_database_is_complete(
    database: Database,
    empty_url: str,
    film_ids: list[int],
    ann: int,
    bob: int,
    minute: Minute,
    tmp_path: Path,
) -> None:
    """Ids given out before are not given out again, and what belongs to somebody still goes with them."""
    async with database.write() as conn:
        await ratings.rate(conn, ann, film_ids[0], 4, minute(1))
        await conn.execute(text("DELETE FROM people WHERE id = :bob"), {"bob": bob})
        before = await films.every(conn)
    await backup.back_up(empty_url, tmp_path / "backup")
    await database.close()
    await backup.restore(empty_url, tmp_path / "backup", tmp_path / "aside")
    assert await migrate(empty_url, tmp_path / "backups") == REVISIONS[-1]
    again = await Database.open(empty_url)
    async with again.write() as conn:
        assert await films.every(conn) == before
        assert await ratings.of(conn, ann) == {film_ids[0]: 4.0}
        assert (await people.meet(conn, 77, "en", minute(2))).id > bob
        await conn.execute(text("DELETE FROM people WHERE id = :ann"), {"ann": ann})
        assert await ratings.of(conn, ann) == {}
    await again.close()


async def test_a_backup_made_while_people_rate_is_of_one_moment(
    database: Database, empty_url: str, ann: int, tmp_path: Path, minute: Minute
) -> None:
    """Each write adds a film and its rating: a backup never has the one without the other."""
    done = asyncio.Event()

    async def rate_on() -> None:
        number = 0
        while not done.is_set():
            number += 1
            async with database.write() as conn:
                await editions.fill(conn, f"{number}", [CatalogFilm(1, "Film", 1995, (), None, None, ())])
                newest = (await conn.execute(text("SELECT max(id) FROM films"))).scalar_one()
                await ratings.rate(conn, ann, newest, 4, minute(number))

    rating = asyncio.create_task(rate_on())
    counts = []
    try:
        for number in range(40 if empty_url.startswith("sqlite") else 3):
            rows = await backup.back_up(empty_url, tmp_path / f"{number}")
            counts.append((rows["films"], rows["ratings"]))
    finally:
        done.set()
        await rating
    assert all(rated == there for rated, there in counts)
    assert counts[-1] > counts[0]


async def test_no_file_is_written_over(url: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(BackupFailed, match="mine is there already"):
        await backup.back_up(url, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


async def test_a_backup_cut_short_is_refused_and_changes_nothing(url: str, tmp_path: Path) -> None:
    await backup.back_up(url, tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "short").write_bytes(content[: len(content) * 2 // 3])
    await _say(url, LATER)
    with pytest.raises(BackupFailed, match="short is not a whole"):
        await backup.restore(url, tmp_path / "short", tmp_path / "aside")
    assert await _said(url) == LATER
    assert not (tmp_path / "aside").exists()


async def test_what_is_no_backup_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear all,\n" * 1000)
    with pytest.raises(BackupFailed, match="letter is not a whole"):
        await backup.restore(url, tmp_path / "letter", tmp_path)
    with pytest.raises(BackupFailed, match="there is no file"):
        await backup.restore(url, tmp_path / "nothing", tmp_path)
    assert await _said(url) == BEFORE


async def test_another_programs_database_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as conn:
        conn.execute("CREATE TABLE notes (note TEXT)")
    with pytest.raises(BackupFailed, match="not one of Matinee"):
        await backup.restore(sqlite_url, tmp_path / "other.db", tmp_path)


async def test_a_backup_of_a_newer_version_is_refused(url: str, tmp_path: Path) -> None:
    database = await Database.open(url)
    async with database.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await backup.back_up(url, tmp_path / "newer")
    async with database.write() as conn:
        await conn.execute(text(f"UPDATE alembic_version SET version_num = '{REVISIONS[-1]}'"))
    await database.close()
    with pytest.raises(SchemaTooNew, match="schema 9999"):
        await backup.restore(url, tmp_path / "newer", tmp_path)
    assert await _said(url) == BEFORE


async def test_a_damaged_sqlite_database_is_not_backed_up_but_replaced(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "matinee.sqlite3"
    await migrate(sqlite_url, tmp_path / "migrations")
    await _say(sqlite_url, BEFORE)
    await backup.back_up(sqlite_url, tmp_path / "good")
    damaged = bytearray(file.read_bytes())
    damaged[4096 * 2 : 4096 * 6] = b"\xff" * 4096 * 4
    file.write_bytes(damaged)
    with pytest.raises(BackupFailed):
        await backup.back_up(sqlite_url, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()
    restored = await backup.restore(sqlite_url, tmp_path / "good", tmp_path / "aside")
    assert await _said(sqlite_url) == BEFORE
    (aside,) = (tmp_path / "aside").iterdir()
    assert restored.aside == str(aside)
    assert aside.read_bytes() == damaged


async def test_a_database_without_tables_has_no_backup(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="yet"):
        await backup.back_up(empty_url, tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


async def test_tables_of_others_stay_where_they_are(postgresql_url: str, tmp_path: Path) -> None:
    await migrate(postgresql_url, tmp_path)
    await _say(postgresql_url, BEFORE)
    database = await Database.open(postgresql_url)
    async with database.write() as conn:
        await conn.execute(text("CREATE TABLE theirs AS SELECT 1 AS number"))
    await backup.back_up(postgresql_url, tmp_path / "backup")
    await backup.restore(postgresql_url, tmp_path / "backup", tmp_path)
    async with database.read() as conn:
        assert (await conn.execute(text("SELECT number FROM public.theirs"))).scalar_one() == 1
    await database.close()
    assert await _said(postgresql_url) == BEFORE


async def test_a_restore_that_fails_half_way_changes_nothing(postgresql_url: str, tmp_path: Path) -> None:
    """Somebody's view stands where a table has to be made."""
    await migrate(postgresql_url, tmp_path)
    await _say(postgresql_url, BEFORE)
    await backup.back_up(postgresql_url, tmp_path / "backup")
    database = await Database.open(postgresql_url)
    async with database.write() as conn:
        await conn.execute(text("ALTER TABLE updates RENAME TO elsewhere"))
        await conn.execute(text("CREATE VIEW updates AS SELECT 1"))
    with pytest.raises(RestoreFailed, match=r'as it was: .*"updates" already exists'):
        await backup.restore(postgresql_url, tmp_path / "backup", tmp_path)
    async with database.read() as conn:
        assert await facts.get(conn, "said") == BEFORE
    await database.close()


async def test_a_database_in_use_is_not_replaced(postgresql_url: str, tmp_path: Path) -> None:
    await migrate(postgresql_url, tmp_path)
    await backup.back_up(postgresql_url, tmp_path / "backup")
    async with hold(postgresql_url):
        with pytest.raises(DatabaseInUse):
            await backup.restore(postgresql_url, tmp_path / "backup", tmp_path)


async def test_without_postgresqls_programs_it_says_how(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(postgresql_url, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        BackupFailed, match=r"pg_dump, pg_restore, psql not found: install .*postgresql-client"
    ):
        await backup.back_up(postgresql_url, tmp_path / "backup")


HOSTILE = {
    "a trigger": "CREATE TRIGGER mine AFTER INSERT ON people BEGIN DELETE FROM ratings; END",
    "a view": "CREATE VIEW mine AS SELECT * FROM people",
    "a virtual table": "CREATE VIRTUAL TABLE mine USING fts5(x)",
    "a table": "CREATE TABLE mine (x)",
    "an index on a table": "CREATE TABLE mine (x); CREATE INDEX theirs ON mine (x)",
    "a column": "ALTER TABLE people ADD COLUMN mine TEXT",
    "a text for a moment": "INSERT INTO weeks VALUES ('w', '{}', 'mine')",
    "a text for a number": "INSERT INTO audit VALUES (1, '2026-01-01', 'mine', 'x', '{}')",
    "what is no JSON": "UPDATE settings SET value = 'mine'",
    "a row that points nowhere": "INSERT INTO muted VALUES (77, 88, '2026-01-01')",
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_a_sqlite_file_holds_besides_is_refused_by_name(
    sqlite_url: str, tmp_path: Path, said: str
) -> None:
    """Whoever hands an operator a backup would run what they like, at the next rating."""
    await migrate(sqlite_url, tmp_path / "migrations")
    await _say(sqlite_url, BEFORE)
    await backup.back_up(sqlite_url, tmp_path / "backup")
    with closing(sqlite3.connect(tmp_path / "backup")) as conn:
        conn.executescript(f"PRAGMA foreign_keys = OFF; {said};")
    with pytest.raises(BackupFailed, match=r"mine|weeks\.made_at|audit\.actor|settings\.value|muted"):
        await backup.restore(sqlite_url, tmp_path / "backup", tmp_path / "aside")
    assert await _said(sqlite_url) == BEFORE
    assert not [name for name in os.listdir(tmp_path) if "restoring" in name]


@pytest.mark.process
@pytest.mark.parametrize(
    "said",
    [
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        pytest.param("CREATE VIEW mine AS SELECT * FROM people", marks=pytest.mark.check),
        pytest.param("CREATE TABLE mine (x int)", marks=pytest.mark.check),
        pytest.param("CREATE RULE mine AS ON INSERT TO people DO ALSO NOTHING", marks=pytest.mark.check),
        pytest.param(
            "CREATE SEQUENCE mine; CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION mine()",
            marks=pytest.mark.check,
        ),
        "ALTER TABLE people ADD COLUMN mine text",
    ],
    ids=["a function", "a view", "a table", "a rule", "an event trigger", "a column"],
)
async def test_what_a_dump_holds_besides_is_refused_by_name(
    postgresql_url: str, tmp_path: Path, said: str
) -> None:
    await migrate(postgresql_url, tmp_path)
    await _say(postgresql_url, BEFORE)
    database = await Database.open(postgresql_url)
    async with database.write() as conn:
        if "EVENT" in said:
            made = "CREATE FUNCTION mine() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"
            await conn.execute(text(made))
        for statement in said.split("; "):
            await conn.execute(text(statement))
    url = make_url(postgresql_url)
    dump = [
        "pg_dump",
        "--format=custom",
        "--schema=public",
        f"--file={tmp_path / 'backup'}",
        f"--dbname={url.database}",
    ]
    environment = {
        **os.environ,
        "PGHOST": url.host or "",
        "PGPORT": str(url.port),
        "PGUSER": url.username or "",
    }
    await asyncio.to_thread(subprocess.run, dump, env=environment, check=True)
    with pytest.raises(BackupFailed, match="mine"):
        await backup.restore(postgresql_url, tmp_path / "backup", tmp_path)
    assert await _said(postgresql_url) == BEFORE
    await database.close()


@pytest.mark.process
@pytest.mark.parametrize("where", ["in its data", "in its tables"])
async def test_no_statement_of_a_dump_is_run(postgresql_url: str, tmp_path: Path, where: str) -> None:
    """A dump says `COPY … TO PROGRAM`, which the server's superuser would do."""
    await migrate(postgresql_url, tmp_path)
    await _say(postgresql_url, BEFORE)
    await backup.back_up(postgresql_url, tmp_path / "backup")
    content = (tmp_path / "backup").read_bytes()
    theirs = f"COPY (SELECT 1) TO PROGRAM 'touch {tmp_path}/run'; --".encode()
    if where == "in its data":  # there is less room
        theirs, begin = b"DROP TABLE people; --", b"COPY public.settings ("
    else:
        begin = b"CREATE TABLE public.updates ("
    at = content.index(begin)
    end = content.index(b";\n", at)
    assert len(theirs) <= end - at
    content = content[:at] + theirs.ljust(end - at) + content[end:]
    (tmp_path / "hostile").write_bytes(content)
    if where == "in its data":
        with pytest.raises(BackupFailed, match="DROP TABLE people"):
            await backup.restore(postgresql_url, tmp_path / "hostile", tmp_path)
    else:
        await backup.restore(postgresql_url, tmp_path / "hostile", tmp_path)
    assert await _said(postgresql_url) == BEFORE
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "revision", [REVISIONS[-2], *(pytest.param(each, marks=pytest.mark.check) for each in REVISIONS[3:-2])]
)
async def test_a_backup_of_an_older_version_is_brought_up_to_date(
    empty_url: str, tmp_path: Path, revision: str
) -> None:
    await build(empty_url, revision)
    database = await Database.open(empty_url)
    async with database.write() as conn:
        await people.meet(conn, 77, "de", datetime.now(UTC))
    await backup.back_up(empty_url, tmp_path / "backup")
    await database.close()
    await backup.restore(empty_url, tmp_path / "backup", tmp_path / "aside")
    again = await Database.open(empty_url)
    async with again.write() as conn:
        assert await conn.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]
        known = await people.find(conn, 77)
        assert known is not None
        assert (await people.meet(conn, 78, "de", datetime.now(UTC))).id > known.id
    await again.close()
