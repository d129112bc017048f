"""The films that people want to watch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.films.merging import canonical_id
from storage.schema import watchlist


async def add(conn: AsyncConnection, person_id: int, film_id: int, at: datetime) -> None:
    """Put a film on the list; one that is there keeps its place."""
    values = {"person_id": person_id, "film_id": canonical_id(film_id), "added_at": at}
    insert = insert_into(conn, watchlist).values(values)
    await conn.execute(insert.on_conflict_do_nothing(index_elements=["person_id", "film_id"]))


async def remove(conn: AsyncConnection, person_id: int, film_id: int) -> bool:
    """Take a film off the list; whether it was there."""
    mine = (watchlist.c.person_id == person_id) & (watchlist.c.film_id == canonical_id(film_id))
    return (await conn.execute(delete(watchlist).where(mine))).rowcount == 1


async def of(conn: AsyncConnection, person_id: int) -> set[int]:
    """All films on a person's list."""
    return set(await conn.scalars(select(watchlist.c.film_id).where(watchlist.c.person_id == person_id)))


async def page(conn: AsyncConnection, person_id: int, *, offset: int, limit: int) -> list[int]:
    """Film ids of a page of a person's list, newest first; of the same moment, by film id."""
    query = (
        select(watchlist.c.film_id)
        .where(watchlist.c.person_id == person_id)
        .order_by(watchlist.c.added_at.desc(), watchlist.c.film_id)
        .offset(offset)
        .limit(limit)
    )
    return list(await conn.scalars(query))


async def count(conn: AsyncConnection, person_id: int) -> int:
    """How many films are on a person's list."""
    query = select(func.count()).select_from(watchlist).where(watchlist.c.person_id == person_id)
    return (await conn.execute(query)).scalar_one()
