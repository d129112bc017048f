"""Two rows that are one film: the first becomes another name of the second, and what people said moves.

Nothing that was shown is rewritten: an old list, poll or button keeps its number, which stands for the other
film from then on. Whatever is written, is written under the `canonical_id`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ScalarSelect, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import WrongState
from storage.schema import marks, merges, muted, ratings, watchlist

# What people said of films, each with the time that says which of two rows is newer.
_STATEMENTS: tuple[tuple[Table, Column[Any]], ...] = (
    (ratings, ratings.c.rated_at),
    (marks, marks.c.marked_at),
    (watchlist, watchlist.c.added_at),
)


def canonical_id(film_id: int) -> ScalarSelect[int]:
    """The id that a film has today, for a statement that reads or writes it."""
    into = select(merges.c.into_id).where(merges.c.film_id == film_id).scalar_subquery()
    return select(func.coalesce(into, film_id)).scalar_subquery()


async def merged(conn: AsyncConnection) -> dict[int, int]:
    """Every merged film, and the one it is now."""
    return {row.film_id: row.into_id for row in await conn.execute(select(merges))}


async def merge(conn: AsyncConnection, film_id: int, into_id: int, at: datetime) -> int:
    """Make one film another name of a second; how many ratings moved. Who rated both keeps the newer stars.

    Raises WrongState if they are one film already.
    """
    known = await merged(conn)
    film_id, into_id = known.get(film_id, film_id), known.get(into_id, into_id)
    if film_id == into_id:
        raise WrongState(f"film {film_id} and film {into_id} are one already")
    quiet = await _muted(conn, film_id)
    for table, said_at in _STATEMENTS:
        await _drop_older(conn, table, said_at, film_id, into_id)
    moving = select(ratings.c.person_id).where(ratings.c.film_id == film_id)
    people = set(await conn.scalars(moving))
    await _move(conn, film_id, into_id)
    kept_quiet = [
        {"person_id": person_id, "film_id": into_id, "muted_at": muted_at}
        for person_id, muted_at in quiet.items()
        if person_id in people
    ]
    if kept_quiet:
        await conn.execute(insert(muted), kept_quiet)
    await conn.execute(update(merges).where(merges.c.into_id == film_id).values(into_id=into_id))
    await conn.execute(insert(merges).values(film_id=film_id, into_id=into_id, merged_at=at))
    return len(people)


async def _muted(conn: AsyncConnection, film_id: int) -> dict[int, datetime]:
    """Who said that their rating of a film is no evidence, and when; the row goes with its rating."""
    query = select(muted.c.person_id, muted.c.muted_at).where(muted.c.film_id == film_id)
    return {row.person_id: row.muted_at for row in await conn.execute(query)}


async def _drop_older(
    conn: AsyncConnection, table: Table, said_at: Column[Any], film_id: int, into_id: int
) -> None:
    """Where somebody said the same of both films, keep what they said last."""
    other = table.alias()
    same = [other.c[column.name] == column for column in table.primary_key if column.name != "film_id"]
    for mine, theirs, later in (
        (film_id, into_id, other.c[said_at.name] >= said_at),
        (into_id, film_id, other.c[said_at.name] > said_at),
    ):
        newer = select(1).where(*same, other.c.film_id == theirs, later).correlate(table).exists()
        await conn.execute(delete(table).where(table.c.film_id == mine, newer))


async def _move(conn: AsyncConnection, film_id: int, into_id: int) -> None:
    await conn.execute(delete(muted).where(muted.c.film_id == film_id))
    for table, _ in _STATEMENTS:
        await conn.execute(update(table).where(table.c.film_id == film_id).values(film_id=into_id))
