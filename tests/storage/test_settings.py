from __future__ import annotations

import pytest

from storage import settings
from storage.database import Database


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None]}, "ünï★", 0, False, []])
async def test_what_is_put_comes_back(database: Database, value: object) -> None:
    async with database.write() as conn:
        assert await settings.get(conn, "key") is None
        await settings.put(conn, "key", "before")
        await settings.put(conn, "other", "beside")
        await settings.put(conn, "key", value)
    async with database.read() as conn:
        assert await settings.get(conn, "key") == value
        assert await settings.get(conn, "other") == "beside"


async def test_none_can_be_put(database: Database) -> None:
    async with database.write() as conn:
        await settings.put(conn, "key", 1)
        await settings.put(conn, "key", None)
        assert await settings.get(conn, "key") is None
