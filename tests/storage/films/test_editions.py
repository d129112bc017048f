"""What data sets and admins say of films, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from recsys.data.catalog import Film as CatalogFilm
from storage.database import Database
from storage.errors import UnknownRow
from storage.films import editions, films
from storage.films.films import Film
from storage.people import marks, ratings

Build = Callable[..., CatalogFilm]
Minute = Callable[[int], datetime]


async def test_a_filled_catalog_comes_back_under_ids_of_its_own(database: Database) -> None:
    heat = CatalogFilm(6, "Heat", 1995, ("Action", "Crime"), "tt0113277", 949, ())
    city = CatalogFilm(
        2, "City of Lost Children, The", None, (), None, None, ("La cité des enfants perdus", 'The "City"')
    )
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [heat, city])
    async with database.read() as conn:
        first, second = await films.every(conn)
        assert first == Film(
            first.id, "tiny", 6, "Heat", 1995, ("Action", "Crime"), "tt0113277", 949, heat.alternatives
        )
        assert second == Film(second.id, "tiny", 2, city.title, None, (), None, None, city.alternatives)
        assert await films.get(conn, second.id) == second
        with pytest.raises(UnknownRow, match=f"no film {second.id + 1}"):
            await films.get(conn, second.id + 1)


async def test_filling_again_changes_what_changed_and_nothing_else(
    database: Database, new_film: Build
) -> None:
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(1), new_film(2), new_film(3)])
        one, two, three = await films.every(conn)
        renamed = replace(new_film(2), title="Seven", genres=("Crime",), alternatives=("Se7en",), tmdb_id=807)
        await editions.fill(conn, "tiny", [renamed, new_film(4), new_film(1)])
        now = await films.every(conn)
        expected = replace(two, title="Seven", genres=("Crime",), alternatives=("Se7en",), tmdb_id=807)
        assert now[:3] == [one, expected, three]
        assert [film.source_id for film in now] == [1, 2, 3, 4]
        await editions.fill(conn, "tiny", [renamed, new_film(4), new_film(1)])
        assert await films.every(conn) == now
        await editions.fill(conn, "tiny", [])
        assert await films.every(conn) == now


async def test_ids_of_other_sites_once_known_are_kept(database: Database, new_film: Build) -> None:
    known = replace(new_film(1), imdb_id="tt0113277", tmdb_id=949)
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [known])
        await editions.fill(conn, "tiny", [new_film(1)])
        (film,) = await films.every(conn)
        assert (film.imdb_id, film.tmdb_id) == ("tt0113277", 949)
        await editions.fill(conn, "tiny", [replace(known, imdb_id="tt0000001", tmdb_id=1)])
        (film,) = await films.every(conn)
        assert (film.imdb_id, film.tmdb_id) == ("tt0000001", 1)


async def test_two_data_sets_may_use_one_number(database: Database, new_film: Build) -> None:
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(50, "Star Wars")])
        await editions.fill(conn, "other", [new_film(50, "The Usual Suspects")])
        assert [film.title for film in await films.every(conn)] == ["Star Wars", "The Usual Suspects"]


async def test_one_data_set_uses_a_number_once(database: Database, new_film: Build) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await editions.fill(conn, "tiny", [new_film(50), new_film(50)])
    async with database.read() as conn:
        assert await films.every(conn) == []


async def test_migration_renumbers_and_drops_nobodys_rating(
    database: Database, ann: int, new_film: Build, minute: Minute
) -> None:
    star_wars = new_film(50, "Star Wars", 1977)
    suspects = new_film(12, "The Usual Suspects", 1995, imdb_id="tt0114814")
    lost = new_film(3, "Lost Film", 1930)
    async with database.write() as conn:
        await editions.fill(conn, "ml-100k", [star_wars, suspects, lost])
        ids = {film.title: film.id for film in await films.every(conn)}
        for stars, title in enumerate(ids, 1):
            await ratings.rate(conn, ann, ids[title], stars, minute(stars))
        await marks.put(conn, ann, ids["Lost Film"], "seen", minute(0))
        new = [
            new_film(50, "Usual Suspects, The", 1995, imdb_id="tt0114814"),
            new_film(260, "Star Wars: Episode IV", 1977, imdb_id="tt0076759", alternatives=("star wars",)),
            new_film(7, "Sabrina", 1995),
        ]
        unmatched = await editions.migrate(conn, "ml-latest-small", new)
    assert [(film.id, film.source, film.source_id) for film in unmatched] == [
        (ids["Lost Film"], "ml-100k", None)
    ]
    async with database.read() as conn:
        now = {film.id: film for film in await films.every(conn)}
        assert now[ids["Lost Film"]] == unmatched[0]
        assert now[ids["Star Wars"]].source_id == 260
        assert now[ids["Star Wars"]].title == "Star Wars: Episode IV"
        assert now[ids["The Usual Suspects"]].source_id == 50
        added = [film for film in now.values() if film.id not in ids.values()]
        assert [(film.source, film.source_id, film.title) for film in added] == [
            ("ml-latest-small", 7, "Sabrina")
        ]
        assert await ratings.of(conn, ann) == {
            ids["Star Wars"]: 1.0,
            ids["The Usual Suspects"]: 2.0,
            ids["Lost Film"]: 3.0,
        }
        assert (await marks.of(conn, ann))["seen"] == {ids["Lost Film"]}


async def test_migration_there_and_back_restores_every_film(database: Database, new_film: Build) -> None:
    here = [new_film(1, "Heat", 1995), new_film(2, "Fargo", 1996), new_film(3, "Jaws", 1975)]
    there = [new_film(2, "HEAT", 1995, imdb_id="tt0113277"), new_film(1, "fargo", 1996)]
    async with database.write() as conn:
        await editions.fill(conn, "here", here)
        before = await films.every(conn)
        assert [film.title for film in await editions.migrate(conn, "there", there)] == ["Jaws"]
        assert await editions.migrate(conn, "here", here) == []
        after = await films.every(conn)
    assert after == [replace(before[0], imdb_id="tt0113277"), *before[1:]]


async def test_migration_onto_the_present_data_set_changes_nothing(
    database: Database, new_film: Build
) -> None:
    # Two films that no title could tell apart keep their numbers.
    here = [new_film(1, "Emma", 1996), new_film(2, "Emma", 1996)]
    async with database.write() as conn:
        await editions.fill(conn, "here", here)
        before = await films.every(conn)
        assert await editions.migrate(conn, "here", here) == []
        assert await films.every(conn) == before


async def test_an_own_film_has_a_number_below_zero_and_keeps_its_id_when_a_data_set_gets_it(
    database: Database, new_film: Build, ann: int, minute: Minute
) -> None:
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(1), new_film(2)])
        anora = await editions.add(conn, "tiny", new_film(0, "Anora", 2024), minute(0))
        flow = await editions.add(conn, "tiny", new_film(0, "Flow", 2024), minute(0))
        await ratings.rate(conn, ann, anora.id, 5, minute(1))
        assert (anora.source_id, anora.source) == (-anora.id, "tiny")
        newer = [replace(new_film(1), title="Film One"), new_film(2), new_film(3), new_film(9, "Anora", 2024)]
        assert await editions.check_same(conn, "tiny", newer) is None
        assert await editions.renew(conn, "tiny", newer, minute(2)) == (1, 2)
        now = {film.source_id: film for film in await films.every(conn)}
        assert set(now) == {1, 2, 3, 9, -flow.id}
        assert now[9].id == anora.id
        assert await ratings.of(conn, ann) == {anora.id: 5}
        assert now[1].title == "Film One"
        assert await editions.renew(conn, "tiny", newer, minute(3)) == (0, 0)


async def test_a_number_of_another_film_is_no_newer_edition(database: Database, new_film: Build) -> None:
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(1, "Heat", 1995), new_film(2, "Fargo", 1996)])
        mended = [new_film(1, "Heat!", 1995), new_film(2, "Fargo", 1997)]
        assert await editions.check_same(conn, "tiny", mended) is None
        other = [new_film(1, "Heat", 1995), new_film(2, "Anora", 2024)]
        assert await editions.check_same(conn, "tiny", other) == other[1]


async def test_own_films_go_along_to_another_numbering(
    database: Database, new_film: Build, minute: Minute
) -> None:
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(1), new_film(2)])
        anora = await editions.add(conn, "tiny", new_film(0, "Anora", 2024), minute(0))
        flow = await editions.add(conn, "tiny", new_film(0, "Flow", 2024), minute(0))
        other = [new_film(71, "Film 1"), new_film(77, "Flow", 2024)]
        assert [film.title for film in await editions.migrate(conn, "other", other)] == ["Film 2"]
        now = {film.title: (film.id, film.source, film.source_id) for film in await films.every(conn)}
        assert now["Anora"] == (anora.id, "other", -anora.id)
        assert now["Flow"] == (flow.id, "other", 77)


async def test_a_model_made_before_an_own_film_got_a_number_brings_no_second_row(
    database: Database, new_film: Build, minute: Minute
) -> None:
    async with database.write() as conn:
        ours = await editions.add(conn, "tiny", new_film(0, "Ours", 2001), minute(0))
        assert ours.source_id is not None
        assert await editions.renew(conn, "tiny", [new_film(99, "Ours", 2001)], minute(1)) == (0, 1)
        await editions.fill(conn, "tiny", [new_film(ours.source_id, "Ours", 2001)], overwrite=False)
        assert [(film.id, film.source_id) for film in await films.every(conn)] == [(ours.id, 99)]


async def test_what_a_list_says_of_a_known_film_is_added_to_what_is_known(
    database: Database, new_film: Build
) -> None:
    async with database.write() as conn:
        await editions.fill(conn, "tiny", [new_film(6, "Heat", 1995, imdb_id="tt1", alternatives=("Fuego",))])
        (heat,) = await films.every(conn)
        told = CatalogFilm(-1, "Heat", None, (), None, 949, ("Calor",))
        assert await editions.correct(conn, [(heat, told)]) == 1
        assert await films.every(conn) == [replace(heat, tmdb_id=949, alternatives=("Fuego", "Calor"))]
        assert await editions.correct(conn, [((await films.every(conn))[0], told)]) == 0
