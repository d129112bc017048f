"""The bot's role in compose's PostgreSQL: made by its script on a real server, it owns one database alone."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from storage.database.migrations import migrate
from storage.database.migrations.upgrade import REVISIONS
from tests.package.conftest import ROOT
from tests.postgresql import new_database

SCRIPT = ROOT / "docker" / "postgresql.sh"


@dataclass(frozen=True)
class Made:
    """What the script made: a role and a database of one name; `superuser` is who made them."""

    name: str
    superuser: str
    server: URL  # as that superuser

    @property
    def url(self) -> URL:
        """Of the bot's database, as the bot."""
        return self.server.set(username=self.name, database=self.name)


def ask(url: URL, *statements: str) -> Sequence[Any]:
    """The rows of the last statement."""

    async def run() -> Sequence[Any]:
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        rows: Sequence[Any] = []
        try:
            async with engine.connect() as conn:
                for statement in statements:
                    result = await conn.execute(text(statement))
                    rows = result.fetchall() if result.returns_rows else []
        finally:
            await engine.dispose()
        return rows

    return asyncio.run(run())


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    mark = secrets.token_hex(4)
    name, superuser = f"matinee_test_bot_{mark}", f"matinee_test_super_{mark}"
    with new_database() as url:
        server = make_url(url)
        ask(server, f"CREATE ROLE {superuser} LOGIN SUPERUSER PASSWORD 'of the image'")
        try:
            environment = os.environ | {
                "PGHOST": server.host or "",
                "PGPORT": str(server.port or 5432),
                "PGPASSWORD": "of the image",
                "POSTGRES_USER": superuser,
                "POSTGRES_PASSWORD": "it's one",
                "ROLE": name,
            }
            done = subprocess.run(
                ["sh", SCRIPT], env=environment, capture_output=True, text=True, check=False
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
            yield Made(name, superuser, server.set(username=superuser))
        finally:
            ask(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            ask(server, f"DROP ROLE IF EXISTS {name}", f"DROP ROLE {superuser}")


def test_it_is_no_superuser_and_has_the_password(made: Made) -> None:
    (row,) = ask(
        made.server,
        "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,"
        f" rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = '{made.name}'",
    )
    assert tuple(row) == (True, False, False, False, False, False, True)


def test_the_superuser_has_no_password_any_more(made: Made) -> None:
    """Both had the same for a moment: else whoever has the bot's password would be a superuser."""
    query = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{made.superuser}'"
    assert ask(made.server, query) == [(None,)]


def test_its_database_is_its_own_alone(made: Made) -> None:
    query = f"SELECT datdba::regrole::text, datacl::text[] FROM pg_database WHERE datname = '{made.name}'"
    (row,) = ask(made.server, query)
    assert tuple(row) == (made.name, [f"{made.name}=CTc/{made.name}"])  # nothing for PUBLIC


@pytest.mark.parametrize(
    "forbidden",
    [
        "CREATE ROLE {0}_more",
        "CREATE DATABASE {0}_more",
        "SELECT * FROM pg_authid",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
def test_what_is_not_its_own_is_refused(made: Made, forbidden: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        ask(made.url, forbidden.format(made.name))


def test_the_schema_is_made_by_it(made: Made, tmp_path: Path) -> None:
    url = made.url.render_as_string(hide_password=False)
    asyncio.run(migrate(url, tmp_path / "backups"))
    assert ask(made.url, "SELECT version_num FROM alembic_version") == [(REVISIONS[-1],)]
    owners = ask(made.url, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(made.name,)]
