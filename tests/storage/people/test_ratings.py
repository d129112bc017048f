from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from storage import schema
from storage.database import Database
from storage.people import ratings
from storage.people.ratings import Rating

Minute = Callable[[int], datetime]


async def test_a_second_rating_replaces_the_first(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat, jaws = film_ids[:2]
    async with database.write() as conn:
        await ratings.rate(conn, ann, heat, 2, minute(0))
        await ratings.rate(conn, ann, jaws, 4.5, minute(1))
        await ratings.rate(conn, ann, heat, 5, minute(2))
        await ratings.rate(conn, bob, heat, 0.5, minute(3))
    async with database.read() as conn:
        assert await ratings.of(conn, ann) == {heat: 5.0, jaws: 4.5}
        assert await ratings.count(conn, ann) == 2
        assert await ratings.find(conn, bob, heat) == 0.5
        assert await ratings.find(conn, bob, jaws) is None
        assert await ratings.history(conn, ann, offset=0, limit=10) == [
            Rating(ann, heat, 5.0, minute(2)),
            Rating(ann, jaws, 4.5, minute(1)),
        ]
        assert await ratings.rated_films(conn) == {heat, jaws}


async def test_a_removed_rating_is_gone_for_its_person_only(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    heat = film_ids[0]
    async with database.write() as conn:
        await ratings.rate(conn, ann, heat, 3, minute(0))
        await ratings.rate(conn, bob, heat, 4, minute(0))
        assert await ratings.remove(conn, ann, heat)
        assert not await ratings.remove(conn, ann, heat)
        assert await ratings.of(conn, ann) == {}
        assert await ratings.count(conn, ann) == 0
        assert await ratings.of(conn, bob) == {heat: 4.0}


@pytest.mark.parametrize("stars", [0, 0.49, 5.5, float("nan"), float("inf")])
async def test_only_half_to_five_stars(
    database: Database, ann: int, film_ids: list[int], minute: Minute, stars: float
) -> None:
    async with database.write() as conn:
        with pytest.raises(ValueError, match="between"):
            await ratings.rate(conn, ann, film_ids[0], stars, minute(0))
    row = {"person_id": ann, "film_id": film_ids[0], "stars": stars, "rated_at": minute(0)}
    with pytest.raises(IntegrityError):  # and the table itself would not take it
        async with database.write() as conn:
            await conn.execute(insert(schema.ratings).values(row))


async def test_a_rating_needs_a_film_and_a_person(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await ratings.rate(conn, ann, max(film_ids) + 1, 3, minute(0))
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await ratings.rate(conn, ann + 1, film_ids[0], 3, minute(0))


async def test_a_page_before_the_first_is_the_first(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        await ratings.rate(conn, ann, film_ids[0], 4, minute(0))
        assert await ratings.history(conn, ann, offset=-10, limit=10) == [
            ratings.Rating(ann, film_ids[0], 4, minute(0))
        ]


strangers = itertools.count(1_000)


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    acts=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12),
    page=st.integers(1, 4),
)
async def test_pages_of_history_are_the_whole_history_newest_first(
    database: Database,
    meet: Callable[[int], Awaitable[int]],
    film_ids: list[int],
    minute: Minute,
    acts: list[tuple[int, int]],
    page: int,
) -> None:
    person = await meet(next(strangers))
    expected: dict[int, int] = {}
    async with database.write() as conn:
        for film, moment in acts:
            await ratings.rate(conn, person, film_ids[film], 4, minute(moment))
            expected[film_ids[film]] = moment
        pages = [await ratings.history(conn, person, offset=n, limit=page) for n in range(0, 12, page)]
    seen = [(rating.film_id, rating.rated_at) for part in pages for rating in part]
    order = sorted(expected, key=lambda film_id: (-expected[film_id], film_id))
    assert seen == [(film_id, minute(expected[film_id])) for film_id in order]
    assert all(len(part) <= page for part in pages)


async def test_a_muted_rating_stays_a_rating(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    """Muting outlives a change of stars, is forgotten with the rating, and is one person's own."""
    heat, jaws = film_ids[:2]
    async with database.write() as conn:
        for person in (ann, bob):
            await ratings.rate(conn, person, heat, 5, minute(0))
        assert await ratings.mute(conn, ann, heat, minute(1))
        assert await ratings.mute(conn, ann, heat, minute(2))
        assert not await ratings.mute(conn, ann, jaws, minute(1))
        assert (await ratings.muted_of(conn, ann), await ratings.muted_of(conn, bob)) == ({heat}, set())
        await ratings.rate(conn, ann, heat, 4, minute(3))
        assert await ratings.muted_of(conn, ann) == {heat}
        assert await ratings.of(conn, ann) == {heat: 4.0}
        await ratings.remove(conn, ann, heat)
        await ratings.rate(conn, ann, heat, 3, minute(4))
        assert await ratings.muted_of(conn, ann) == set()
        await ratings.mute(conn, ann, heat, minute(5))
        await ratings.unmute(conn, ann, heat)
        await ratings.unmute(conn, ann, heat)
        assert await ratings.muted_of(conn, ann) == set()


async def test_every_rating_is_told_newest_first(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        for film, moment in ((2, 1), (0, 3), (1, 3), (3, 2)):
            await ratings.rate(conn, ann, film_ids[film], 4, minute(moment))
        await ratings.rate(conn, bob, film_ids[5], 1, minute(9))
        told = [rating.film_id for rating in await ratings.every(conn, ann)]
    assert told == [film_ids[film] for film in (0, 1, 3, 2)]
