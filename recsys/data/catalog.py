"""The films a data set knows, and the fingerprint by which it is recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy.typing as npt

from recsys.arrays import Ints
from recsys.data.vocabulary import Vocabulary
from recsys.errors import UnknownMovie


@dataclass(frozen=True, slots=True)
class Film:
    """One film. `title` is in natural order and without its year: "The Silence of the Lambs".

    `imdb_id` is IMDb's own form ("tt0102926"). `alternatives` are other titles that find it.
    """

    movie_id: int
    title: str
    year: int | None = None
    genres: tuple[str, ...] = ()
    imdb_id: str | None = None
    tmdb_id: int | None = None
    alternatives: tuple[str, ...] = ()


class Catalog:
    """Films in a fixed order. `source` names the data set; ids are that data set's own, or below 0 for films
    of the caller's that it does not have. `fingerprint` is of the data set's films, whatever their order.

    `genres`, sorted, and `years`, the first and the last known or (0, 0), are those of its films unless
    given: of films added later they may leave some out, since a model learned has places for these alone.
    """

    def __init__(
        self,
        films: Iterable[Film],
        source: str,
        *,
        genres: Iterable[str] | None = None,
        years: tuple[int, int] | None = None,
    ) -> None:
        self._films = tuple(films)
        self.source = source
        self._vocabulary = Vocabulary(
            [film.movie_id for film in self._films], kind="movie", error=UnknownMovie
        )
        found = {genre for film in self._films for genre in film.genres} if genres is None else genres
        self.genres: tuple[str, ...] = tuple(sorted(found))
        self.years = _span(self._films) if years is None else years
        self.fingerprint = self._fingerprint()

    def extended(self, films: Iterable[Film]) -> Catalog:
        """This one's films, then those of `films` whose ids it does not have; itself if there are none.

        `genres` and `years` stay: columns that were learned keep their meaning.
        """
        added = {film.movie_id: film for film in films if film.movie_id not in self}
        if not added:
            return self
        return Catalog((*self._films, *added.values()), self.source, genres=self.genres, years=self.years)

    def part(self, rows: Ints) -> Catalog:
        """The films at these rows alone, with the same `genres` and `years`."""
        films = [self._films[row] for row in rows.tolist()]
        return Catalog(films, self.source, genres=self.genres, years=self.years)

    def __len__(self) -> int:
        return len(self._films)

    def __iter__(self) -> Iterator[Film]:
        return iter(self._films)

    def __contains__(self, movie_id: int) -> bool:
        return movie_id in self._vocabulary

    def __getitem__(self, movie_id: int) -> Film:
        """The film with this id. Raises UnknownMovie."""
        return self._films[self._vocabulary.row(movie_id)]

    @property
    def movie_ids(self) -> Ints:
        """All ids, in catalog order; shape (n_films,)."""
        return self._vocabulary.ids

    def row(self, movie_id: int) -> int:
        """The row number of a film. Raises UnknownMovie."""
        return self._vocabulary.row(movie_id)

    def rows(self, movie_ids: npt.ArrayLike) -> Ints:
        """The row numbers of films, shape (n,). Raises UnknownMovie."""
        return self._vocabulary.rows(movie_ids)

    def _fingerprint(self) -> str:
        own = sorted((film for film in self._films if film.movie_id >= 0), key=lambda film: film.movie_id)
        lines = "".join(f"\n{film.movie_id}\t{film.title}\t{film.year}" for film in own)
        return hashlib.sha256(f"{self.source}{lines}".encode()).hexdigest()[:16]


def _span(films: Iterable[Film]) -> tuple[int, int]:
    years = [film.year for film in films if film.year]
    return min(years, default=0), max(years, default=0)
