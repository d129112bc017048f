"""Databases for tests on a real PostgreSQL server: made under names of their own, and dropped."""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

# A server, and the database on it from which others are made. Nothing of it is touched.
SERVER = os.environ.get("MATINEE_TEST_POSTGRESQL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres")


# What databases the tests of a run use, by name: "sqlite", "postgresql" or both.
KINDS = os.environ.get("MATINEE_TEST_DATABASES", "").split() or ["sqlite", "postgresql"]


@contextmanager
def new_database() -> Iterator[str]:
    """The URL of an empty database. Without a server the test is skipped, or fails where CI is set."""
    if "postgresql" not in KINDS:
        pytest.skip("MATINEE_TEST_DATABASES leaves PostgreSQL out")
    if (why := _why_not()) is not None:
        told = f"no PostgreSQL at {make_url(SERVER)!r}, which MATINEE_TEST_POSTGRESQL may name: {why}"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    name = f"matinee_test_{secrets.token_hex(8)}"
    asyncio.run(
        _run(
            make_url(SERVER),
            [f"CREATE DATABASE {name}", f"ALTER DATABASE {name} SET synchronous_commit = off"],
        )
    )
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(_run(make_url(SERVER), [f"DROP DATABASE {name} WITH (FORCE)"]))


def empty(url: str) -> None:
    """Take everything out of a database."""
    asyncio.run(_run(make_url(url), ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]))


def clear(url: str) -> None:
    """Take the rows out of all tables, and let their numbers begin anew: a tenth of what migrating takes."""
    asyncio.run(_run(make_url(url), [_CLEAR]))


_CLEAR = """
DO $$
DECLARE each record; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica; -- no foreign key is looked at
    FOR each IN SELECT tablename AS name FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', each.name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM public.%I', each.name); END IF;
    END LOOP;
    FOR each IN SELECT sequencename AS name FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        EXECUTE format('ALTER SEQUENCE public.%I RESTART', each.name);
    END LOOP;
END $$
"""


@functools.cache
def _why_not() -> str | None:
    try:
        asyncio.run(_run(make_url(SERVER), ["SELECT 1"]))
    except Exception as error:  # whatever it is, there is no server to be used
        return str(error) or repr(error)
    return None


async def _run(url: URL, statements: Sequence[str]) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as conn:
            for statement in statements:
                await conn.execute(text(statement))
    finally:
        await engine.dispose()
