"""Backups of a PostgreSQL database by PostgreSQL's own client programs, verified, and putting one back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import BackupFailed
from storage.schema import metadata

_VERSION = "alembic_version"
_NAME = re.compile(r"[a-z_]{1,63}")
_COPY = re.compile(
    rb'COPY "?(?P<schema>[^\s."]+)"?\.(?P<table>[a-z_]+) \((?P<columns>[a-z0-9_", ]+)\) FROM stdin;\n'
)
_SEQUENCE = re.compile(
    rb"SELECT pg_catalog\.setval\('[^'.]+\.(?P<name>[a-z_]+)', "
    rb"(?P<last>\d{1,19}), (?P<called>true|false)\);\n"
)
# What pg_restore writes around the data.
_AROUND = re.compile(
    rb"\n|--[^\n]*\n|SET [a-z_]+ = [^;\n]*;\n|SELECT pg_catalog\.set_config\('search_path', '', false\);\n"
    rb"|\\(un)?restrict [A-Za-z0-9]+\n"
)
_ENTRY = re.compile(
    r"\d+; \d+ \d+ (?P<kind>TABLE DATA|TABLE|SEQUENCE OWNED BY|SEQUENCE SET|SEQUENCE|DEFAULT"
    r"|FK CONSTRAINT|CONSTRAINT|INDEX) \S+ (?P<name>.+) \S*|[\d; ]+ SCHEMA - public \S*"
    r"|[\d; ]+ (COMMENT|ACL) - SCHEMA public \S*"
)


@dataclass(frozen=True, slots=True)
class Dump:
    """What a dump holds: the schema its tables are in, the revision, and the rows and columns of each table;
    the last number of each sequence, and whether it was given out."""

    schema: str
    revision: str
    rows: dict[str, int]
    columns: dict[str, tuple[str, ...]]
    last: dict[str, tuple[int, bool]]


def require_programs() -> None:
    """Raise BackupFailed unless pg_dump, pg_restore and psql can be run."""
    missing = [name for name in ("pg_dump", "pg_restore", "psql") if shutil.which(name) is None]
    if missing:
        raise BackupFailed(
            f"{', '.join(missing)} not found: install PostgreSQL's client programs, of the server's version "
            "or newer (Debian: postgresql-client), or back the database up where its server runs: "
            "pg_dump --format=custom --schema=public --file=FILE DATABASE"
        )


def dump(url: URL, target: Path, snapshot: str, schema: str, rows: Mapping[str, int]) -> None:
    """Write the tables named in `rows`, as an exported snapshot shows them, to `target`, whole or not at all.

    The rows of each are counted in the dump and compared. Blocks. Raises BackupFailed.
    """
    if target.exists():
        raise BackupFailed(f"{target} is there already")
    partial = target.with_name(target.name + ".partial")
    tables = [f'--table="{schema}"."{name}"' for name in rows]
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _run(["pg_dump", *options, *tables, f"--file={partial}"], url)
        if (found := read_dump(partial)).rows != rows:
            raise BackupFailed(f"the dump differs from the database: {found.rows} instead of {rows} rows")
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(partial, target)
    except OSError as error:
        raise BackupFailed(f"{target} could not be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def read_dump(file: Path) -> Dump:
    """What a dump holds, all of it read. Raises BackupFailed for a file that is no dump of Matinee's."""
    with tempfile.TemporaryDirectory() as folder:
        return unpack(file, Path(folder))


def check_contents(file: Path, known: Iterable[str]) -> None:
    """Look at a dump's table of contents. Raises BackupFailed for what is none of Matinee's, by its name."""
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    done = subprocess.run(["pg_restore", "--list", str(file)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupFailed(f"{file} is not a whole dump: {done.stderr.strip()}")
    tables = set(known)
    for line in done.stdout.splitlines():
        if line.startswith(";") or not line.strip():
            continue
        entry = _ENTRY.fullmatch(line)
        kind, name = (entry["kind"], entry["name"]) if entry else ("entry", line)
        of_table = kind in ("TABLE", "TABLE DATA", "DEFAULT", "CONSTRAINT", "FK CONSTRAINT")
        if entry is None or (of_table and name.split()[0] not in tables):
            raise BackupFailed(f"{file} holds the {kind.lower()} {name}, which is none of Matinee's")


def unpack(file: Path, folder: Path) -> Dump:
    """Write the rows of each table of a dump to a file of its name in `folder`, in COPY's text form.

    Every line of the dump is read, and none is run: what is no row has to be one of the few statements that
    come around them. Raises BackupFailed.
    """
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    rows, columns, last = dict[str, int](), dict[str, tuple[str, ...]](), dict[str, tuple[int, bool]]()
    revision, schema = "", ""
    with tempfile.TemporaryFile() as complaints:
        reading = subprocess.Popen(
            ["pg_restore", "--data-only", "--file=-", str(file)], stdout=subprocess.PIPE, stderr=complaints
        )
        assert reading.stdout is not None
        with reading, reading.stdout as lines:
            for line in lines:
                if copy := _COPY.fullmatch(line):
                    schema, table = copy["schema"].decode(), copy["table"].decode()
                    if table in rows or not _NAME.fullmatch(table):
                        raise BackupFailed(f"{file} holds the table {table} twice")
                    columns[table] = tuple(each.strip('"') for each in copy["columns"].decode().split(", "))
                    rows[table], first = _spool(lines, folder / table)
                    revision = first if table == _VERSION else revision
                elif sequence := _SEQUENCE.fullmatch(line):
                    last[sequence["name"].decode()] = (int(sequence["last"]), sequence["called"] == b"true")
                elif not _AROUND.fullmatch(line):
                    said = line.decode(errors="replace").strip()
                    raise BackupFailed(f"{file} says {said!r}, which is no data of Matinee's")
        complaints.seek(0)
        if reading.returncode != 0:
            raise BackupFailed(f"{file} is not a whole dump: {complaints.read().decode().strip()}")
    if not revision or "people" not in rows:
        raise BackupFailed(f"{file} is a dump, but not one of Matinee")
    return Dump(schema, revision, rows, columns, last)


def _spool(lines: IO[bytes], target: Path) -> tuple[int, str]:
    """Write rows up to the end of a COPY to a file; how many, and the first one."""
    count, first = 0, ""
    with target.open("wb") as spooled:
        for line in lines:
            if line == b"\\.\n":
                break
            first = line.decode(errors="replace").strip() if not count else first
            spooled.write(line)
            count += 1
    return count, first


async def fill(conn: AsyncConnection, file: Path, found: Dump, folder: Path) -> None:
    """Copy the rows that `unpack` wrote into our tables, which have the dump's revision and no rows.

    In the caller's transaction; the server checks each value's type. Raises BackupFailed, and what asyncpg
    raises.
    """
    tables = await conn.run_sync(_tables)
    if unknown := set(found.rows) - {*tables, _VERSION}:
        raise BackupFailed(f"{file} holds the table {min(unknown)}, which schema {found.revision} has not")
    driver: Any = (await conn.get_raw_connection()).driver_connection
    for table, (known, sequence) in tables.items():
        if table not in found.rows:
            raise BackupFailed(f"{file} has no table {table}")
        if unknown := set(found.columns[table]) ^ set(known):
            raise BackupFailed(f"{file} and schema {found.revision} differ in {table}.{min(unknown)}")
        with (folder / table).open("rb") as spooled:
            await driver.copy_to_table(table, source=spooled, columns=found.columns[table], format="text")
        there = (await conn.execute(text(f'SELECT count(*) FROM "{table}"'))).scalar_one()
        if there != found.rows[table]:
            raise BackupFailed(f"{file}: {there} of {found.rows[table]} rows of {table} came back")
        if sequence is not None and sequence in found.last:
            last, called = found.last[sequence]
            query = text("SELECT setval(CAST(:name AS regclass), :last, :called)")
            await conn.execute(query, {"name": sequence, "last": last, "called": called})


def _tables(conn: Connection) -> dict[str, tuple[list[str], str | None]]:
    """Our tables as they are now, those first to which others point: their columns, and their sequence."""
    seen = inspect(conn)
    found: dict[str, tuple[list[str], str | None]] = {}
    for table, _ in seen.get_sorted_table_and_fkc_names():
        if table is None or table == _VERSION or table not in _ours():
            continue
        names = [column["name"] for column in seen.get_columns(table)]
        query = text("SELECT pg_get_serial_sequence(:table, 'id')") if "id" in names else None
        serial = None if query is None else conn.execute(query, {"table": f'"{table}"'}).scalar()
        if "seq" in names:
            serial = conn.execute(
                text("SELECT pg_get_serial_sequence(:table, 'seq')"), {"table": f'"{table}"'}
            ).scalar()
        found[table] = (names, None if serial is None else str(serial).rpartition(".")[2])
    return found


def _ours() -> set[str]:
    return set(metadata.tables)


def _run(command: list[str], url: URL) -> None:
    done = subprocess.run(command, env=_environment(url), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupFailed(f"{command[0]} failed: {done.stderr.strip()}")


def _environment(url: URL) -> dict[str, str]:
    """The URL as PostgreSQL's programs read it; the password is on no command line."""
    given = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port or url.query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode") or url.query.get("ssl"),
    }
    return os.environ | {name: str(value) for name, value in given.items() if value is not None}
