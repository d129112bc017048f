"""The stars that people gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.films.merging import canonical_id
from storage.schema import muted, ratings


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
    values = {"person_id": person_id, "film_id": canonical_id(film_id), "stars": stars, "rated_at": at}
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


async def every(conn: AsyncConnection, person_id: int) -> list[Rating]:
    """All ratings of a person, newest first; of the same moment, by film id."""
    query = select(ratings).where(ratings.c.person_id == person_id)
    ordered = query.order_by(ratings.c.rated_at.desc(), ratings.c.film_id)
    return [Rating(**row._asdict()) for row in await conn.execute(ordered)]


async def count(conn: AsyncConnection, person_id: int) -> int:
    """How many films a person has rated."""
    query = select(func.count()).select_from(ratings).where(ratings.c.person_id == person_id)
    return (await conn.execute(query)).scalar_one()


async def count_of(conn: AsyncConnection, film_id: int) -> int:
    """How many people have rated a film."""
    query = select(func.count()).select_from(ratings).where(ratings.c.film_id == canonical_id(film_id))
    return (await conn.execute(query)).scalar_one()


async def mute(conn: AsyncConnection, person_id: int, film_id: int, at: datetime) -> bool:
    """Let a rating be no evidence of taste any more; False if there is no such rating.

    It stays so through a change of stars, and is forgotten with the rating.
    """
    if await find(conn, person_id, film_id) is None:
        return False
    values = {"person_id": person_id, "film_id": canonical_id(film_id), "muted_at": at}
    await conn.execute(upsert(conn, muted, values, key=("person_id", "film_id")))
    return True


async def unmute(conn: AsyncConnection, person_id: int, film_id: int) -> None:
    """Let a rating be evidence again; one that is already stays so."""
    mine = (muted.c.person_id == person_id) & (muted.c.film_id == canonical_id(film_id))
    await conn.execute(delete(muted).where(mine))


async def muted_of(conn: AsyncConnection, person_id: int) -> set[int]:
    """The films whose ratings by a person are no evidence."""
    return set(await conn.scalars(select(muted.c.film_id).where(muted.c.person_id == person_id)))


def _this(person_id: int, film_id: int) -> ColumnElement[bool]:
    return (ratings.c.person_id == person_id) & (ratings.c.film_id == canonical_id(film_id))


async def rated_films(conn: AsyncConnection) -> set[int]:
    """Every film that somebody has rated."""
    return set((await conn.execute(select(ratings.c.film_id).distinct())).scalars())
