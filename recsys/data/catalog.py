"""The films a data set knows, and the fingerprint by which it is recognised."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recsys.arrays import Integers, Ints
from recsys.data.texts import PackedTexts
from recsys.data.vocabulary import Vocabulary
from recsys.errors import UnknownMovie

_NONE = -1  # in place of a TMDB id that is not known


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

    `film_years` (n_films,) are the years, 0 where unknown. `genre_sets` are the different tuples of genres
    that films have, and `film_genre_sets` (n_films,) says which of them each film has, by position.

    Films are kept in columns and made anew whenever they are asked for: a hundred thousand objects would
    take more memory than a model of them.
    """

    def __init__(
        self,
        films: Iterable[Film],
        source: str,
        *,
        genres: Iterable[str] | None = None,
        years: tuple[int, int] | None = None,
    ) -> None:
        self.source = source
        movie_ids, tmdb_ids = array("q"), array("q")
        film_years, film_genre_sets, imdb_numbers, until = array("i"), array("i"), array("i"), array("I")
        self._titles, self._alternatives = PackedTexts(), PackedTexts()
        self._odd_imdb_ids: dict[int, str] = {}  # by row, where a number does not say them
        known: dict[tuple[str, ...], int] = {}
        for film in films:
            movie_ids.append(film.movie_id)
            film_years.append(film.year or 0)
            film_genre_sets.append(known.setdefault(film.genres, len(known)))
            tmdb_ids.append(_NONE if film.tmdb_id is None else film.tmdb_id)
            self._titles.append(film.title)
            imdb_number = _imdb_number(film.imdb_id or "")
            if film.imdb_id and not imdb_number:
                self._odd_imdb_ids[len(imdb_numbers)] = film.imdb_id
            imdb_numbers.append(imdb_number)
            for alternative in film.alternatives:
                self._alternatives.append(alternative)
            until.append(len(self._alternatives))
        self._imdb_numbers, self._tmdb_ids, self._alternatives_until = imdb_numbers, tmdb_ids, until
        self.film_years: Integers = np.array(film_years, np.int32)
        self.film_genre_sets: Integers = np.array(film_genre_sets, np.int32)
        self.genre_sets = tuple(known)
        self._vocabulary = Vocabulary(np.array(movie_ids, np.int64), kind="movie", error=UnknownMovie)
        found = set().union(*self.genre_sets) if genres is None else genres
        self.genres: tuple[str, ...] = tuple(sorted(found))
        self.years = self._span() if years is None else years

    def extended(self, films: Iterable[Film]) -> Catalog:
        """This one's films, then those of `films` whose ids it does not have; itself if there are none.

        `genres` and `years` stay: columns that were learned keep their meaning.
        """
        added = {film.movie_id: film for film in films if film.movie_id not in self}
        if not added:
            return self
        return Catalog((*self, *added.values()), self.source, genres=self.genres, years=self.years)

    def part(self, rows: Ints) -> Catalog:
        """The films at these rows alone, with the same `genres` and `years`."""
        return Catalog(map(self.at, rows.tolist()), self.source, genres=self.genres, years=self.years)

    def __len__(self) -> int:
        return len(self._vocabulary)

    def __iter__(self) -> Iterator[Film]:
        return map(self.at, range(len(self)))

    def __contains__(self, movie_id: int) -> bool:
        return movie_id in self._vocabulary

    def __getitem__(self, movie_id: int) -> Film:
        """The film with this id. Raises UnknownMovie."""
        return self.at(self._vocabulary.row(movie_id))

    def known_rows(self, movie_ids: npt.ArrayLike) -> Ints:
        """The row numbers of those films that are here, in their order; shape (at most n,)."""
        return self._vocabulary.known_rows(movie_ids)

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

    def at(self, row: int) -> Film:
        """The film at a row."""
        tmdb_id, imdb_number = self._tmdb_ids[row], self._imdb_numbers[row]
        first = self._alternatives_until[row - 1] if row else 0
        return Film(
            movie_id=int(self.movie_ids[row]),
            title=self._titles[row],
            year=int(self.film_years[row]) or None,
            genres=self.genre_sets[self.film_genre_sets[row]],
            imdb_id=f"tt{imdb_number:07d}" if imdb_number else self._odd_imdb_ids.get(row),
            tmdb_id=None if tmdb_id == _NONE else tmdb_id,
            alternatives=tuple(self._alternatives[at] for at in range(first, self._alternatives_until[row])),
        )

    def _span(self) -> tuple[int, int]:
        known = self.film_years[self.film_years > 0]
        return (int(known.min()), int(known.max())) if known.size else (0, 0)

    @cached_property
    def fingerprint(self) -> str:
        """By what the data set is known: a digest of the numbers, titles and years of its films."""
        digest = hashlib.sha256(self.source.encode())
        for row in np.argsort(self.movie_ids, kind="stable").tolist():
            if self.movie_ids[row] >= 0:
                year = int(self.film_years[row]) or None
                digest.update(f"\n{self.movie_ids[row]}\t{self._titles[row]}\t{year}".encode())
        return digest.hexdigest()[:16]


def _imdb_number(imdb_id: str) -> int:
    """102926 for "tt0102926"; 0 for an id that no number of 32 bits says."""
    digits = imdb_id.removeprefix("tt")
    number = int(digits) if len(digits) < 10 and digits.isascii() and digits.isdigit() else 0
    return number if imdb_id == f"tt{number:07d}" else 0
