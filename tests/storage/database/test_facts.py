from __future__ import annotations

import pytest

from storage.database import Database, facts


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None]}, "ünï★", 0, False, []])
async def test_what_is_put_comes_back(database: Database, value: object) -> None:
    async with database.write() as conn:
        assert await facts.get(conn, "key") is None
        await facts.put(conn, "key", "before")
        await facts.put(conn, "other", "beside")
        await facts.put(conn, "key", value)
    async with database.read() as conn:
        assert await facts.get(conn, "key") == value
        assert await facts.get(conn, "other") == "beside"


async def test_none_can_be_put(database: Database) -> None:
    async with database.write() as conn:
        await facts.put(conn, "key", 1)
        await facts.put(conn, "key", None)
        assert await facts.get(conn, "key") is None
