"""The films as the bot knows them: our ids outside, the artifact's ids inside, one border."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

from bot.errors import CatalogChanged, StaleButton
from recsys.catalog import Catalog
from recsys.recommender import Recommender
from recsys.titles import TitleIndex
from storage import films, settings
from storage.database import AsyncConnection, Database
from storage.films import Film, NewFilm

__all__ = [
    "CATALOG_KEY",
    "EARLIEST_DECADE",
    "FILMS_KEY",
    "Found",
    "Library",
    "Stock",
    "adopt",
    "check_numbering",
    "genre_code",
    "new_films",
    "numbering",
    "renumber",
    "take_stock",
]

CATALOG_KEY = "catalog"  # the settings row that says which data set numbers the films
FILMS_KEY = "films"  # the settings row that says which model described them last
EARLIEST_DECADE = 1940  # what is older counts as of this decade: there is little of it


@dataclass(frozen=True, slots=True)
class Found:
    """What a title search found, best first. `clear` means that the first one answers at once;
    `matched` is False when nothing matches and the films are only the nearest."""

    films: tuple[Film, ...]
    clear: bool
    matched: bool


@dataclass(frozen=True, slots=True)
class Stock:
    """The films in storage, and a model and an index of titles that know them."""

    films: tuple[Film, ...]
    recommender: Recommender
    titles: TitleIndex


class Library:
    """Every film in storage, and which of them the model knows by which id."""

    def __init__(self, stock: Stock) -> None:
        self.renew(stock)

    def renew(self, stock: Stock) -> None:
        """Other films, or another model of them, from now on. Nothing is awaited: nobody sees half of it."""
        catalog = stock.recommender.catalog
        self._films = {film.id: film for film in stock.films}
        self._titles = stock.titles
        self._by_movie_id = {
            film.source_id: film.id
            for film in self._films.values()
            if film.source == catalog.source and film.source_id is not None and film.source_id in catalog
        }
        self._movie_ids = {film_id: movie_id for movie_id, film_id in self._by_movie_id.items()}
        self.genres = catalog.genres
        self._genre_codes = {genre_code(genre): genre for genre in catalog.genres}
        years = {film.year for film in catalog if film.year is not None}
        self.decades = tuple(sorted({max(EARLIEST_DECADE, year // 10 * 10) for year in years}))

    def film(self, film_id: int) -> Film:
        """A film by our id. Raises StaleButton: ids come from buttons, and films can go."""
        try:
            return self._films[film_id]
        except KeyError:
            raise StaleButton(f"no film {film_id}") from None

    def film_id(self, movie_id: int) -> int:
        """Our id of a film of the model's."""
        return self._by_movie_id[movie_id]

    def movie_ids(self, film_ids: Iterable[int]) -> list[int]:
        """The model's ids of those films that it knows; the others are left out."""
        return [self._movie_ids[film_id] for film_id in film_ids if film_id in self._movie_ids]

    def movie_id(self, film_id: int) -> int | None:
        """The model's id of a film, None if it does not know it."""
        return self._movie_ids.get(film_id)

    def genre(self, code: int) -> str:
        """The genre of a `genre_code`. Raises StaleButton: data sets can change."""
        try:
            return self._genre_codes[code]
        except KeyError:
            raise StaleButton(f"no genre with code {code}") from None

    def telling(self, answers: Mapping[str, int]) -> Mapping[str, int]:
        """Genre answers that tell one genre from another: none where every genre got the same."""
        return answers if len({answers.get(genre, 0) for genre in self.genres}) > 1 else {}

    def find(self, title: str, limit: int = 5) -> Found:
        """Films by a title as people type it."""
        search = self._titles.find(title, limit)
        return Found(
            films=tuple(self._films[self._by_movie_id[match.movie_id]] for match in search.matches),
            clear=search.verdict == "clear",
            matched=search.verdict != "none",
        )


async def take_stock(database: Database, recommender: Recommender, version: int) -> Stock:
    """The films, numbered by this model's catalog, and as it describes them.

    Raises CatalogChanged if another catalog numbers them.
    """
    catalog = recommender.catalog
    async with database.write() as conn:
        check_numbering(await settings.get(conn, CATALOG_KEY), catalog)
        if await settings.get(conn, FILMS_KEY) != version:
            await adopt(conn, catalog, version)
        stored = tuple(await films.every(conn))
    titles = await asyncio.to_thread(TitleIndex, catalog, recommender.popularity.tolist())
    return Stock(stored, recommender, titles)


def genre_code(genre: str) -> int:
    """A number for a genre that fits on a button whatever its name, and means no other genre later."""
    return crc32(genre.encode())


def new_films(catalog: Catalog) -> list[NewFilm]:
    """A model's catalog as rows for storage."""
    return [
        NewFilm(
            source_id=film.movie_id,
            title=film.title,
            year=film.year,
            genres=film.genres,
            imdb_id=film.imdb_id,
            tmdb_id=film.tmdb_id,
            alternatives=film.alternatives,
        )
        for film in catalog
    ]


async def adopt(conn: AsyncConnection, catalog: Catalog, version: int) -> None:
    """Number and describe the films in storage as the catalog of this model does, and remember it."""
    await films.fill(conn, catalog.source, new_films(catalog))
    await _remember(conn, catalog, version)


async def renumber(conn: AsyncConnection, catalog: Catalog, version: int) -> list[Film]:
    """Move the films in storage to another numbering; those that the catalog does not have."""
    unmatched = await films.migrate(conn, catalog.source, new_films(catalog))
    await _remember(conn, catalog, version)
    return unmatched


def check_numbering(known: object, catalog: Catalog) -> None:
    """Raise CatalogChanged if the films in storage are numbered, and by another catalog."""
    if known is not None and known != numbering(catalog):
        raise CatalogChanged(
            f"the database numbers films by {_named(known)}, the model by {_named(numbering(catalog))}: "
            "`matinee catalog migrate` moves every rating to its film in the new numbering"
        )


def numbering(catalog: Catalog) -> dict[str, str]:
    """What storage remembers of the catalog that numbers its films."""
    return {"source": catalog.source, "fingerprint": catalog.fingerprint}


def _named(known: object) -> str:
    return " ".join(known.values()) if isinstance(known, dict) else str(known)


async def _remember(conn: AsyncConnection, catalog: Catalog, version: int) -> None:
    await settings.put(conn, CATALOG_KEY, numbering(catalog))
    await settings.put(conn, FILMS_KEY, version)
