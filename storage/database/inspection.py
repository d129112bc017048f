"""A look at a database from outside, while another process may use it: nothing is locked or written."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import URL, Connection, inspect, text

from storage.database import facts
from storage.database.engine import make_engine, opening, parse_url, sqlite_file
from storage.database.migrations.upgrade import REVISIONS


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a database is. `revision` is None where no schema is yet; `newest` is what this version makes."""

    engine: str  # "SQLite" or "PostgreSQL"
    version: str
    revision: str | None
    newest: str
    facts: dict[str, object | None]

    @property
    def outdated(self) -> bool:
        """Whether the next start migrates it."""
        return self.revision in REVISIONS[:-1]

    @property
    def too_new(self) -> bool:
        """Whether a newer version wrote it."""
        return self.revision is not None and self.revision not in REVISIONS


async def look_at(url: str, keys: tuple[str, ...] = ()) -> Inspection | None:
    """What is at `url`, and the facts kept under `keys`; None where no SQLite file is yet.

    Raises CannotOpen.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return None
    pragmas = {} if file is None else {"query_only": "ON"}
    with opening(parsed):
        engine = make_engine(_read_only(parsed), pragmas=pragmas, begin="BEGIN", size=1)
        try:
            async with engine.connect() as conn:
                query = "SHOW server_version" if file is None else "SELECT sqlite_version()"
                version = str((await conn.execute(text(query))).scalar_one())
                revision = await conn.run_sync(_revision)
                known = {key: await facts.get(conn, key) for key in keys} if revision in REVISIONS else {}
        finally:
            await engine.dispose()
    return Inspection("PostgreSQL" if file is None else "SQLite", version, revision, REVISIONS[-1], known)


def _read_only(url: URL) -> URL:
    """A SQLite file that is only read. One without a log beside it is used by nobody: then nothing is made
    beside it either."""
    file = sqlite_file(url)
    if file is None:
        return url
    options = {"mode": "ro", "uri": "true"}
    if not file.with_name(f"{file.name}-wal").exists():
        options["immutable"] = "1"
    return url.set(database=f"file:{quote(str(file.absolute()))}", query=options)


def _revision(conn: Connection) -> str | None:
    if "alembic_version" not in inspect(conn).get_table_names():
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
