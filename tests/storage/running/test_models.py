"""Models: one is live, whatever is promoted, rolled back or deleted, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.errors import UnknownRow
from storage.running import models
from storage.schema import models as rows

Minute = Callable[[int], datetime]


@pytest.fixture
async def three(database: Database, minute: Minute) -> Database:
    """Model 1 was live before 2, 3 was refused."""
    async with database.write() as conn:
        await models.add(conn, 1, "hand", minute(0), {"holdout_rmse": 0.9})
        await models.add(conn, 2, "fine", minute(1), {}, job_id=7, verdict={"passed": True})
        await models.add(conn, 3, "full", minute(2), {}, refused=True, job_id=8, verdict={"passed": False})
        await models.go_live(conn, 1, minute(1))
        await models.go_live(conn, 2, minute(2))
    return database


async def test_one_is_live_and_the_one_before_it_is_where_to_go_back_to(three: Database) -> None:
    async with three.read() as conn:
        live = await models.live(conn)
        assert live is not None
        assert (live.version, live.origin, live.verdict) == (2, "fine", {"passed": True})
        assert [(each.version, each.state) for each in await models.every(conn)] == [
            (3, "refused"),
            (2, "live"),
            (1, "former"),
        ]
        assert [each.version for each in await models.before_live(conn)] == [1]


async def test_back_and_forth(three: Database, minute: Minute) -> None:
    async with three.write() as conn:
        await models.go_live(conn, 1, minute(5))
        assert await models.before_live(conn) == []
        await models.go_live(conn, 3, minute(6))  # an admin overrules the gate
        assert [each.version for each in await models.before_live(conn)] == [2, 1]
        live = await models.live(conn)
    assert live is not None
    assert (live.version, live.live_since) == (3, minute(6))


async def test_the_live_one_stays_live_when_another_cannot_be(three: Database, minute: Minute) -> None:
    async with three.write() as conn:
        await models.mark_pruned(conn, 1, minute(3))
    for version in (1, 9):  # a pruned one, and none
        with pytest.raises(UnknownRow, match=f"no model {version}"):
            async with three.write() as conn:
                await models.go_live(conn, version, minute(4))
    async with three.read() as conn:
        live = await models.live(conn)
    assert live is not None
    assert live.version == 2


async def test_the_database_itself_allows_but_one_live(three: Database, minute: Minute) -> None:
    other = {"version": 9, "origin": "hand", "state": "live", "made_at": minute(9), "metrics": {}}
    with pytest.raises(IntegrityError):
        async with three.write() as conn:
            await conn.execute(insert(rows).values(other))


async def test_what_is_deleted_keeps_its_row_and_the_live_one_is_not(three: Database, minute: Minute) -> None:
    async with three.write() as conn:
        for version in (1, 2):
            await models.mark_pruned(conn, version, minute(5))
        pruned = {each.version: each.pruned_at for each in await models.every(conn)}
        assert pruned == {3: None, 2: None, 1: minute(5)}
        assert await models.before_live(conn) == []


async def test_the_model_of_a_training(three: Database) -> None:
    async with three.write() as conn:
        found = await models.of_job(conn, 8)
        assert found is not None
        assert (found.version, found.state) == (3, "refused")
        assert await models.of_job(conn, 9) is None
        for version in (3, 2):
            await models.withdraw(conn, version)  # the live one has served: it stays
        assert [each.version for each in await models.every(conn)] == [2, 1]
