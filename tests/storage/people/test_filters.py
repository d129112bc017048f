from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.errors import UnknownRow
from storage.people import filters, lists
from storage.people.filters import NO_FILTERS, Filters, StoredPanel

Minute = Callable[[int], datetime]
SOME = Filters(("Comedy", "Film-Noir"), ("Horror",), (1940, 1990), "deep")


async def test_filters_belong_to_their_list(database: Database, ann: int, minute: Minute) -> None:
    async with database.write() as conn:
        narrow = await lists.create(conn, ann, "recommend", (), minute(0))
        wide = await lists.create(conn, ann, "recommend", (), minute(0))
        await filters.keep_for_list(conn, narrow, SOME)
        await filters.keep_for_list(conn, wide, NO_FILTERS)
    async with database.read() as conn:
        assert await filters.of_list(conn, narrow) == SOME
        assert await filters.of_list(conn, wide) == NO_FILTERS


async def test_filters_that_stay_are_each_persons_own(database: Database, ann: int, bob: int) -> None:
    other = replace(SOME, genres=(), fame="known")
    async with database.write() as conn:
        assert await filters.standing(conn, ann) == NO_FILTERS
        await filters.keep_standing(conn, ann, SOME)
        await filters.keep_standing(conn, bob, other)
        await filters.keep_standing(conn, ann, other)
        await filters.keep_standing(conn, bob, NO_FILTERS)
        assert await filters.standing(conn, ann) == other
        assert await filters.standing(conn, bob) == NO_FILTERS


async def test_a_panel_is_filled_in_and_remembers_what_it_made(
    database: Database, ann: int, minute: Minute
) -> None:
    async with database.write() as conn:
        shown = await lists.create(conn, ann, "recommend", (), minute(0))
        number = await filters.open_panel(conn, ann, shown, NO_FILTERS, minute(1))
        beside = await filters.open_panel(conn, ann, None, SOME, minute(1))
        await filters.change(conn, number, SOME)
        result = await lists.create(conn, ann, "recommend", (), minute(2))
        await filters.made(conn, number, result)
    async with database.read() as conn:
        assert await filters.panel(conn, number) == StoredPanel(number, ann, shown, SOME, result)
        assert await filters.panel(conn, beside) == StoredPanel(beside, ann, None, SOME, None)
        assert await filters.panel(conn, beside + 1) is None
        assert await filters.made_from(conn, result) == shown
        assert await filters.made_from(conn, shown) is None


async def test_what_is_not_there_cannot_be_changed(database: Database) -> None:
    async with database.write() as conn:
        with pytest.raises(UnknownRow, match="77"):
            await filters.change(conn, 77, SOME)


async def test_another_fame_is_refused(database: Database, ann: int) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await filters.keep_standing(conn, ann, replace(SOME, fame="unheard"))  # type: ignore[arg-type]  # on purpose
