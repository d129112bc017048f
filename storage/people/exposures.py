"""What was shown, rated and put on watchlists, in bulk: for figures over everybody, many rows at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Select, cast, extract, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import exposures, ratings, watchlist

AT_ONCE = 2000  # rows: few enough that others get their turn between two chunks

Event = tuple[int, int, int]  # person id, film id, Unix seconds
StarredEvent = tuple[int, int, float, int]  # with the stars given


async def shown(
    conn: AsyncConnection, surfaces: Collection[str], start: datetime, end: datetime
) -> AsyncIterator[Sequence[Event]]:
    """Exposures on these surfaces from `start` on and before `end`, oldest first, some at a time."""
    columns = exposures.c
    query = (
        select(columns.person_id, columns.film_id, _seconds(columns.shown_at))
        .where(columns.surface.in_(surfaces), columns.shown_at >= start, columns.shown_at < end)
        .order_by(columns.id)
    )
    async for rows in _in_chunks(conn, query):
        yield rows


async def rated(conn: AsyncConnection, end: datetime) -> AsyncIterator[Sequence[StarredEvent]]:
    """Ratings given before `end`, some at a time; of one that was changed only the last is known."""
    columns = ratings.c
    query = select(columns.person_id, columns.film_id, columns.stars, _seconds(columns.rated_at))
    async for rows in _in_chunks(conn, query.where(columns.rated_at < end)):
        yield rows


async def wished(conn: AsyncConnection, start: datetime, end: datetime) -> AsyncIterator[Sequence[Event]]:
    """What was put on a watchlist from `start` on and before `end`, and is there still, some at a time."""
    columns = watchlist.c
    query = select(columns.person_id, columns.film_id, _seconds(columns.added_at))
    async for rows in _in_chunks(conn, query.where(columns.added_at >= start, columns.added_at < end)):
        yield rows


def _seconds(column: Column[datetime]) -> ColumnElement[int]:
    """A time as Unix seconds, without their fraction: much faster than to make a datetime of each."""
    seconds = extract("epoch", column)
    return cast(seconds - seconds % 1, BigInteger)


async def _in_chunks(conn: AsyncConnection, query: Select[Any]) -> AsyncIterator[Sequence[Any]]:
    async with conn.stream(query) as found:
        async for rows in found.partitions(AT_ONCE):
            yield [tuple(row) for row in rows]


async def first_shown(conn: AsyncConnection, surfaces: Collection[str]) -> datetime | None:
    """When something was shown on one of these surfaces for the first time."""
    query = select(func.min(exposures.c.shown_at)).where(exposures.c.surface.in_(surfaces))
    first: datetime | None = (await conn.execute(query)).scalar_one()
    return first
