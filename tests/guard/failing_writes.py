"""The N-th write or commit of a process fails, in the database's own driver and words.

MATINEE_TEST_FAIL_WRITE="N:when:counted": INSERT, UPDATE, DELETE and COMMIT are counted together, one byte
each in the file `counted`. The N-th fails, "before" anything happened; or "after": a commit was made, and
only the answer was lost, which is possible with a server alone; or the process is killed ("kill") before it,
and every statement counts. N = 0 only counts. What comes later works: the disk has room again, the server is
back.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from typing import Any

_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")


def arm() -> None:
    """Do as the environment says; nothing if it says nothing."""
    asked = os.environ.pop("MATINEE_TEST_FAIL_WRITE", "")
    if not asked:
        return
    number, when, path = asked.split(":", 2)
    from sqlalchemy import event
    from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
    from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
    from sqlalchemy.engine import Engine

    counter = _Counter(int(number), path)

    def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        """Called by SQLAlchemy before the driver is: what is raised here is an error of the driver's."""
        counts = when == "kill" or statement.lstrip().upper().startswith(_WRITES)
        if counts and counter.strikes():
            _kill(when)
            if when == "before":
                _fail(cursor._adapt_connection)

    event.listen(Engine, "do_execute", execute)
    for dialect in (PGDialect_asyncpg, SQLiteDialect_aiosqlite):
        dialect.do_commit = _committing(dialect.do_commit, counter, when)  # type: ignore[method-assign]


def _committing(plain: Any, counter: _Counter, when: str) -> Any:
    def commit(self: Any, connection: Any) -> None:
        strikes = counter.strikes()
        if strikes:
            _kill(when)
        if strikes and when == "before":
            _fail(connection)
        plain(self, connection)
        if strikes and when == "after":
            _fail(connection)
            raise self.loaded_dbapi.InterfaceError("connection was closed in the middle of operation")

    return commit


def _kill(when: str) -> None:
    if when == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


class _Counter:
    def __init__(self, number: int, path: str) -> None:
        self._number, self._path = number, path
        self._count = 0
        self._lock = threading.Lock()

    def strikes(self) -> bool:
        """Count one; whether it is the one."""
        with self._lock, open(self._path, "ab") as counted:
            counted.write(b".")
            self._count += 1
            return self._count == self._number


def _fail(connection: Any) -> None:
    """A disk without room; a connection to a server really goes, and the driver says so when it is used."""
    driver = getattr(connection, "_connection", connection)
    if hasattr(driver, "terminate"):
        driver.terminate()
        return
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error
