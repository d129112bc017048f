"""The films, under ids of our own: ratings and buttons carry these, whatever data set numbers them today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import UnknownRow
from storage.matching import match
from storage.schema import films as rows

__all__ = ["Film", "NewFilm", "every", "fill", "get", "migrate"]


@dataclass(frozen=True, slots=True)
class NewFilm:
    """A film as a data set has it. `source_id` is that data set's number; titles are in natural order."""

    source_id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    imdb_id: str | None
    tmdb_id: int | None
    alternatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Film:
    """A film as we keep it. `source` names the data set that had it last.

    `source_id` is None for a film that is not in the data set of today.
    """

    id: int
    source: str
    source_id: int | None
    title: str
    year: int | None
    genres: tuple[str, ...]
    imdb_id: str | None
    tmdb_id: int | None
    alternatives: tuple[str, ...]


async def get(conn: AsyncConnection, film_id: int) -> Film:
    """The film with this id. Raises UnknownRow."""
    row = (await conn.execute(select(rows).where(rows.c.id == film_id))).one_or_none()
    if row is None:
        raise UnknownRow(f"no film {film_id}")
    return _film(row)


async def every(conn: AsyncConnection) -> list[Film]:
    """All films, by id."""
    return [_film(row) for row in await conn.execute(select(rows).order_by(rows.c.id))]


async def fill(conn: AsyncConnection, source: str, films: Sequence[NewFilm]) -> None:
    """Insert the films of a data set that are missing, and update those that changed.

    A film is known by (source, source_id) alone. One that left the data set stays as it is.
    """
    query = select(rows).where(rows.c.source == source, rows.c.source_id.is_not(None))
    known = {row.source_id: _film(row) for row in await conn.execute(query)}
    await _update(conn, source, [(known[new.source_id], new) for new in films if new.source_id in known])
    await _insert(conn, source, [new for new in films if new.source_id not in known])


async def migrate(conn: AsyncConnection, source: str, films: Sequence[NewFilm]) -> list[Film]:
    """Move the films onto another data set's numbering; returns those that it does not have, by id.

    `storage.matching` says which film is which. Every row keeps its id, and so every rating and mark. A
    row without a match loses its `source_id` and nothing else. Films that are new to us are inserted.
    """
    old = await every(conn)
    pairs = match(old, films, source)
    matched = {film.id for film, _ in pairs}
    unmatched = [replace(film, source_id=None) for film in old if film.id not in matched]
    if unmatched:
        forget = update(rows).where(rows.c.id == bindparam("row_id")).values(source_id=None)
        await conn.execute(forget, [{"row_id": film.id} for film in unmatched])
    await _update(conn, source, pairs)
    found = {new.source_id for _, new in pairs}
    await _insert(conn, source, [new for new in films if new.source_id not in found])
    return unmatched


async def _insert(conn: AsyncConnection, source: str, films: Sequence[NewFilm]) -> None:
    if films:
        await conn.execute(insert(rows), [{"source": source, **_columns(film)} for film in films])


async def _update(conn: AsyncConnection, source: str, pairs: Sequence[tuple[Film, NewFilm]]) -> None:
    """Write what a data set says of known films, where it differs."""
    now = [_renewed(old, source, new) for old, new in pairs]
    changed = [film for film, (old, _) in zip(now, pairs, strict=True) if film != old]
    if changed:
        names = ("source", "source_id", "title", "year", "genres", "imdb_id", "tmdb_id", "alternatives")
        change = update(rows).where(rows.c.id == bindparam("row_id"))
        await conn.execute(
            change.values({name: bindparam(name) for name in names}),
            [{"row_id": film.id, "source": source, **_columns(film)} for film in changed],
        )


def _renewed(old: Film, source: str, new: NewFilm) -> Film:
    """A known film as the data set has it; an IMDb or TMDB id that the data set lacks is kept."""
    return Film(
        id=old.id,
        source=source,
        source_id=new.source_id,
        title=new.title,
        year=new.year,
        genres=new.genres,
        imdb_id=new.imdb_id or old.imdb_id,
        tmdb_id=new.tmdb_id or old.tmdb_id,
        alternatives=new.alternatives,
    )


def _columns(film: Film | NewFilm) -> dict[str, object]:
    return {
        "source_id": film.source_id,
        "title": film.title,
        "year": film.year,
        "genres": film.genres,
        "imdb_id": film.imdb_id,
        "tmdb_id": film.tmdb_id,
        "alternatives": film.alternatives,
    }


def _film(row: Iterable[Any]) -> Film:
    film_id, source, source_id, title, year, genres, imdb_id, tmdb_id, alternatives = row
    return Film(film_id, source, source_id, title, year, tuple(genres), imdb_id, tmdb_id, tuple(alternatives))
