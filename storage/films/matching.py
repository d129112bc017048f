"""Which row of ours is which film of another data set.

In this order: the same number of the same data set, unless nothing else agrees (two folders may share a
name, and a name is all that tells a data set); the same IMDb id; the same title and year; the same
year and any title, alternatives included; any title, a year apart; the same year, and one's title a part of
the other's, as "Star Wars" is of "Star Wars: Episode IV". A step pairs only what is unambiguous on both
sides and leaves the rest to the next one. Two different IMDb ids are two films, however alike their titles;
so are, in the last two steps, two that share no genre.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeAlias

from storage.films.films import DescribedFilm, Film

_Pair: TypeAlias = tuple[Film, DescribedFilm]
_Keys: TypeAlias = Callable[[Film | DescribedFilm], Iterable[Hashable]]
_Contradict: TypeAlias = Callable[[Film, DescribedFilm], bool]

_ARTICLE = re.compile(r"^(?:the|an?) (?=.)")
_BETWEEN_PARTS = re.compile(r": | - |/")


def match(old: Sequence[Film], new: Sequence[DescribedFilm], source: str) -> list[_Pair]:
    """Pairs of a row and the film of data set `source` that it is; each row and each film once at most."""
    numbered = {film.source_id: film for film in old if film.source == source}
    pairs = [
        (row, film) for film in new if (row := numbered.get(film.movie_id)) is not None and akin(row, film)
    ]
    steps: tuple[tuple[_Keys, _Keys, _Contradict], ...] = (
        (_imdb_id, _imdb_id, _other_imdb_id),
        (_title, _title, _other_imdb_id),
        (_any_title, _any_title, _other_imdb_id),
        (_any_title, _a_year_apart, _another_film),
        (_whole_and_parts, _whole_and_parts, _another_film),
    )
    for keys_of_row, keys_of_film, contradict in steps:
        rows_taken = {row.id for row, _ in pairs}
        films_taken = {film.movie_id for _, film in pairs}
        rows = [row for row in old if row.id not in rows_taken]
        films = [film for film in new if film.movie_id not in films_taken]
        pairs += _pair_up(rows, films, keys_of_row, keys_of_film, contradict)
    return pairs


def _pair_up(
    rows: Sequence[Film],
    films: Sequence[DescribedFilm],
    keys_of_row: _Keys,
    keys_of_film: _Keys,
    contradict: _Contradict,
) -> list[_Pair]:
    """The rows and films that share a key with each other and with nothing else."""
    holders: dict[Hashable, list[Film]] = defaultdict(list)
    for row in rows:
        for key in keys_of_row(row):
            holders[key].append(row)
    candidates = [
        {
            row.id: row
            for key in keys_of_film(film)
            for row in holders.get(key, ())
            if not contradict(row, film)
        }
        for film in films
    ]
    wanted = Counter(row_id for rows_of_film in candidates for row_id in rows_of_film)
    return [
        (row, film)
        for film, rows_of_film in zip(films, candidates, strict=True)
        for row in rows_of_film.values()
        if len(rows_of_film) == 1 and wanted[row.id] == 1
    ]


def akin(row: Film, film: DescribedFilm) -> bool:
    """Whether a row and the film of its number can be one: the title or the year may have been mended."""
    titles = {_plain(title) for title in (row.title, *row.alternatives)}
    same_title = any(_plain(title) in titles for title in (film.title, *film.alternatives))
    return not _other_imdb_id(row, film) and (same_title or row.year == film.year)


def _other_imdb_id(row: Film, film: DescribedFilm) -> bool:
    return row.imdb_id is not None and film.imdb_id is not None and row.imdb_id != film.imdb_id


def _another_film(row: Film, film: DescribedFilm) -> bool:
    no_genre_in_common = bool(row.genres and film.genres) and not set(row.genres) & set(film.genres)
    return no_genre_in_common or _other_imdb_id(row, film)


def _imdb_id(film: Film | DescribedFilm) -> Iterable[Hashable]:
    return () if film.imdb_id is None else (film.imdb_id,)


def _title(film: Film | DescribedFilm) -> Iterable[Hashable]:
    return ((_plain(film.title), film.year),)


def _any_title(film: Film | DescribedFilm) -> Iterable[Hashable]:
    return {(_plain(title), film.year) for title in (film.title, *film.alternatives)}


def _a_year_apart(film: Film | DescribedFilm) -> Iterable[Hashable]:
    """Release dates differ by country, and so do data sets."""
    if film.year is None:
        return ()
    titles = {_plain(title) for title in (film.title, *film.alternatives)}
    return {(title, film.year + apart) for title in titles for apart in (-1, 0, 1)}


def _whole_and_parts(film: Film | DescribedFilm) -> Iterable[Hashable]:
    if film.year is None:
        return ()
    parts = {part for title in (film.title, *film.alternatives) for part in _BETWEEN_PARTS.split(title)}
    return {(_plain(title), film.year) for title in {film.title, *parts} if title.strip()}


def _plain(title: str) -> str:
    """Letters and digits alone: no case, accents, punctuation, spaces, nor an English article in front."""
    decomposed = unicodedata.normalize("NFKD", title.casefold().replace("&", " and "))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    words = " ".join(re.findall(r"\w+", bare.replace("'", "").replace("’", "")))
    return _ARTICLE.sub("", words).replace(" ", "") or title.casefold()  # "?" is not "!"
