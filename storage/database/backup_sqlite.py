"""Copies of a SQLite database that are whole, even while it is written, and putting one back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from storage.errors import BackupFailed, RestoreFailed


def back_up(source: Path, target: Path) -> dict[str, int]:
    """Copy `source` to `target`, which either is there whole afterwards or not at all. Blocks.

    Returns the rows of each table, which the copy was compared by. Raises BackupFailed.
    """
    if target.exists():
        raise BackupFailed(f"{target} is there already")
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(source, isolation_level=None)) as origin:
            origin.execute("BEGIN")  # one snapshot for the counts and the copy
            rows = _rows(origin)
            with closing(sqlite3.connect(partial)) as copy:
                origin.backup(copy)
        _, copied = _read(partial)
        if copied != rows:
            raise BackupFailed(f"the copy of {source} differs from it: {copied} instead of {rows} rows")
        _keep(partial, target)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{source} could not be copied to {target}: {error}") from error
    finally:
        with suppress(OSError):
            partial.unlink()
    return rows


def read_backup(file: Path) -> tuple[str, dict[str, int]]:
    """The schema's revision and the rows of each table of a backup. Raises BackupFailed."""
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    try:
        revision, rows = _read(file)
    except sqlite3.Error as error:
        raise BackupFailed(f"{file} is not a whole SQLite database: {error}") from error
    if revision is None or "people" not in rows:
        raise BackupFailed(f"{file} is a database, but not one of Matinee")
    return revision, rows


def put_back(backup: Path, file: Path, aside: Path) -> dict[str, int]:
    """Replace a database that nobody has open by a backup; the old one is kept as `aside`.

    Returns the rows of each table. Raises BackupFailed, RestoreFailed, after which `file` is as it was.
    """
    fresh = file.with_name(file.name + ".restoring")
    fresh.unlink(missing_ok=True)
    rows = back_up(backup, fresh)
    try:
        _set_aside(file, aside)
        for suffix in ("-wal", "-shm"):  # of the old one; it is empty, unless that one was damaged
            Path(f"{file}{suffix}").unlink(missing_ok=True)
        _keep(fresh, file)
    except OSError as error:
        raise RestoreFailed(f"{backup} could not be put in the place of {file}: {error}") from error
    finally:
        fresh.unlink(missing_ok=True)
    return rows


def _set_aside(file: Path, aside: Path) -> None:
    """Copy a database byte by byte: it may be damaged, which is why a backup is put back."""
    if not file.exists():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal"):
        if Path(f"{file}{suffix}").exists():
            shutil.copy2(f"{file}{suffix}", f"{aside}{suffix}")


def _read(file: Path) -> tuple[str | None, dict[str, int]]:
    """The revision and the rows of each table, of a file whose every page was checked."""
    with closing(sqlite3.connect(file)) as conn:
        found = [line for (line,) in conn.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError("; ".join(found))
        rows = _rows(conn)
        if "alembic_version" not in rows:
            return None, rows
        return conn.execute("SELECT version_num FROM alembic_version").fetchone()[0], rows


def _rows(conn: sqlite3.Connection) -> dict[str, int]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    names = [name for (name,) in conn.execute(query)]
    return {name: conn.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(names)}


def _keep(partial: Path, target: Path) -> None:
    """Give a file its name, so that both survive a power loss."""
    with partial.open("rb+") as written:
        os.fsync(written.fileno())
    os.replace(partial, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
