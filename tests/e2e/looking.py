"""A look into the bot's database from outside, in statements that SQLite and PostgreSQL both read."""

from __future__ import annotations

import asyncio
import itertools
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

__all__ = ["Look", "NoTable", "look_into"]

_PATIENCE = 60.0  # seconds that a look waits for the writer

Rows = list[tuple[Any, ...]]


class NoTable(Exception):
    """The bot has not made its tables yet."""


class Look(Protocol):
    """Placeholders are question marks, whatever the database."""

    def rows(self, query: str, values: tuple[object, ...]) -> Rows:
        """What a query finds. Raises NoTable."""

    def change(self, statement: str, values: tuple[object, ...]) -> int:
        """How many rows a statement changed."""

    def close(self) -> None:
        """Look no more."""


def look_into(url: str | None, home: Path) -> Look:
    """The database of a URL; without one, the SQLite file in a home."""
    return _Sqlite(home / "matinee.db") if url is None else _Postgresql(url)


class _Sqlite:
    def __init__(self, file: Path) -> None:
        self._file = file

    def rows(self, query: str, values: tuple[object, ...]) -> Rows:
        if not self._file.exists():
            raise NoTable
        read_only = f"file:{self._file}?mode=ro"
        with closing(sqlite3.connect(read_only, uri=True, timeout=_PATIENCE)) as connection:
            try:
                return connection.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    raise NoTable from error
                raise

    def change(self, statement: str, values: tuple[object, ...]) -> int:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            return connection.execute(statement, values).rowcount

    def close(self) -> None:
        pass


class _Postgresql:
    """One connection in a loop of its own, which runs while somebody looks."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._engine = create_async_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)

    def rows(self, query: str, values: tuple[object, ...]) -> Rows:
        try:
            found, _ = self._loop.run_until_complete(self._run(query, values))
        except ProgrammingError as error:
            if "does not exist" in str(error):
                raise NoTable from error
            raise
        return found

    def change(self, statement: str, values: tuple[object, ...]) -> int:
        return self._loop.run_until_complete(self._run(statement, values))[1]

    def close(self) -> None:
        self._loop.run_until_complete(self._engine.dispose())
        self._loop.close()

    async def _run(self, statement: str, values: tuple[object, ...]) -> tuple[Rows, int]:
        count = itertools.count(1)
        numbered = re.sub(r"\?", lambda _: f"${next(count)}", statement)
        async with self._engine.connect() as conn:
            done = await conn.exec_driver_sql(numbered, values)
            return [tuple(row) for row in done] if done.returns_rows else [], done.rowcount
