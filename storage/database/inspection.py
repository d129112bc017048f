"""A look at a database from outside, while another process may use it: nothing is locked or written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

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
    async with reading(url) as conn:
        if conn is None:
            return None
        sqlite = conn.dialect.name == "sqlite"
        query = "SELECT sqlite_version()" if sqlite else "SHOW server_version"
        version = str((await conn.execute(text(query))).scalar_one())
        revision = await conn.run_sync(_revision)
        known = {key: await facts.get(conn, key) for key in keys} if revision in REVISIONS else {}
    return Inspection("SQLite" if sqlite else "PostgreSQL", version, revision, REVISIONS[-1], known)


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[AsyncConnection | None]:
    """A connection that writes nothing, for the block; None where no SQLite file is yet.

    Raises CannotOpen, also for what goes wrong with the connection inside the block.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        yield None
        return
    pragmas = {} if file is None else {"query_only": "ON"}
    with opening(parsed):
        engine = make_engine(_read_only(parsed), pragmas=pragmas, begin="BEGIN", size=1)
        try:
            async with engine.connect() as conn:
                yield conn
        finally:
            await engine.dispose()


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
