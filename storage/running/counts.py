"""How much there is of everything, for whoever runs the bot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import additions, films, flags, merges, people, ratings, standings

_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Crowd:
    """People: all that the bot met, who rated ever, and in the last seven days; their ratings; whose ratings
    are kept out of training; and groups of accounts that nobody has decided about."""

    people: int
    raters: int
    lately: int
    ratings: int
    kept_out: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Stock:
    """Films: all rows, those that an admin added, and those that are another name of another."""

    films: int
    added: int
    merged: int


async def crowd(conn: AsyncConnection, at: datetime) -> Crowd:
    """People and their ratings, as of `at`."""
    raters = select(func.count(distinct(ratings.c.person_id)))
    return Crowd(
        people=await _count(conn, select(func.count()).select_from(people)),
        raters=await _count(conn, raters),
        lately=await _count(conn, raters.where(ratings.c.rated_at > at - _LATELY)),
        ratings=await _count(conn, select(func.count()).select_from(ratings)),
        kept_out=await _count(
            conn, select(func.count()).select_from(standings).where(standings.c.state == "kept_out")
        ),
        flagged=await _count(conn, select(func.count()).select_from(flags).where(flags.c.state == "open")),
    )


async def stock(conn: AsyncConnection) -> Stock:
    """Films, and what admins did with them."""
    return Stock(
        *[await _count(conn, select(func.count()).select_from(t)) for t in (films, additions, merges)]
    )


async def _count(conn: AsyncConnection, query: Select[int]) -> int:
    return (await conn.execute(query)).scalar_one()
