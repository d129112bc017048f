"""A copy of a SQLite database that is whole, even while it is written."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["back_up"]


def back_up(source: Path, target: Path) -> None:
    """Copy `source` to `target`, which either is there whole afterwards or not at all. Blocks."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    try:
        with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(partial)) as copy:
            origin.backup(copy)
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)  # the new name has to survive a power loss too
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
