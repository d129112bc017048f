"""Bringing a database up to the schema of this version, or leaving it exactly as it was."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.backup_sqlite import back_up
from storage.database.engine import make_engine, opening, parse_url, sqlite_file
from storage.database.urls import masked
from storage.errors import BackupFailed, MigrationFailed, SchemaTooNew

# Oldest first; written here, so that a start with nothing to do needs no Alembic.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")

# Foreign keys are off while tables are built anew (a DROP deletes by cascade), and are checked at the end.
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "OFF"}


async def migrate(url: str, backups: Path) -> str:
    """Bring a database to the newest revision, which is returned; make it where there is none.

    An existing SQLite database is copied into the folder `backups` first, if there is anything to do.
    Raises CannotOpen, SchemaTooNew, and MigrationFailed, after which the database is as it was.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    async with AsyncExitStack() as stack:
        with opening(parsed):
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
            engine = make_engine(parsed, pragmas=_PRAGMAS, begin="BEGIN IMMEDIATE", size=1)
            stack.push_async_callback(engine.dispose)
            # One transaction from the first look to the last change: nobody writes in between.
            conn = await stack.enter_async_context(engine.begin())
        tables, revision = await conn.run_sync(_present)
        if revision == REVISIONS[-1]:
            return revision
        if revision is not None and revision not in REVISIONS:
            raise SchemaTooNew(_too_new(parsed, revision, backups))
        backup = None
        if file is not None and tables:
            backup = await _back_up(file, revision, backups)
        await _upgrade(conn, parsed, backup)
    return REVISIONS[-1]


async def build(url: str, upto: str) -> None:
    """Make the schema of a revision where there is none, or bring one there. Raises MigrationFailed."""
    parsed = parse_url(url)
    engine = make_engine(parsed, pragmas=_PRAGMAS, begin="BEGIN IMMEDIATE", size=1)
    try:
        async with engine.begin() as conn:
            await conn.run_sync(build_on, upto)
    except Exception as error:
        raise MigrationFailed(f"schema {upto} could not be made: {error}") from error
    finally:
        await engine.dispose()


def build_on(conn: Connection, upto: str) -> None:
    """The same on a connection, in its transaction. Raises whatever Alembic and the database raise."""
    _run_alembic(conn, upto)


async def revision(url: str) -> str | None:
    """The revision of a database; None where there is no database or no schema yet. Raises CannotOpen."""
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return None
    with opening(parsed):
        engine = make_engine(parsed, pragmas={}, begin="BEGIN", size=1)
        try:
            async with engine.connect() as conn:
                return (await conn.run_sync(_present))[1]
        finally:
            await engine.dispose()


def _present(conn: Connection) -> tuple[list[str], str | None]:
    """The tables that are there, and the revision, if any."""
    tables = inspect(conn).get_table_names()
    if "alembic_version" not in tables:
        return tables, None
    return tables, conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


async def _back_up(file: Path, revision: str | None, backups: Path) -> Path:
    now = datetime.now(UTC)
    backup = backups / f"{file.stem}-{now:%Y%m%dT%H%M%S%fZ}-{revision or 'unversioned'}{file.suffix}"
    try:
        await asyncio.to_thread(back_up, file, backup)
    except BackupFailed as error:
        raise MigrationFailed(f"{file} needs a migration, and its backup {backup} failed: {error}") from error
    return backup


def _too_new(url: URL, revision: str, backups: Path) -> str:
    return (
        f"the database {masked(url)} has schema {revision}, and this version of Matinee knows schemas up to "
        f"{REVISIONS[-1]}: a newer version wrote it. Install that version again, or put back a backup "
        f"from {backups}"
    )


async def _upgrade(conn: AsyncConnection, url: URL, backup: Path | None) -> None:
    """Run what is missing in the open transaction. Raises MigrationFailed."""
    try:
        await conn.run_sync(_run_alembic, REVISIONS[-1])
        if conn.dialect.name == "sqlite":
            broken = (await conn.execute(text("PRAGMA foreign_key_check"))).all()
            if broken:
                raise MigrationFailed(f"rows that point nowhere, as {tuple(broken[0])}")
    except Exception as error:
        kept = f"; a backup from just before is {backup}" if backup else ""
        raise MigrationFailed(
            f"the database {masked(url)} could not be brought to schema {REVISIONS[-1]} and is as it was"
            f"{kept}. The reason: {error}"
        ) from error


def _run_alembic(conn: Connection, upto: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": conn})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    command.upgrade(config, upto)
