from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.people import lists
from storage.people.lists import FilmList, Shown

Minute = Callable[[int], datetime]


async def test_a_list_comes_back_as_it_was_shown(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    items = (
        Shown(film_ids[4], 1, stars=4.4, score=2.5, reason_film_id=film_ids[0], reason_stars=5.0),
        Shown(film_ids[1], 2, stars=3.9),
        Shown(film_ids[3], 3),
    )
    async with database.write() as conn:
        number = await lists.create(
            conn, ann, "similar", items[::-1], minute(0), seed_film_id=film_ids[2], query="like heat"
        )
    async with database.read() as conn:
        assert await lists.get(conn, number) == FilmList(
            number, ann, "similar", film_ids[2], "like heat", None, minute(0), items
        )
        assert await lists.get(conn, number + 1) is None


async def test_an_empty_list_is_a_list(database: Database, ann: int, minute: Minute) -> None:
    async with database.write() as conn:
        number = await lists.create(conn, ann, "search", (), minute(0), query="xyzzy")
        found = await lists.get(conn, number)
    assert found == FilmList(number, ann, "search", None, "xyzzy", None, minute(0), ())


async def test_a_list_has_one_next_page(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        first = await lists.create(conn, ann, "recommend", [Shown(film_ids[0], 1)], minute(0))
        beside = await lists.create(conn, ann, "recommend", [Shown(film_ids[0], 1)], minute(0))
        assert await lists.child(conn, first) is None
        page = [Shown(film_ids[1], 6)]
        second = await lists.create(conn, ann, "recommend", page, minute(1), parent_id=first)
        assert await lists.child(conn, first) == second
        assert await lists.child(conn, second) is None
        assert await lists.child(conn, beside) is None
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await lists.create(conn, ann, "recommend", page, minute(2), parent_id=first)


@pytest.mark.parametrize("twice", [[(0, 1), (0, 2)], [(0, 1), (1, 1)], [(0, 0)]])
async def test_a_list_repeats_neither_film_nor_place(
    database: Database, ann: int, film_ids: list[int], minute: Minute, twice: list[tuple[int, int]]
) -> None:
    items = [Shown(film_ids[film], position) for film, position in twice]
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await lists.create(conn, ann, "recommend", items, minute(0))


async def test_what_was_shown_lately_by_surface(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat, jaws, fargo = film_ids[:3]
    async with database.write() as conn:
        await lists.create(conn, ann, "recommend", [Shown(heat, 1), Shown(jaws, 2)], minute(0))
        await lists.create(conn, ann, "recommend", [Shown(heat, 1), Shown(fargo, 2)], minute(5))
        await lists.create(conn, ann, "similar", [Shown(jaws, 1)], minute(6))
        await lists.create(conn, bob, "recommend", [Shown(jaws, 1)], minute(7))
        await lists.expose(conn, ann, fargo, "question", minute(1))
        await lists.expose(conn, ann, fargo, "question", minute(3))
        await lists.expose(conn, ann, fargo, "card", minute(8))
    async with database.read() as conn:
        assert await lists.recent(conn, ann, minute(0), "recommend") == {
            heat: [minute(5), minute(0)],
            fargo: [minute(5)],
            jaws: [minute(0)],
        }
        later = minute(0) + timedelta(microseconds=1)
        assert await lists.recent(conn, ann, later, "recommend") == {heat: [minute(5)], fargo: [minute(5)]}
        assert await lists.recent(conn, ann, minute(0), "question") == {fargo: [minute(3), minute(1)]}
        assert await lists.recent(conn, ann, minute(0), "card") == {fargo: [minute(8)]}
        assert await lists.recent(conn, bob, minute(0), "card") == {}
