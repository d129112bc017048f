"""The stars that people gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import ratings
from storage.upsert import upsert

__all__ = ["Rating", "count", "find", "history", "of", "rate", "remove"]


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person thinks of one film, in stars (0.5 to 5)."""

    person_id: int
    film_id: int
    stars: float
    rated_at: datetime


async def rate(conn: AsyncConnection, person_id: int, film_id: int, stars: float, at: datetime) -> None:
    """Keep a rating, in place of an older one of the same film. ValueError outside 0.5 to 5 stars."""
    if not 0.5 <= stars <= 5:
        raise ValueError(f"a rating is between 0.5 and 5 stars, not {stars}")
    values = {"person_id": person_id, "film_id": film_id, "stars": stars, "rated_at": at}
    await conn.execute(upsert(conn, ratings, values, key=("person_id", "film_id")))


async def remove(conn: AsyncConnection, person_id: int, film_id: int) -> bool:
    """Take a rating back; whether there was one."""
    return (await conn.execute(delete(ratings).where(_this(person_id, film_id)))).rowcount == 1


async def of(conn: AsyncConnection, person_id: int) -> dict[int, float]:
    """All ratings of a person, film id → stars."""
    query = select(ratings.c.film_id, ratings.c.stars).where(ratings.c.person_id == person_id)
    return {row.film_id: row.stars for row in await conn.execute(query.order_by(ratings.c.film_id))}


async def find(conn: AsyncConnection, person_id: int, film_id: int) -> float | None:
    """The stars a person gave to a film, if any."""
    query = select(ratings.c.stars).where(_this(person_id, film_id))
    stars: float | None = (await conn.execute(query)).scalar_one_or_none()
    return stars


async def history(conn: AsyncConnection, person_id: int, *, offset: int, limit: int) -> list[Rating]:
    """A page of a person's ratings, newest first; of the same moment, by film id.

    A negative offset is none: SQLite takes it for that, and PostgreSQL for an error.
    """
    query = (
        select(ratings)
        .where(ratings.c.person_id == person_id)
        .order_by(ratings.c.rated_at.desc(), ratings.c.film_id)
        .offset(max(0, offset))
        .limit(limit)
    )
    return [Rating(**row._asdict()) for row in await conn.execute(query)]


async def count(conn: AsyncConnection, person_id: int) -> int:
    """How many films a person has rated."""
    query = select(func.count()).select_from(ratings).where(ratings.c.person_id == person_id)
    return (await conn.execute(query)).scalar_one()


def _this(person_id: int, film_id: int) -> ColumnElement[bool]:
    return (ratings.c.person_id == person_id) & (ratings.c.film_id == film_id)
