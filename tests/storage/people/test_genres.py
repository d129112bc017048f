from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from storage.database import Database
from storage.people import genres


async def test_answers_are_each_persons_own_and_change(
    database: Database, ann: int, bob: int, minute: Callable[[int], datetime]
) -> None:
    async with database.write() as conn:
        await genres.answer(conn, ann, "Comedy", 1, minute(0))
        await genres.answer(conn, ann, "Film-Noir", -1, minute(1))
        await genres.answer(conn, bob, "Comedy", -1, minute(1))
        assert await genres.of(conn, ann) == {"Comedy": 1, "Film-Noir": -1}
        await genres.answer(conn, ann, "Comedy", -1, minute(2))
        assert await genres.of(conn, ann) == {"Comedy": -1, "Film-Noir": -1}
        await genres.answer(conn, ann, "Comedy", 0, minute(3))
        await genres.answer(conn, ann, "Horror", 0, minute(3))
        assert await genres.of(conn, ann) == {"Film-Noir": -1}
        assert await genres.of(conn, bob) == {"Comedy": -1}


@pytest.mark.parametrize("value", [2, -2])
async def test_other_values_are_refused(
    database: Database, ann: int, minute: Callable[[int], datetime], value: int
) -> None:
    async with database.write() as conn:
        with pytest.raises(ValueError, match="-1, 0 or 1"):
            await genres.answer(conn, ann, "Comedy", value, minute(0))
