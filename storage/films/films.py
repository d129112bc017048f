"""The films, under ids of our own: ratings and buttons carry these, whatever data set numbers them today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import UnknownRow
from storage.schema import additions, exposures, merges, ratings
from storage.schema import films as rows

T = TypeVar("T")
_BATCH = 1_000  # rows that are held at a time


class DescribedFilm(Protocol):
    """A film as somebody else has it: a data set, a model, an admin. Titles are in natural order.

    `movie_id` is the data set's number; one below 0 is ours, of a film that no data set has.
    """

    @property
    def movie_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def genres(self) -> tuple[str, ...]: ...
    @property
    def imdb_id(self) -> str | None: ...
    @property
    def tmdb_id(self) -> int | None: ...
    @property
    def alternatives(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Film:
    """A film as we keep it. `source` names the data set that had it last.

    `source_id` is None for a film that is not in the data set of today, and below 0 for one that none has.
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
    return from_row(row)


async def every(conn: AsyncConnection) -> list[Film]:
    """All films, by id."""
    return await feed(conn, list)


async def feed(conn: AsyncConnection, consume: Callable[[Iterator[Film]], T]) -> T:
    """Hand all films to a function, by id, as they are read: it need not hold all of them at once."""
    query = select(rows).order_by(rows.c.id)

    def read(sync: Connection) -> T:
        with sync.execute(query, execution_options={"yield_per": _BATCH}) as found:
            return consume(map(from_row, found))

    return await conn.run_sync(read)


async def fresh(
    conn: AsyncConnection, since: datetime, *, most_ratings: int, most_people: int, limit: int
) -> list[int]:
    """The newest films that came after a moment, have fewer ratings than so many, and were in lists of fewer
    people than so many; the newest first."""
    rated = (
        select(ratings.c.film_id)
        .join(additions, additions.c.film_id == ratings.c.film_id)
        .group_by(ratings.c.film_id)
        .having(func.count() >= most_ratings)
    )
    shown = (
        select(exposures.c.film_id)
        .join(additions, additions.c.film_id == exposures.c.film_id)
        .where(exposures.c.list_id.is_not(None))
        .group_by(exposures.c.film_id)
        .having(func.count(exposures.c.person_id.distinct()) >= most_people)
    )
    query = (
        select(additions.c.film_id)
        .where(additions.c.added_at >= since, additions.c.film_id.not_in(rated))
        .where(additions.c.film_id.not_in(shown))
        .where(additions.c.film_id.not_in(select(merges.c.film_id)))
        .order_by(additions.c.added_at.desc(), additions.c.film_id.desc())
        .limit(limit)
    )
    return list(await conn.scalars(query))


def from_row(row: Iterable[Any]) -> Film:
    """A row of the table as a film."""
    film_id, source, source_id, title, year, genres, imdb_id, tmdb_id, alternatives = row
    return Film(film_id, source, source_id, title, year, tuple(genres), imdb_id, tmdb_id, tuple(alternatives))
