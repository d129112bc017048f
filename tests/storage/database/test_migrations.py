from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

import storage.database.migrations
from storage.database import Database
from storage.database.migrations import migrate, revision
from storage.database.migrations.upgrade import REVISIONS
from storage.errors import MigrationFailed, SchemaTooNew
from storage.people import people
from storage.schema import metadata

ROOT = Path(__file__).parents[3]


def _tables(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as conn:
        found = conn.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    return {name: " ".join(sql.split()) for name, sql in found}


async def test_schema_and_migrations_agree(database: Database) -> None:
    def differences(conn: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        return list(compare_metadata(MigrationContext.configure(conn, opts=options), metadata))

    async with database.read() as conn:
        assert await conn.run_sync(differences) == []


async def test_schema_and_migrations_agree_to_the_letter(sqlite_url: str, tmp_path: Path) -> None:
    """Checks, ON DELETE and partial indexes too, which Alembic does not compare."""
    await migrate(sqlite_url, tmp_path / "backups")
    migrated = _tables(tmp_path / "matinee.sqlite3")
    del migrated["alembic_version"]
    engine = create_engine(f"sqlite:///{tmp_path}/direct.sqlite3")
    metadata.create_all(engine)
    engine.dispose()
    assert migrated == _tables(tmp_path / "direct.sqlite3")


def test_the_list_of_revisions_is_the_folder_of_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.database.migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()] == list(REVISIONS[::-1])
    assert scripts.get_heads() == [REVISIONS[-1]]


async def test_a_new_database_is_made_and_a_current_one_left_alone(empty_url: str, tmp_path: Path) -> None:
    assert await migrate(empty_url, tmp_path / "backups") == REVISIONS[-1]
    database = await Database.open(empty_url)
    async with database.write() as conn:
        met = await people.meet(conn, 5, "en", datetime.fromisoformat("2026-11-24T20:00Z"))
    await database.close()
    assert await migrate(empty_url, tmp_path / "backups") == REVISIONS[-1]
    database = await Database.open(empty_url)
    async with database.read() as conn:
        assert await people.find(conn, 5) == met
    await database.close()
    assert not (tmp_path / "backups").exists()


async def test_the_revision_is_told_and_nothing_is_made(empty_url: str, tmp_path: Path) -> None:
    assert await revision(empty_url) is None
    assert os.listdir(tmp_path) == []
    await migrate(empty_url, tmp_path / "backups")
    assert await revision(empty_url) == REVISIONS[-1]


@pytest.mark.process
async def test_a_start_with_nothing_to_do_loads_no_alembic(sqlite_url: str, tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys; from storage.database.migrations import migrate; "
        "asyncio.run(migrate(sys.argv[1], pathlib.Path(sys.argv[2]))); print('alembic' in sys.modules)"
    )
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", script, sqlite_url, str(tmp_path / "backups")]
        ran = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        said.append(ran.stdout)
    assert said == ["True\n", "False\n"]


def _older(file: Path, *statements: str) -> None:
    """A database of before there were revisions, its last words still in the WAL."""
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        for statement in statements:
            conn.execute(statement)
        conn.commit()


async def test_a_backup_comes_before_a_migration(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "matinee.sqlite3"
    _older(file, "CREATE TABLE notes (note TEXT)", "INSERT INTO notes VALUES ('keep me')")
    before = _tables(file)
    await migrate(sqlite_url, tmp_path / "backups")
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.name.startswith("matinee-20")
    assert backup.name.endswith("Z-unversioned.sqlite3")
    assert _tables(backup) == before
    assert "people" in _tables(file)
    for kept in (file, backup):
        with closing(sqlite3.connect(kept)) as conn:
            assert conn.execute("SELECT note FROM notes").fetchall() == [("keep me",)]


async def test_without_a_backup_there_is_no_migration(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "matinee.sqlite3"
    _older(file, "CREATE TABLE notes (note TEXT)")
    before = _tables(file)
    (tmp_path / "backups").write_text("in the way")
    with pytest.raises(
        MigrationFailed, match=r"matinee\.sqlite3 needs a migration, and its backup .* failed"
    ):
        await migrate(sqlite_url, tmp_path / "backups")
    assert _tables(file) == before


async def test_a_failed_migration_changes_nothing_and_names_the_backup(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "matinee.sqlite3"
    _older(file, "CREATE TABLE updates (note TEXT)", "INSERT INTO updates VALUES ('keep me')")
    before = _tables(file)
    with pytest.raises(MigrationFailed) as failed:
        await migrate(sqlite_url, tmp_path / "backups")
    (backup,) = (tmp_path / "backups").iterdir()
    assert str(backup) in str(failed.value)
    assert "already exists" in str(failed.value)
    assert _tables(backup) == _tables(file) == before
    with closing(sqlite3.connect(file)) as conn:
        assert conn.execute("SELECT note FROM updates").fetchall() == [("keep me",)]


async def test_a_migration_that_leaves_rows_pointing_nowhere_is_undone(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "matinee.sqlite3"
    _older(
        file,
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (parent_id INTEGER REFERENCES parent (id))",
        "INSERT INTO child VALUES (77)",
    )
    before = _tables(file)
    with pytest.raises(MigrationFailed, match="point nowhere"):
        await migrate(sqlite_url, tmp_path / "backups")
    assert _tables(file) == before


async def test_a_newer_schema_is_refused_with_what_to_do(empty_url: str, tmp_path: Path) -> None:
    await migrate(empty_url, tmp_path / "backups")
    database = await Database.open(empty_url)
    async with database.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(SchemaTooNew, match=r"schema 9999.*up to 0007.*Install that version again.*backups"):
        await migrate(empty_url, tmp_path / "backups")
    assert not (tmp_path / "backups").exists()
