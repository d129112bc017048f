"""Backups of a PostgreSQL database by PostgreSQL's own client programs, verified, and putting one back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from storage.errors import BackupFailed, RestoreFailed

_VERSION = "alembic_version"


@dataclass(frozen=True, slots=True)
class Dump:
    """What a dump holds: the schema its tables are in, the revision, and the rows of each table."""

    schema: str
    revision: str
    rows: dict[str, int]


def require_programs() -> None:
    """Raise BackupFailed unless pg_dump, pg_restore and psql can be run."""
    missing = [name for name in ("pg_dump", "pg_restore", "psql") if shutil.which(name) is None]
    if missing:
        raise BackupFailed(
            f"{', '.join(missing)} not found: install PostgreSQL's client programs, of the server's version "
            "or newer (Debian: postgresql-client), or back the database up where its server runs: "
            "pg_dump --format=custom --file=FILE DATABASE"
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
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    rows: dict[str, int] = {}
    schema, revision, table = "", "", None
    with tempfile.TemporaryFile() as complaints:
        reading = subprocess.Popen(
            ["pg_restore", "--data-only", "--file=-", str(file)], stdout=subprocess.PIPE, stderr=complaints
        )
        assert reading.stdout is not None
        with reading, reading.stdout as lines:
            for line in lines:
                if table is None:
                    if line.startswith(b"COPY "):
                        schema, _, table = line.split()[1].decode().rpartition(".")
                        rows[table] = 0
                elif line == b"\\.\n":
                    table = None
                else:
                    rows[table] += 1
                    revision = line.decode().strip() if table == _VERSION else revision
        complaints.seek(0)
        if reading.returncode != 0:
            raise BackupFailed(f"{file} is not a whole dump: {complaints.read().decode().strip()}")
    if not revision or "people" not in rows:
        raise BackupFailed(f"{file} is a dump, but not one of Matinee")
    return Dump(schema, revision, rows)


def put_back(url: URL, file: Path, found: Dump, old: Iterable[str], aside: str) -> None:
    """In one transaction, move the tables `old` to a new schema `aside`, and restore and count a dump.

    Blocks. Raises RestoreFailed, after which the database is as it was.
    """
    moves = [f'ALTER TABLE {found.schema}."{name}" SET SCHEMA "{aside}";' for name in old]
    head = ["BEGIN;", f'CREATE SCHEMA "{aside}";' if moves else "", *moves, ""]
    counts = [
        f'IF (SELECT count(*) FROM {found.schema}."{name}") <> {count} THEN '
        f"RAISE EXCEPTION 'not every row of {name} came back'; END IF;"
        for name, count in found.rows.items()
    ]
    tail = ["DO $$ BEGIN", *counts, "END $$;", "COMMIT;", ""]
    with tempfile.TemporaryFile() as complaints:
        psql = subprocess.Popen(
            ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env=_environment(url),
        )
        reading = subprocess.Popen(
            ["pg_restore", "--no-owner", "--no-privileges", "--file=-", str(file)],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        assert psql.stdin is not None
        assert reading.stdout is not None
        try:
            with psql.stdin as script, reading.stdout as dumped:
                script.write("\n".join(head).encode())
                shutil.copyfileobj(dumped, script)
                if reading.wait() == 0:  # without the COMMIT of the tail nothing has happened
                    script.write("\n".join(tail).encode())
        except BrokenPipeError:  # psql has stopped at an error, and says which
            pass
        finally:
            reading.wait()
            psql.wait()
        complaints.seek(0)
        if psql.returncode != 0 or reading.returncode != 0:
            why = complaints.read().decode().strip()
            raise RestoreFailed(f"{file} could not be restored, the database is as it was: {why}")


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
