"""The films a data set knows, and the fingerprint by which it is recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.errors import UnknownMovie
from recsys.vocabulary import Vocabulary

__all__ = ["Catalog", "Film"]


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
    of the caller's that it does not have. `fingerprint` is of the data set's films, whatever their order."""

    def __init__(self, films: Iterable[Film], source: str) -> None:
        self._films = tuple(films)
        self.source = source
        self._vocabulary = Vocabulary(
            [film.movie_id for film in self._films], kind="movie", error=UnknownMovie
        )
        self.genres: tuple[str, ...] = tuple(sorted({genre for film in self._films for genre in film.genres}))
        self.fingerprint = self._fingerprint()

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
    def movie_ids(self) -> npt.NDArray[np.int64]:
        """All ids, in catalog order; shape (n_films,)."""
        return self._vocabulary.ids

    def row(self, movie_id: int) -> int:
        """The row number of a film. Raises UnknownMovie."""
        return self._vocabulary.row(movie_id)

    def rows(self, movie_ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The row numbers of films, shape (n,). Raises UnknownMovie."""
        return self._vocabulary.rows(movie_ids)

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(self.source.encode())
        for film in sorted(self._films, key=lambda film: film.movie_id):
            if film.movie_id < 0:
                continue
            digest.update(f"\n{film.movie_id}\t{film.title}\t{film.year}".encode())
        return digest.hexdigest()[:16]
