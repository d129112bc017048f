"""The films as every feature asks for them: by our ids, which it turns into the model's and back.

`store` keeps models, `serving` says which one answers, `taste` asks it; the library only knows the films.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np

from bot.errors import StaleButton
from bot.films.numbering import adopt
from recsys.arrays import Ints, Mask
from recsys.data.catalog import Catalog
from recsys.data.catalog import Film as CatalogFilm
from recsys.data.vocabulary import Vocabulary
from recsys.errors import UnknownMovie
from recsys.recommender import Recommender
from recsys.titles import TitleIndex
from storage.database import Database
from storage.films import films, merging
from storage.films.films import Film

_UNNUMBERED = np.iinfo(np.int64).min  # in place of a data set's number, for a film that has none
EARLIEST_DECADE = 1940  # what is older counts as of this decade: there is little of it


@dataclass(frozen=True, slots=True)
class FoundFilms:
    """What a title search found, best first. `clear` means that the first one answers at once;
    `matched` is False when nothing matches and the films are only the nearest."""

    films: tuple[Film, ...]
    clear: bool
    matched: bool


class StoredFilms:
    """The films in storage at one moment, in columns: as objects they would take more memory than a model."""

    def __init__(self, films: Iterable[Film]) -> None:
        sources, numbers = array("i"), array("q")
        known: dict[str, int] = {}

        def described() -> Iterator[CatalogFilm]:
            for film in films:
                sources.append(known.setdefault(film.source, len(known)))
                numbers.append(_UNNUMBERED if film.source_id is None else film.source_id)
                yield _catalog_film(film, film.id)

        self.catalog = Catalog(described(), "storage")  # by our ids
        self._sources, self._numbers = np.array(sources, np.int32), np.array(numbers, np.int64)
        self._source_names = tuple(known)

    def numbered_by(self, source: str) -> tuple[Ints, Ints]:
        """The rows in `catalog` of the films that a data set numbers, and their numbers there."""
        rows = np.flatnonzero(self._is_numbered_by(source, slice(None)))
        return rows, self._numbers[rows]

    def numbers_by(self, source: str, rows: Ints) -> Ints:
        """The numbers that a data set gives to those of these films that it numbers, in their order."""
        return self._numbers[rows[self._is_numbered_by(source, rows)]]

    def number_by(self, source: str, film_id: int) -> int | None:
        """What a data set calls a film; None for one that it does not number, or that there is not."""
        if film_id not in self.catalog:
            return None
        row = self.catalog.row(film_id)
        number = int(self._numbers[row])
        return None if number == _UNNUMBERED or self._source_names[self._sources[row]] != source else number

    def _is_numbered_by(self, source: str, rows: Ints | slice) -> Mask:
        place = self._source_names.index(source) if source in self._source_names else -1
        return np.asarray((self._sources[rows] == place) & (self._numbers[rows] != _UNNUMBERED))

    def film(self, film_id: int) -> Film:
        """A film by our id. Raises UnknownMovie."""
        row = self.catalog.row(film_id)
        found = self.catalog.at(row)
        number = int(self._numbers[row])
        return Film(
            id=film_id,
            source=self._source_names[self._sources[row]],
            source_id=None if number == _UNNUMBERED else number,
            title=found.title,
            year=found.year,
            genres=found.genres,
            imdb_id=found.imdb_id,
            tmdb_id=found.tmdb_id,
            alternatives=found.alternatives,
        )


@dataclass(frozen=True, slots=True)
class ServedCatalog:
    """The films in storage at one moment, and a model and an index of titles that know them.

    `titles` gives our ids. `merged` films are other names of films: id of the one, id of the other.
    """

    films: StoredFilms
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
        self._films, self._titles, self._merged = served.films, served.titles, served.merged
        self._source = catalog.source
        rows, numbers = served.films.numbered_by(catalog.source)
        self._rows, self._by_movie_id = rows, Vocabulary(numbers, kind="movie", error=UnknownMovie)
        nameless = np.setdiff1d(catalog.movie_ids, numbers).tolist()  # by the number of before
        self.hidden = [*nameless, *self._numbers_of(list(served.merged))]
        self.genres = catalog.genres
        self._genre_codes = {genre_code(genre): genre for genre in catalog.genres}
        years = np.unique(catalog.film_years[catalog.film_years > 0] // 10 * 10)
        self.decades = tuple(sorted({max(EARLIEST_DECADE, int(decade)) for decade in years}))

    def film(self, film_id: int) -> Film:
        """A film by our id; a merged one is the film it was merged into. Raises StaleButton: ids come from
        buttons."""
        try:
            return self._films.film(self.canonical_id(film_id))
        except UnknownMovie:
            raise StaleButton(f"no film {film_id}") from None

    def canonical_id(self, film_id: int) -> int:
        """The id that a film has today: another one than in an old row if it was merged since."""
        return self._merged.get(film_id, film_id)

    def film_id(self, movie_id: int) -> int:
        """Our id of a film of the model's. Raises UnknownMovie for one that no film has any more."""
        row = self._rows[self._by_movie_id.row(movie_id)]
        return self.canonical_id(int(self._films.catalog.movie_ids[row]))

    def film_ids(self, movie_ids: Sequence[int]) -> list[int]:
        """Our ids of films of the model's, each once; those that no film has any more are left out."""
        rows = self._rows[self._by_movie_id.known_rows(movie_ids)]
        found = self._films.catalog.movie_ids[rows].tolist()
        return list(dict.fromkeys(map(self.canonical_id, found)))

    def movie_ids(self, film_ids: Iterable[int]) -> list[int]:
        """The model's ids of those films that it knows; the others are left out."""
        return self._numbers_of([self.canonical_id(film_id) for film_id in film_ids])

    def _numbers_of(self, film_ids: Sequence[int]) -> list[int]:
        """What the model's data set calls those of these films that it numbers, whatever they are today."""
        rows = self._films.catalog.known_rows(film_ids)
        numbers: list[int] = self._films.numbers_by(self._source, rows).tolist()
        return numbers

    def movie_id(self, film_id: int) -> int | None:
        """The model's id of a film, None if it does not know it."""
        return self._films.number_by(self._source, self.canonical_id(film_id))

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
        search = self._titles.find(title, limit)
        found = dict.fromkeys(self.canonical_id(match.movie_id) for match in search.matches)
        one_of_two_names = len(found) == 1 and search.verdict == "several"
        return FoundFilms(
            films=tuple(map(self.film, found)),
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
        stored = await films.feed(conn, StoredFilms)
        merged = await merging.merged(conn)
    whole = await asyncio.to_thread(_extended, recommender, stored)
    titles = await asyncio.to_thread(_titles, stored, recommender)
    return ServedCatalog(stored, whole, titles, merged)


def _extended(recommender: Recommender, stored: StoredFilms) -> Recommender:
    """The model, with the films of its data set that came to storage after it."""
    rows, numbers = stored.numbered_by(recommender.catalog.source)
    later = np.flatnonzero(~np.isin(numbers, recommender.catalog.movie_ids))
    added = zip(rows[later].tolist(), numbers[later].tolist(), strict=True)
    return recommender.extended(replace(stored.catalog.at(row), movie_id=number) for row, number in added)


def _titles(stored: StoredFilms, recommender: Recommender) -> TitleIndex:
    """Titles as storage has them; films that came after the model are sought as often as an average one."""
    rows, numbers = stored.numbered_by(recommender.catalog.source)
    named = stored.catalog if len(rows) == len(stored.catalog) else stored.catalog.part(rows)
    known, popularity = recommender.catalog, recommender.popularity
    sought = np.full(len(numbers), popularity.mean(dtype=np.float64) if len(popularity) else 0.0)
    is_known = np.isin(numbers, known.movie_ids)
    sought[is_known] = popularity[known.rows(numbers[is_known])]
    return TitleIndex(named, sought)


def genre_code(genre: str) -> int:
    """A number for a genre that fits on a button whatever its name, and stands for no other genre later."""
    return crc32(genre.encode())


def catalog_film(stored: Film) -> CatalogFilm:
    """A numbered film in storage as a catalog has it."""
    if stored.source_id is None:
        raise ValueError(f"no data set numbers film {stored.id}")
    return _catalog_film(stored, stored.source_id)


def _catalog_film(stored: Film, movie_id: int) -> CatalogFilm:
    return CatalogFilm(
        movie_id,
        stored.title,
        stored.year,
        stored.genres,
        stored.imdb_id,
        stored.tmdb_id,
        stored.alternatives,
    )
