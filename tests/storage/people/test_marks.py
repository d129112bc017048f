from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from storage.database import Database
from storage.people import marks

Minute = Callable[[int], datetime]


async def test_marks_of_one_film_stand_side_by_side(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat, jaws, _, _, _, _ = film_ids
    async with database.write() as conn:
        await marks.put(conn, ann, heat, "seen", minute(0))
        await marks.put(conn, ann, heat, "refused", minute(1))
        await marks.put(conn, ann, jaws, "seen", minute(2))
        await marks.put(conn, bob, jaws, "unseen", minute(3))
        assert await marks.of(conn, ann) == {"seen": {heat, jaws}, "refused": {heat}, "unseen": set()}
        assert await marks.of(conn, bob) == {"seen": set(), "refused": set(), "unseen": {jaws}}
        assert await marks.on(conn, ann, heat) == {"seen", "refused"}
        assert await marks.on(conn, bob, heat) == set()


async def test_a_mark_is_set_once_and_taken_back_once(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    heat = film_ids[0]
    async with database.write() as conn:
        await marks.put(conn, ann, heat, "seen", minute(0))
        await marks.put(conn, ann, heat, "seen", minute(1))
        await marks.put(conn, ann, heat, "unseen", minute(1))
        await marks.take_back(conn, ann, heat, "seen")
        await marks.take_back(conn, ann, heat, "seen")
        assert await marks.on(conn, ann, heat) == {"unseen"}


async def test_unknown_kinds_are_refused(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        with pytest.raises(ValueError, match="liked"):
            await marks.put(conn, ann, film_ids[0], "liked", minute(0))
        with pytest.raises(ValueError, match="liked"):
            await marks.take_back(conn, ann, film_ids[0], "liked")
