"""Copies of a SQLite database that are whole, even while it is written, and putting one back."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from storage.errors import BackupFailed, RestoreFailed

_VERSION = "alembic_version"


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
        _refuse_programs(file)
        revision, rows = _read(file)
    except sqlite3.Error as error:
        raise BackupFailed(f"{file} is not a whole SQLite database: {error}") from error
    if revision is None or "people" not in rows:
        raise BackupFailed(f"{file} is a database, but not one of Matinee")
    return revision, rows


def fill(backup: Path, fresh: Path) -> dict[str, int]:
    """Copy the rows of a backup into `fresh`, which has our schema of the backup's revision and no rows.

    Values alone come out of the backup: what its schema says is compared with ours, and never run. Returns
    the rows of each table. Blocks. Raises BackupFailed for whatever we do not know, by its name.
    """
    try:
        with closing(_reading(backup)) as origin, closing(sqlite3.connect(fresh)) as conn:
            conn.execute(
                "PRAGMA foreign_keys = OFF"
            )  # tables come in any order; all are looked at in the end
            rows = {}
            with conn:
                for table, columns in _columns(conn).items():
                    rows[table] = _copy_rows(origin, conn, backup, table, columns)
                _copy_last_ids(origin, conn)
                if broken := conn.execute("PRAGMA foreign_key_check").fetchall():
                    raise BackupFailed(f"{backup}: a row of {broken[0][0]} points nowhere")
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{backup} cannot be restored: {error}") from error
    return rows


def put_back(fresh: Path, file: Path, aside: Path) -> bool:
    """Replace a database that nobody has open by `fresh`; the old one, if there was one, is kept as `aside`.

    Raises RestoreFailed, after which `file` is as it was.
    """
    try:
        was_there = _set_aside(file, aside)
        for suffix in ("-wal", "-shm"):  # of the old one; it is empty, unless that one was damaged
            Path(f"{file}{suffix}").unlink(missing_ok=True)
        _keep(fresh, file)
    except OSError as error:
        raise RestoreFailed(f"{fresh} could not be put in the place of {file}: {error}") from error
    return was_there


def check_schema(backup: Path, fresh: Path) -> None:
    """Compare what a backup has with our schema of its revision, in `fresh`. Raises BackupFailed by name."""
    with closing(_reading(backup)) as origin, closing(sqlite3.connect(fresh)) as ours:
        known = _columns(ours)
        for kind, name, table in origin.execute("SELECT type, name, tbl_name FROM sqlite_master"):
            if table not in (*known, _VERSION) and not str(table).startswith("sqlite_"):
                raise BackupFailed(f"{backup} holds the {kind} {name}, which is none of Matinee's")
        theirs = _columns(origin)
        for table, columns in known.items():
            if table not in theirs:
                raise BackupFailed(f"{backup} has no table {table}")
            if unknown := set(theirs[table]) - set(columns):
                raise BackupFailed(f"{backup} holds {table}.{min(unknown)}, which is none of Matinee's")
            if missing := set(columns) - set(theirs[table]):
                raise BackupFailed(f"{backup} has no {table}.{min(missing)}")


def _copy_rows(
    origin: sqlite3.Connection, conn: sqlite3.Connection, backup: Path, table: str, columns: dict[str, str]
) -> int:
    names = ", ".join(f'"{name}"' for name in columns)
    insert = f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'
    checks = [(name, _CHECKS[_kind(declared)]) for name, declared in columns.items()]

    def checked(row: tuple[object, ...]) -> tuple[object, ...]:
        for value, (name, fits) in zip(row, checks, strict=True):
            if value is not None and not fits(value):
                raise BackupFailed(f"{backup}: {table}.{name} holds something of another type")
        return row

    found = origin.execute(f'SELECT {names} FROM "{table}"')
    conn.executemany(insert, map(checked, found))
    return int(conn.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def _copy_last_ids(origin: sqlite3.Connection, conn: sqlite3.Connection) -> None:
    """Ids that were given out stand on buttons: they are not given out again."""
    if not origin.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        return
    counting = conn.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
    known = {name for (name,) in counting}
    for name, last in origin.execute("SELECT name, seq FROM sqlite_sequence"):
        if name in known and isinstance(last, int):
            conn.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            conn.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))


def _columns(conn: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """The columns of each table with their declared types; the revision's table is left out."""
    return {
        table: {row[1]: row[2] for row in conn.execute(f'PRAGMA table_info("{_quoted(table)}")')}
        for table in _tables(conn)
        if table != _VERSION
    }


def _kind(declared: str) -> str:
    word = declared.upper().partition("(")[0]
    if "INT" in word or word == "BOOLEAN":
        return "whole"
    return {"FLOAT": "number", "JSON": "json", "DATETIME": "time"}.get(word, "text")


def _is_json(value: object) -> bool:
    if isinstance(value, int | float):  # a column of type JSON makes numbers of texts that are some
        return True
    try:
        return isinstance(value, str) and json.loads(value) is not NotImplemented
    except (ValueError, RecursionError):
        return False


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


_CHECKS: dict[str, Callable[[object], bool]] = {
    "whole": lambda value: isinstance(value, int),
    "number": lambda value: isinstance(value, int | float),
    "text": lambda value: isinstance(value, str),
    "json": _is_json,
    "time": _is_time,
}


def _reading(file: Path) -> sqlite3.Connection:
    """A database of which only values are wanted: nothing in it is run, whatever its schema says."""
    alone = "" if Path(f"{file}-wal").exists() else "&immutable=1"  # then no file is made beside it
    conn = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro{alone}", uri=True)
    for name, value in {"trusted_schema": "OFF", "cell_size_check": "ON", "query_only": "ON"}.items():
        conn.execute(f"PRAGMA {name} = {value}")
    return conn


def _refuse_programs(file: Path) -> None:
    """Before any of its tables is looked at: what runs something. Raises BackupFailed."""
    with closing(_reading(file)) as conn:
        for kind, name, sql in conn.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master"):
            virtual = kind == "table" and not str(sql).upper().startswith("CREATE TABLE ")
            if virtual or kind not in ("table", "index"):
                raise BackupFailed(f"{file} holds the {kind} {name}, which is none of Matinee's")


def _set_aside(file: Path, aside: Path) -> bool:
    """Copy a database byte by byte: it may be damaged, which is why a backup is put back. False for none."""
    if not file.exists():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal"):
        if Path(f"{file}{suffix}").exists():
            shutil.copy2(f"{file}{suffix}", f"{aside}{suffix}")
    return True


def _read(file: Path) -> tuple[str | None, dict[str, int]]:
    """The revision and the rows of each table, of a file whose every page was checked."""
    with closing(_reading(file)) as conn:
        found = [line for (line,) in conn.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError("; ".join(found))
        rows = _rows(conn)
        if _VERSION not in rows:
            return None, rows
        return conn.execute("SELECT version_num FROM alembic_version").fetchone()[0], rows


def _rows(conn: sqlite3.Connection) -> dict[str, int]:
    return {
        name: conn.execute(f'SELECT count(*) FROM "{_quoted(name)}"').fetchone()[0] for name in _tables(conn)
    }


def _tables(conn: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    return sorted(name for (name,) in conn.execute(query))


def _quoted(name: str) -> str:
    return name.replace('"', '""')


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
