"""Which row of ours is which film of another data set.

In this order: the same number of the same data set; the same IMDb id; the same title and year; the same
year and any title, alternatives included. A step pairs only what is unambiguous on both sides and leaves
the rest to the next one. Two different IMDb ids are two films, however alike their titles.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from storage.films import Film, NewFilm

__all__ = ["match"]

Pair: TypeAlias = "tuple[Film, NewFilm]"
Keys: TypeAlias = "Callable[[Film | NewFilm], Iterable[Hashable]]"


def match(old: Sequence[Film], new: Sequence[NewFilm], source: str) -> list[Pair]:
    """Pairs of a row and the film of data set `source` that it is; each row and each film once at most."""
    numbered = {film.source_id: film for film in old if film.source == source}
    pairs = [(numbered[film.source_id], film) for film in new if film.source_id in numbered]
    for keys in (_imdb_id, _title, _any_title):
        rows_taken = {row.id for row, _ in pairs}
        films_taken = {film.source_id for _, film in pairs}
        rows = [row for row in old if row.id not in rows_taken]
        films = [film for film in new if film.source_id not in films_taken]
        pairs += _pair_up(rows, films, keys)
    return pairs


def _pair_up(rows: Sequence[Film], films: Sequence[NewFilm], keys: Keys) -> list[Pair]:
    """The rows and films that share a key with each other and with nothing else."""
    holders: dict[Hashable, list[Film]] = defaultdict(list)
    for row in rows:
        for key in keys(row):
            holders[key].append(row)
    candidates = [
        {row.id: row for key in keys(film) for row in holders.get(key, ()) if not _contradict(row, film)}
        for film in films
    ]
    wanted = Counter(row_id for rows_of_film in candidates for row_id in rows_of_film)
    return [
        (row, film)
        for film, rows_of_film in zip(films, candidates, strict=True)
        for row in rows_of_film.values()
        if len(rows_of_film) == 1 and wanted[row.id] == 1
    ]


def _contradict(row: Film, film: NewFilm) -> bool:
    return row.imdb_id is not None and film.imdb_id is not None and row.imdb_id != film.imdb_id


def _imdb_id(film: Film | NewFilm) -> Iterable[Hashable]:
    return () if film.imdb_id is None else (film.imdb_id,)


def _title(film: Film | NewFilm) -> Iterable[Hashable]:
    return ((film.title.casefold(), film.year),)


def _any_title(film: Film | NewFilm) -> Iterable[Hashable]:
    return {(title.casefold(), film.year) for title in (film.title, *film.alternatives)}
