from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from storage.database import Database
from storage.people import shelves


async def test_shelves_are_each_persons_own_and_keep_their_order(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Callable[[int], datetime]
) -> None:
    one, two, three = film_ids[:3]
    async with database.write() as conn:
        await shelves.pick(conn, ann, [two, one], minute(0))
        await shelves.pick(conn, ann, [one, three], minute(1))
        await shelves.pick(conn, bob, [three], minute(1))
        assert await shelves.of(conn, ann) == [(two, one), (one, three)]
        await shelves.pick(conn, ann, [two, three], minute(2))  # the same shelf of another model
        assert await shelves.of(conn, ann) == [(one, three), (two, three)]
        await shelves.drop(conn, ann, one)
        await shelves.drop(conn, ann, three)  # never picked by her
        assert await shelves.of(conn, ann) == [(two, three)]
        assert await shelves.of(conn, bob) == [(three,)]


async def test_an_empty_shelf_is_refused(
    database: Database, ann: int, minute: Callable[[int], datetime]
) -> None:
    async with database.write() as conn:
        with pytest.raises(ValueError, match="a film or more"):
            await shelves.pick(conn, ann, [], minute(0))
