"""One process per database."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from storage.database import Database
from storage.database.lock import _KEY, hold
from storage.errors import CannotOpen, DatabaseInUse, DatabaseLost

ROOT = Path(__file__).parents[3]


async def test_a_second_one_is_refused_until_the_first_lets_go(postgresql_url: str) -> None:
    async with hold(postgresql_url):
        with pytest.raises(DatabaseInUse, match="another Matinee uses the database"):
            async with hold(postgresql_url):
                pytest.fail("two hold it")
    async with hold(postgresql_url):
        pass


async def test_another_database_is_not_concerned(sqlite_url: str, postgresql_url: str) -> None:
    elsewhere = make_url(postgresql_url).set(database="postgres").render_as_string(hide_password=False)
    async with hold(postgresql_url), hold(sqlite_url), hold(elsewhere):
        pass


async def test_a_sqlite_file_is_held_by_whatever_way_one_comes_to_it(tmp_path: Path) -> None:
    """Two homes may name one file in MATINEE_DATABASE_URL."""
    (tmp_path / "homes").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "homes")
    (tmp_path / "other.db").symlink_to(tmp_path / "homes" / "matinee.db")
    ways = ["homes/matinee.db", "link/matinee.db", "homes/../homes/matinee.db", "other.db"]
    async with hold(f"sqlite+aiosqlite:///{tmp_path / ways[0]}"):
        for way in ways:
            with pytest.raises(DatabaseInUse, match="another Matinee uses the database"):
                async with hold(f"sqlite+aiosqlite:///{tmp_path / way}"):
                    pytest.fail("two hold it")
    async with hold(f"sqlite+aiosqlite:///{tmp_path / ways[1]}"):
        pass


HOLDER = """
import asyncio, sys
from storage.database.lock import hold

async def main():
    async with hold(sys.argv[1]):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.process
async def test_a_crash_lets_go(postgresql_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, postgresql_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    with pytest.raises(DatabaseInUse):
        async with hold(postgresql_url):
            pass
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    async with asyncio.timeout(60):
        while True:  # the server notices as soon as it looks
            try:
                async with hold(postgresql_url):
                    return
            except DatabaseInUse:
                await asyncio.sleep(0.02)


MINE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_a_lock_that_is_lost_is_taken_again_before_anything_is_written(postgresql_url: str) -> None:
    """Another has it for a moment, so that this one cannot have it back at once."""
    others = await Database.open(postgresql_url)
    async with hold(postgresql_url, lost=pytest.fail) as holding, others.write() as other:
        database = await Database.open(postgresql_url, holding.held.is_set)

        async def too_late() -> None:
            async with database.write() as conn:  # began before, and must not end after
                await conn.execute(text("CREATE TABLE too_late (id int)"))
                await other.execute(text(MINE))
                await other.execute(text(f"SELECT pg_advisory_lock({_KEY})"))
                await _until(lambda: not holding.held.is_set())

        with pytest.raises(DatabaseLost, match="waited for"):
            await too_late()
        with pytest.raises(DatabaseLost, match="waited for"):
            async with database.read():
                pass
        await other.execute(text(f"SELECT pg_advisory_unlock({_KEY})"))
        await _until(holding.held.is_set)
        with pytest.raises(DatabaseInUse):
            async with hold(postgresql_url):
                pass
        async with database.write() as conn:
            assert await conn.scalar(text("SELECT to_regclass('too_late')")) is None
        await database.close()
    await others.close()


async def test_who_finds_it_taken_by_another_gives_up(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.lock._PATIENCE", 2.0)
    lost = asyncio.Event()
    others = await Database.open(postgresql_url)

    async def hold_until_lost() -> None:
        async with hold(postgresql_url, lost=lost.set), others.write() as conn:
            await conn.execute(text(MINE))
            await conn.execute(text(f"SELECT pg_advisory_lock({_KEY})"))
            await asyncio.wait_for(lost.wait(), 60)
            await conn.execute(text(f"SELECT pg_advisory_unlock({_KEY})"))

    with pytest.raises(DatabaseLost, match="start again"):
        await hold_until_lost()
    await others.close()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - a connection's end is told to nobody else
            await asyncio.sleep(0.01)


async def test_no_server_is_told(postgresql_url: str) -> None:
    nowhere = make_url(postgresql_url).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(CannotOpen):
        async with hold(nowhere):
            pass
    missing = make_url(postgresql_url).set(database="no_such").render_as_string(hide_password=False)
    with pytest.raises(CannotOpen, match="no_such"):
        async with hold(missing):
            pass


async def test_a_broken_connection_is_named_and_the_next_write_has_another(postgresql_url: str) -> None:
    database = await Database.open(postgresql_url)

    async def break_it() -> None:
        async with database.write() as conn:
            await conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            await conn.execute(text("SELECT 1"))

    with pytest.raises(DatabaseLost):
        await break_it()
    async with database.write() as one, database.read() as two:
        idle = [(await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one() for conn in (one, two)]
    async with database.write() as conn:
        others = text("SELECT pg_terminate_backend(pid) FROM unnest(CAST(:pids AS int[])) AS pid")
        mine = (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await conn.execute(others, {"pids": [pid for pid in idle if pid != mine]})
    async with database.write() as one, database.read() as two:  # closed meanwhile in the pool
        for conn in (one, two):
            await conn.execute(text("SELECT 1"))
    await database.close()
