"""Where the world is kept: JSON documents, and the bytes of files, in a stdlib sqlite3 file or in memory."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any


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
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS contents (key TEXT PRIMARY KEY, content BLOB NOT NULL)"
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

    def put_bytes(self, key: str, content: bytes) -> None:
        """Write the content of a file."""
        self._connection.execute("INSERT INTO contents VALUES (?, ?)", (key, content))

    def get_bytes(self, key: str) -> bytes:
        """The content of a file. Raises KeyError."""
        row = self._connection.execute("SELECT content FROM contents WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
