"""Errors of the database go to logs: they quote no value, for values are what people wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.database import Database


async def test_an_error_quotes_no_value(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}")
    with pytest.raises(DBAPIError) as caught:
        async with database.write() as conn:
            await conn.execute(text("INSERT INTO nowhere VALUES (:body)"), {"body": "what Ada wrote"})
    await database.close()
    assert "nowhere" in str(caught.value)
    assert "Ada" not in str(caught.value)
