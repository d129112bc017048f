"""Which films are fresh, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from recsys.data.catalog import Film as CatalogFilm
from storage.database import Database
from storage.films import editions, films
from storage.people import lists, ratings

Build = Callable[..., CatalogFilm]
Minute = Callable[[int], datetime]


async def test_a_film_is_fresh_until_it_is_rated_enough(
    database: Database, new_film: Build, ann: int, bob: int, minute: Minute
) -> None:
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(1)])
        old = await editions.add(conn, "tiny", new_film(0, "Old", 2001), minute(0))
        rated = await editions.add(conn, "tiny", new_film(0, "Rated", 2001), minute(5))
        new = await editions.add(conn, "tiny", new_film(0, "New", 2001), minute(6))
        for person in (ann, bob):
            await ratings.rate(conn, person, rated.id, 4, minute(7))
        await ratings.rate(conn, ann, new.id, 4, minute(7))
        assert await films.fresh(conn, minute(1), most_ratings=2, most_people=9, limit=9) == [new.id]
        everyone = {"most_ratings": 3, "most_people": 2}
        assert await films.fresh(conn, minute(0), **everyone, limit=9) == [new.id, rated.id, old.id]
        assert await films.fresh(conn, minute(0), **everyone, limit=2) == [new.id, rated.id]
        for person in (ann, ann, bob):
            await lists.create(conn, person, "recommend", [lists.Shown(rated.id, 1)], minute(8))
            await lists.create(conn, ann, "recommend", [lists.Shown(new.id, 1)], minute(8))
            await lists.expose(conn, person, old.id, "card", minute(8))
        assert await films.fresh(conn, minute(0), **everyone, limit=9) == [new.id, old.id]


async def test_of_more_films_than_a_statement_takes_parameters_the_newest_are_fresh(
    database: Database, new_film: Build, minute: Minute
) -> None:
    edition = [new_film(number) for number in range(1, 40_001)]
    async with database.write() as conn:
        await editions.renew(conn, "tiny", edition, minute(0))
    async with database.read() as conn:
        came = await films.fresh(conn, minute(0), most_ratings=9, most_people=9, limit=200)
    assert len(came) == 200
