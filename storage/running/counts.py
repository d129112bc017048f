"""How much there is of everything, for the admins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import schema

_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """People: all that the bot met, who rated ever, and in the last seven days; their ratings; whose ratings
    are kept out of training; and groups of accounts that nobody has decided about."""

    people: int
    raters: int
    lately: int
    ratings: int
    kept_out: int
    flagged: int


@dataclass(frozen=True, slots=True)
class FilmCounts:
    """Films: all rows, those that an admin added, and those that are another name of another."""

    films: int
    added: int
    merged: int


async def people(conn: AsyncConnection, at: datetime) -> PeopleCounts:
    """People and their ratings, as of `at`."""
    raters = select(func.count(distinct(schema.ratings.c.person_id)))
    lately = raters.where(schema.ratings.c.rated_at > at - _LATELY)
    return PeopleCounts(
        people=await _count(conn, schema.people),
        raters=(await conn.execute(raters)).scalar_one(),
        lately=(await conn.execute(lately)).scalar_one(),
        ratings=await _count(conn, schema.ratings),
        kept_out=await _count(conn, schema.standings, schema.standings.c.state == "kept_out"),
        flagged=await _count(conn, schema.flags, schema.flags.c.state == "open"),
    )


async def films(conn: AsyncConnection) -> FilmCounts:
    """Films, and what admins did with them."""
    return FilmCounts(
        films=await _count(conn, schema.films),
        added=await _count(conn, schema.additions),
        merged=await _count(conn, schema.merges),
    )


async def _count(conn: AsyncConnection, table: Table, *which: ColumnElement[bool]) -> int:
    return (await conn.execute(select(func.count()).select_from(table).where(*which))).scalar_one()
