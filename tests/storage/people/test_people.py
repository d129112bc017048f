from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from storage.database import Database
from storage.errors import UnknownRow
from storage.people import people
from storage.people.people import Person

Minute = Callable[[int], datetime]


async def test_a_stranger_becomes_a_person(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        met = await people.meet(conn, 2**52 + 1, "pt-br", minute(1))
    assert met == Person(met.id, 2**52 + 1, "pt-br", True, minute(1), minute(1))
    async with database.read() as conn:
        assert await people.get(conn, met.id) == met
        assert await people.find(conn, 2**52 + 1) == met


async def test_meeting_again_keeps_the_person_and_learns_what_is_new(
    database: Database, minute: Minute
) -> None:
    async with database.write() as conn:
        first = await people.meet(conn, 5, "en", minute(1))
        again = await people.meet(conn, 5, "de", minute(9))
    assert again == Person(first.id, 5, "de", True, minute(1), minute(9))


async def test_a_language_that_is_not_told_is_remembered(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await people.meet(conn, 5, "en", minute(1))
        assert (await people.meet(conn, 5, None, minute(2))).language == "en"
        assert (await people.meet(conn, 6, None, minute(2))).language is None


async def test_who_blocked_the_bot_wakes_on_the_next_contact(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        await people.meet(conn, 5, "en", minute(1))
        other = await people.meet(conn, 6, "en", minute(1))
        await people.deactivate(conn, 5)
        asleep = await people.find(conn, 5)
        assert asleep is not None
        assert not asleep.active
        assert (await people.get(conn, other.id)).active
        assert (await people.meet(conn, 5, "en", minute(2))).active


async def test_a_stranger_who_blocks_the_bot_stays_a_stranger(database: Database) -> None:
    async with database.write() as conn:
        await people.deactivate(conn, 5)
        assert await people.find(conn, 5) is None


async def test_an_unknown_id_raises(database: Database) -> None:
    async with database.read() as conn:
        with pytest.raises(UnknownRow, match="no person 1"):
            await people.get(conn, 1)
