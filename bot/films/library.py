"""The films as every feature asks for them: by our ids, which it turns into the model's and back.

`store` keeps models, `serving` says which one answers, `taste` asks it; the library only knows the films.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zlib import crc32

from bot.errors import StaleButton
from bot.films.numbering import adopt
from recsys.data.catalog import Catalog
from recsys.data.catalog import Film as CatalogFilm
from recsys.recommender import Recommender
from recsys.titles import TitleIndex
from storage.database import Database
from storage.films import films, merging
from storage.films.films import Film

_LONGEST_TITLE = 200  # characters of a text that is sought
EARLIEST_DECADE = 1940  # what is older counts as of this decade: there is little of it


@dataclass(frozen=True, slots=True)
class FoundFilms:
    """What a title search found, best first. `clear` means that the first one answers at once;
    `matched` is False when nothing matches and the films are only the nearest."""

    films: tuple[Film, ...]
    clear: bool
    matched: bool


@dataclass(frozen=True, slots=True)
class ServedCatalog:
    """The films in storage at one moment, and a model and an index of titles that know them.

    `merged` films are other names of films: id of the one, id of the other.
    """

    films: tuple[Film, ...]
    recommender: Recommender
    titles: TitleIndex
    merged: Mapping[int, int] = field(default_factory=dict)


class Library:
    """Every film in storage, and which of them the model knows by which id."""

    def __init__(self, served: ServedCatalog) -> None:
        self.swap(served)

    def swap(self, served: ServedCatalog) -> None:
        """Other films, or another model of them, from now on. Nothing is awaited: nobody sees half of it."""
        catalog = served.recommender.catalog
        self._films = {film.id: film for film in served.films}
        self._titles = served.titles
        self._merged = served.merged
        known = {
            film.id: film.source_id
            for film in served.films
            if film.source == catalog.source and film.source_id is not None and film.source_id in catalog
        }
        self._by_movie_id = {
            movie_id: served.merged.get(film_id, film_id) for film_id, movie_id in known.items()
        }
        self._movie_ids = {
            film_id: known[served.merged.get(film_id, film_id)]
            for film_id in self._films
            if served.merged.get(film_id, film_id) in known
        }
        nameless = set(catalog.movie_ids.tolist()).difference(known.values())  # by the number of before
        self.hidden = [*nameless, *(known[film_id] for film_id in served.merged if film_id in known)]
        self.genres = catalog.genres
        self._genre_codes = {genre_code(genre): genre for genre in catalog.genres}
        years = {film.year for film in catalog if film.year is not None}
        self.decades = tuple(sorted({max(EARLIEST_DECADE, year // 10 * 10) for year in years}))

    def film(self, film_id: int) -> Film:
        """A film by our id; a merged one is the film it was merged into. Raises StaleButton: ids come from
        buttons."""
        try:
            return self._films[self._merged.get(film_id, film_id)]
        except KeyError:
            raise StaleButton(f"no film {film_id}") from None

    def canonical_id(self, film_id: int) -> int:
        """The id that a film has today: another one than in an old row if it was merged since."""
        return self._merged.get(film_id, film_id)

    def film_id(self, movie_id: int) -> int:
        """Our id of a film of the model's."""
        return self._by_movie_id[movie_id]

    def film_ids(self, movie_ids: Iterable[int]) -> list[int]:
        """Our ids of films of the model's, each once; those that no film has any more are left out."""
        known = (self._by_movie_id[movie_id] for movie_id in movie_ids if movie_id in self._by_movie_id)
        return list(dict.fromkeys(known))

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

    def informative(self, answers: Mapping[str, int]) -> Mapping[str, int]:
        """Genre answers that tell one genre from another: none where every genre got the same."""
        return answers if len({answers.get(genre, 0) for genre in self.genres}) > 1 else {}

    def find(self, title: str, limit: int = 5) -> FoundFilms:
        """Films by a title as people type it."""
        search = self._titles.find(title[:_LONGEST_TITLE], limit)
        found = dict.fromkeys(self._by_movie_id[match.movie_id] for match in search.matches)
        one_of_two_names = len(found) == 1 and search.verdict == "several"
        return FoundFilms(
            films=tuple(self._films[film_id] for film_id in found),
            clear=search.verdict == "clear" or one_of_two_names,
            matched=search.verdict != "none",
        )


async def load_served_catalog(database: Database, recommender: Recommender, version: int) -> ServedCatalog:
    """The films in storage, and this model, which learns of those that came after it.

    Storage gets the films of the model that it lacks; what it says of the others changes for a model made on
    the command line alone, since any other was trained on what storage said. Raises CatalogChanged if another
    data set numbers the films.
    """
    async with database.write() as conn:
        await adopt(conn, recommender.catalog, version)
        stored = tuple(await films.every(conn))
        merged = await merging.merged(conn)
    source = recommender.catalog.source
    numbered = [film for film in stored if film.source == source and film.source_id is not None]
    whole = await asyncio.to_thread(recommender.extended, map(catalog_film, numbered))
    titles = await asyncio.to_thread(_titles, numbered, recommender)
    return ServedCatalog(stored, whole, titles, merged)


def _titles(numbered: list[Film], recommender: Recommender) -> TitleIndex:
    """Titles as storage has them; films that came after the model are sought as often as an average one."""
    named = Catalog(map(catalog_film, numbered), recommender.catalog.source)
    rated = dict(zip(recommender.catalog.movie_ids.tolist(), recommender.popularity.tolist(), strict=True))
    average = sum(rated.values()) / max(1, len(rated))
    return TitleIndex(named, [rated.get(movie_id, average) for movie_id in named.movie_ids.tolist()])


def genre_code(genre: str) -> int:
    """A number for a genre that fits on a button whatever its name, and means no other genre later."""
    return crc32(genre.encode())


def catalog_film(stored: Film) -> CatalogFilm:
    """A numbered film in storage as a catalog has it."""
    if stored.source_id is None:
        raise ValueError(f"no data set numbers film {stored.id}")
    return CatalogFilm(
        stored.source_id,
        stored.title,
        stored.year,
        stored.genres,
        stored.imdb_id,
        stored.tmdb_id,
        stored.alternatives,
    )
