"""What SQLite alone has: a file, PRAGMAs, one writer, a disk that fills up, and a process that is killed."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from recsys.data.catalog import Film as CatalogFilm
from storage.database import AsyncConnection, Database, facts
from storage.database.migrations import migrate
from storage.errors import CannotOpen, DatabaseFull
from storage.films import editions, films
from storage.people import people

Minute = Callable[[int], datetime]
ROOT = Path(__file__).parents[3]


async def _pragma(conn: AsyncConnection, name: str) -> object:
    return (await conn.execute(text(f"PRAGMA {name}"))).scalar_one()


async def test_every_connection_has_its_pragmas(sqlite_database: Database) -> None:
    async with sqlite_database.write() as conn:
        assert await _pragma(conn, "journal_mode") == "wal"
        assert await _pragma(conn, "synchronous") == 2  # FULL
        assert await _pragma(conn, "foreign_keys") == 1
        assert await _pragma(conn, "busy_timeout") == 10_000
        assert await _pragma(conn, "secure_delete") == 1
    async with sqlite_database.read() as one, sqlite_database.read() as two:
        for conn in (one, two):
            assert await _pragma(conn, "journal_mode") == "wal"
            assert await _pragma(conn, "query_only") == 1
            assert await _pragma(conn, "busy_timeout") == 10_000


async def test_a_write_holds_the_file_from_its_very_beginning(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "matinee.sqlite3", timeout=0, isolation_level=None)) as other:
        async with sqlite_database.write():  # no statement yet
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        async with sqlite_database.read() as conn:
            await facts.get(conn, "key")
            other.execute("BEGIN IMMEDIATE")  # a reader is in nobody's way
            other.execute("ROLLBACK")


async def test_writers_take_turns(sqlite_database: Database) -> None:
    async def add_one() -> None:
        async with sqlite_database.write() as conn:
            value = await facts.get(conn, "counter")
            await asyncio.sleep(0)
            await facts.put(conn, "counter", (value if isinstance(value, int) else 0) + 1)

    await asyncio.gather(*(add_one() for _ in range(20)))
    async with sqlite_database.read() as conn:
        assert await facts.get(conn, "counter") == 20


async def test_what_was_deleted_leaves_the_disk_once_nobody_reads_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Nobody is held up for it: while somebody reads, it says so at once, and writing goes on."""

    def left() -> bool:
        return any(b"Zebulonia" in file.read_bytes() for file in tmp_path.glob("matinee.sqlite3*"))

    for value in ("Zebulonia" * 2_000, "Zebulonia", None):
        async with sqlite_database.write() as conn:
            await facts.put(conn, "name", value)
    assert left()
    async with sqlite_database.read() as conn:
        await facts.get(conn, "name")
        assert not await asyncio.wait_for(sqlite_database.erase(), 5)
        async with sqlite_database.write() as writing:
            await facts.put(writing, "other", 1)
            assert await _pragma(writing, "busy_timeout") == 10_000
    assert await sqlite_database.erase()
    assert not left()


async def test_a_file_of_before_is_written_anew(tmp_path: Path, sqlite_database: Database) -> None:
    """Its free pages hold what was deleted before anything was overwritten."""
    file = tmp_path / "matinee.sqlite3"
    with closing(sqlite3.connect(file)) as old:
        old.execute("PRAGMA secure_delete = OFF")
        old.execute("INSERT INTO settings VALUES ('name', ?)", ("Zebulonia" * 5_000,))
        old.commit()
        old.execute("DELETE FROM settings")
        old.commit()
    assert await sqlite_database.erase()
    assert b"Zebulonia" in file.read_bytes()
    await sqlite_database.rebuild()
    assert await sqlite_database.erase()
    assert b"Zebulonia" not in file.read_bytes()


async def test_ids_once_given_are_never_given_again(sqlite_database: Database, minute: Minute) -> None:
    async with sqlite_database.write() as conn:
        gone = await people.meet(conn, 5, "en", minute(0))
        await conn.execute(text("DELETE FROM people"))
        assert (await people.meet(conn, 6, "en", minute(0))).id > gone.id


async def test_closing_leaves_one_whole_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/folder/my.db"
    await migrate(url, tmp_path / "backups")
    database = await Database.open(url)
    async with database.write() as conn:
        await facts.put(conn, "key", 1)
    async with database.read() as conn:
        await facts.get(conn, "key")
    assert (tmp_path / "new/folder/my.db-wal").exists()
    await database.close()
    assert os.listdir(tmp_path / "new/folder") == ["my.db"]


async def test_cancelled_writers_leave_no_connection_behind(sqlite_url: str, tmp_path: Path) -> None:
    await migrate(sqlite_url, tmp_path / "backups")
    database = await Database.open(sqlite_url)

    async def write(number: int) -> None:
        async with database.write() as conn:
            await facts.put(conn, f"key {number}", number)

    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(write(number)) for number in range(100)]
    for number, task in enumerate(tasks):  # twice each, so that the second one hits the cleaning up
        loop.call_later(number * 0.0007, task.cancel)
        loop.call_later(number * 0.0007 + 0.0001, task.cancel)
    await asyncio.gather(*tasks, return_exceptions=True)
    await write(100)
    await database.close()
    assert os.listdir(tmp_path) == ["matinee.sqlite3"]


async def test_closing_waits_for_the_write_under_way(sqlite_url: str, tmp_path: Path) -> None:
    await migrate(sqlite_url, tmp_path / "backups")
    database = await Database.open(sqlite_url)
    async with database.write() as conn:
        closing_now = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        await facts.put(conn, "key", 1)
        assert not closing_now.done()
    await closing_now
    again = await Database.open(sqlite_url)
    async with again.read() as conn:
        assert await facts.get(conn, "key") == 1
    await again.close()


async def test_a_file_that_is_no_database_is_refused_by_name(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "matinee.sqlite3").write_bytes(b"this is a text file, and not a short one either" * 20)
    with pytest.raises(CannotOpen, match=r"matinee\.sqlite3 cannot be opened: file is not a database"):
        await Database.open(sqlite_url)
    with pytest.raises(CannotOpen, match="file is not a database"):
        await migrate(sqlite_url, tmp_path / "backups")


async def test_a_folder_is_made(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/a/b/matinee.sqlite3")
    await database.close()
    assert os.listdir(tmp_path / "a/b") == ["matinee.sqlite3"]


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotOpen, match="cannot be opened"):
        await Database.open(f"sqlite:///{tmp_path}/file/matinee.sqlite3")


def _many(first: int) -> list[CatalogFilm]:
    return [
        CatalogFilm(n, f"A film with quite a long title {n}", 1995, (), None, None, ())
        for n in range(first, first + 2_000)
    ]


async def test_a_full_database_says_so_and_works_again_with_room(sqlite_database: Database) -> None:
    async with sqlite_database.write() as conn:
        await facts.put(conn, "before", True)
        room = await _pragma(conn, "max_page_count")
        await conn.execute(text(f"PRAGMA max_page_count = {await _pragma(conn, 'page_count')}"))
    with pytest.raises(DatabaseFull, match="no room"):
        async with sqlite_database.write() as conn:
            await editions.fill(conn, "tiny", _many(0))
    async with sqlite_database.read() as conn:  # still there to read
        assert await films.every(conn) == []
        assert await facts.get(conn, "before") is True
    async with sqlite_database.write() as conn:
        await conn.execute(text(f"PRAGMA max_page_count = {room}"))
    async with sqlite_database.write() as conn:
        await editions.fill(conn, "tiny", _many(0))
        assert len(await films.every(conn)) == 2_000


async def test_a_disk_that_takes_no_more_says_so_and_works_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    grown = (tmp_path / "matinee.sqlite3-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (grown + 20_000, hard))
    try:
        with pytest.raises(DatabaseFull):
            async with sqlite_database.write() as conn:
                await editions.fill(conn, "tiny", _many(0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    async with sqlite_database.write() as conn:
        assert await films.every(conn) == []
        await editions.fill(conn, "tiny", _many(0))
    async with sqlite_database.read() as conn:
        assert len(await films.every(conn)) == 2_000
        assert await _pragma(conn, "integrity_check") == "ok"


async def test_filling_with_what_is_there_writes_nothing(sqlite_database: Database) -> None:
    async with sqlite_database.write() as conn:
        await editions.fill(conn, "tiny", _many(0))
        before = (await conn.execute(text("SELECT total_changes()"))).scalar_one()
        await editions.fill(conn, "tiny", _many(0))
        assert (await conn.execute(text("SELECT total_changes()"))).scalar_one() == before


KILLED = """
import asyncio, sys
from sqlalchemy import text
from recsys.data.catalog import Film as CatalogFilm
from storage.films import editions, films
from storage.database import facts
from storage.database import Database

async def main():
    database = await Database.open(sys.argv[1])
    for n in range(20):
        async with database.write() as conn:
            await facts.put(conn, "committed", n)
    async with database.write() as conn:
        await conn.execute(text("PRAGMA cache_size = 5"))  # so that half a transaction is in the file
        await facts.put(conn, "committed", "never")
        await editions.fill(conn, "tiny", [CatalogFilm(n, "x" * 500, 1995) for n in range(2000)])
        print("in the middle", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.process
async def test_a_writer_killed_in_the_middle_leaves_a_sound_database(sqlite_url: str, tmp_path: Path) -> None:
    await migrate(sqlite_url, tmp_path / "backups")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, sqlite_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"in the middle\n"
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    assert (tmp_path / "matinee.sqlite3-wal").stat().st_size > 500_000
    database = await Database.open(sqlite_url)
    async with database.write() as conn:
        assert await _pragma(conn, "integrity_check") == "ok"
        assert await facts.get(conn, "committed") == 19
        assert await films.every(conn) == []
        await facts.put(conn, "committed", 20)
    await database.close()


async def test_a_broken_statement_is_not_taken_for_a_full_disk(sqlite_database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        async with sqlite_database.write() as conn:
            await conn.execute(text("SELECT * FROM nowhere"))
