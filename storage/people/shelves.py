"""Shelves of films that people picked, kept as films: the shelves of the next model are others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.schema import shelf_picks


async def pick(conn: AsyncConnection, person_id: int, film_ids: Sequence[int], at: datetime) -> None:
    """Keep a shelf, known by its first film; it replaces one with the same first film. Else ValueError."""
    if not film_ids:
        raise ValueError("a shelf has a film or more")
    await drop(conn, person_id, film_ids[0])
    for position, film_id in enumerate(film_ids):
        values = {
            "person_id": person_id,
            "first_id": film_ids[0],
            "film_id": film_id,
            "position": position,
            "picked_at": at,
        }
        await conn.execute(upsert(conn, shelf_picks, values, key=("person_id", "first_id", "film_id")))


async def drop(conn: AsyncConnection, person_id: int, first_id: int) -> None:
    """Put the shelf with this first film back, if it was picked."""
    mine = (shelf_picks.c.person_id == person_id) & (shelf_picks.c.first_id == first_id)
    await conn.execute(delete(shelf_picks).where(mine))


async def of(conn: AsyncConnection, person_id: int) -> list[tuple[int, ...]]:
    """A person's shelves as film ids, in the order in which they were picked."""
    table = shelf_picks.c
    query = select(table.first_id, table.film_id).where(table.person_id == person_id)
    found: dict[int, list[int]] = {}
    for row in await conn.execute(query.order_by(table.picked_at, table.first_id, table.position)):
        found.setdefault(row.first_id, []).append(row.film_id)
    return [tuple(film_ids) for film_ids in found.values()]
