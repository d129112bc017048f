"""What `matinee catalog add | update | migrate` do to the films in the database, with the bot stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.errors import CatalogChanged, UnknownGenres
from bot.films.numbering import CATALOG_KEY, numbering_of, renumber
from bot.films.serving import choose
from bot.films.store import open_store
from bot.process.settings import Settings
from recsys.data.catalog import Catalog
from recsys.data.catalog import Film as CatalogFilm
from recsys.data.sources.film_lists import FilmList
from storage.database import AsyncConnection, Database, facts
from storage.database.lock import hold
from storage.database.migrations import migrate
from storage.films import editions, films
from storage.films.films import Film
from storage.films.matching import match
from storage.people import ratings
from storage.running import audit


@dataclass(frozen=True, slots=True)
class Added:
    """How many films are new, how many changed, and how many were there already as they are.

    `strange` are genres of IMDb's that no film here has: they were left out.
    """

    new: int
    changed: int
    same: int
    strange: tuple[str, ...] = ()


async def migrate_films(settings: Settings) -> tuple[list[Film], int]:
    """Number the films in the database as the newest model does.

    The rated films that its catalog does not have, and how many others there are.
    """
    async with _opened(settings) as database:
        chosen = await choose(database, open_store(settings.models, settings.artifacts), settings.admin_ids)
        async with database.write() as conn:
            unmatched = await renumber(conn, chosen.recommender.catalog, chosen.version)
            rated = await ratings.rated_films(conn)
    missed = [film for film in unmatched if film.id in rated]
    return missed, len(unmatched) - len(missed)


async def add_films(settings: Settings, listing: FilmList, *, update: bool) -> Added:
    """Add the films of a list that are not there; to those that are there, what the list says of them if it
    is to `update`. Raises CatalogChanged without films, UnknownGenres, which names the lines."""
    async with _opened(settings) as database, database.write() as conn:
        source, now = await _source(conn), datetime.now(UTC)
        stored = await films.every(conn)
        known = {genre for film in stored for genre in film.genres}
        listed: Sequence[CatalogFilm] = listing.films
        strange: set[str] = set()
        if listing.exported:
            strange = {genre for film in listed for genre in film.genres} - known
            listed = [replace(film, genres=tuple(g for g in film.genres if g in known)) for film in listed]
        _check_genres(listed, known)
        there = {new.movie_id: old for old, new in match(stored, listed, source="")}
        missing = [new for new in listed if new.movie_id not in there]
        changed = 0
        if update:
            pairs = [(there[new.movie_id], new) for new in listed if new.movie_id in there]
            changed = await editions.correct(conn, pairs)
        for new in missing:
            await editions.add(conn, source, new, now)
        await audit.add(conn, "catalog_updated", now, new=len(missing), changed=changed)
    return Added(len(missing), changed, len(listed) - len(missing) - changed, tuple(sorted(strange)))


async def update_from_data_set(settings: Settings, catalog: Catalog) -> Added:
    """Take a newer edition of the data set in. Raises CatalogChanged if its numbers mean other films."""
    async with _opened(settings) as database, database.write() as conn:
        source, now = await _source(conn), datetime.now(UTC)
        other = await editions.check_same(conn, source, catalog)
        if other is not None:
            raise CatalogChanged(
                f"this is no newer edition of {source}: {other.movie_id} is {other.title} there, and "
                "another film here. `matinee prepare --again` trains on it, then `matinee catalog migrate`"
            )
        new, changed = await editions.renew(conn, source, catalog, now)
        await facts.put(conn, CATALOG_KEY, numbering_of(Catalog(catalog, source)))
        await audit.add(conn, "catalog_updated", now, new=new, changed=changed)
    return Added(new, changed, len(catalog) - new - changed)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    async with hold(settings.database):
        await migrate(settings.database, settings.home / "backups")
        database = await Database.open(settings.database)
        try:
            yield database
        finally:
            await database.close()


async def _source(conn: AsyncConnection) -> str:
    known = await facts.get(conn, CATALOG_KEY)
    if not isinstance(known, dict):
        raise CatalogChanged("the database has no films yet: start the bot once, then add some")
    return str(known["source"])


def _check_genres(listed: Sequence[CatalogFilm], known: set[str]) -> None:
    strange = [
        f"line {-film.movie_id}: {genre}" for film in listed for genre in film.genres if genre not in known
    ]
    if strange:
        raise UnknownGenres(f"no genre here: {'; '.join(strange[:10])}. There are {', '.join(sorted(known))}")
