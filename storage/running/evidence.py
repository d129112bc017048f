"""What a training learns from: ratings, whose they are, and which rows of films are one film."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.films.films import Film, from_row
from storage.schema import additions, films, merges, muted, ratings, standings


@dataclass(frozen=True, slots=True)
class Evidence:
    """One rating by somebody of the bot, of a film by its number in the data set of today."""

    person_id: int
    source_id: int
    stars: float
    rated_at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """What has changed since a moment: ratings given or changed, films added or merged, people kept out or
    let in."""

    ratings: int
    films: int
    standings: int

    def __bool__(self) -> bool:
        return bool(self.ratings or self.films or self.standings)


async def in_chunks(conn: AsyncConnection, source: str, size: int) -> AsyncIterator[Sequence[Evidence]]:
    """All ratings of films that a data set numbers, by person and film, `size` at a time.

    Those that are muted are no evidence of taste, and left out.
    """
    unmuted = and_(muted.c.person_id == ratings.c.person_id, muted.c.film_id == ratings.c.film_id)
    query = (
        select(ratings.c.person_id, films.c.source_id, ratings.c.stars, ratings.c.rated_at)
        .join(films, films.c.id == ratings.c.film_id)
        .outerjoin(muted, unmuted)
        .where(films.c.source == source, films.c.source_id.is_not(None), muted.c.person_id.is_(None))
        .order_by(ratings.c.person_id, ratings.c.film_id)
    )
    async with conn.stream(query) as rows:
        async for chunk in rows.partitions(size):
            yield [Evidence(*row) for row in chunk]


async def films_in_chunks(conn: AsyncConnection, source: str, size: int) -> AsyncIterator[Sequence[Film]]:
    """All films that a data set numbers, `size` at a time: its own by their numbers, and those that admins
    added, whose numbers are negative, the first one first."""
    query = select(films).where(films.c.source == source, films.c.source_id.is_not(None))
    async with conn.stream(query.order_by(films.c.source_id < 0, func.abs(films.c.source_id))) as rows:
        async for chunk in rows.partitions(size):
            yield [from_row(row) for row in chunk]


async def numbered(conn: AsyncConnection, source: str) -> dict[int, int]:
    """Our ids of the films that a data set numbers, by its numbers."""
    query = select(films.c.source_id, films.c.id).where(films.c.source == source)
    rows = await conn.execute(query.where(films.c.source_id.is_not(None)))
    return {row.source_id: row.id for row in rows}


async def news(conn: AsyncConnection, since: datetime) -> News:
    """How much is new since then."""
    counts = [
        (await conn.execute(select(func.count()).where(column > since))).scalar_one()
        for column in (ratings.c.rated_at, additions.c.added_at, merges.c.merged_at, standings.c.since)
    ]
    given, added, joined, judged = counts
    return News(given, added + joined, judged)
