"""Where the world is kept: one table of JSON documents in a stdlib sqlite3 file, or in memory."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Store"]


class Store:
    """Documents by kind and key. Each write is a transaction: a killed process loses nothing it has answered.

    With `synchronous=OFF` a power cut may cost the last writes, which suits a sandbox and keeps it fast.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents"
            " (kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def put(self, kind: str, key: str | int, body: Any) -> None:
        """Write or replace one document; `body` is anything that JSON can hold."""
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (kind, str(key), json.dumps(body)),
        )

    def delete(self, kind: str, key: str | int) -> None:
        """Remove one document, if it is there."""
        self._connection.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, str(key)))

    def get(self, kind: str, key: str | int) -> Any:
        """One document, or None."""
        row = self._connection.execute(
            "SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, str(key))
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str) -> Iterator[Any]:
        """Every document of a kind, in the order in which they were first put."""
        query = "SELECT body FROM documents WHERE kind = ? ORDER BY rowid"
        for (body,) in self._connection.execute(query, (kind,)):
            yield json.loads(body)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
