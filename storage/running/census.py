"""A database in figures that say nothing of anybody, for a report that strangers read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import schema
from storage.running import counts, models
from storage.running.models import MadeBy

_NAME = re.compile(r"([A-Za-z_]\w*)\(")


@dataclass(frozen=True, slots=True)
class Census:
    """`bytes` is the size of the database. `origin` is how the live model came about, None without one.

    `failures` has the updates that failed, by the type of the error; `trainings` those that have ended, by
    how: "promoted", "refused", "stopped", or "failed in" a phase.
    """

    people: int
    ratings: int
    films: int
    added: int
    bytes: int
    models: int
    origin: MadeBy | None
    failures: dict[str, int]
    trainings: dict[str, int]


async def take(conn: AsyncConnection, at: datetime) -> Census:
    """Count everything, as of `at`. The database has the newest schema."""
    people, films = await counts.people(conn, at), await counts.films(conn)
    live = await models.live(conn)
    return Census(
        people=people.people,
        ratings=people.ratings,
        films=films.films,
        added=films.added,
        bytes=await _bytes(conn),
        models=len(await models.every(conn)),
        origin=live.origin if live else None,
        failures=await _failures(conn),
        trainings=await _trainings(conn),
    )


async def _bytes(conn: AsyncConnection) -> int:
    if conn.dialect.name == "sqlite":
        query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    else:
        query = "SELECT pg_database_size(current_database())"
    return int((await conn.execute(text(query))).scalar_one())


async def _failures(conn: AsyncConnection) -> dict[str, int]:
    """The messages stay here: they may quote what somebody wrote."""
    rows = schema.updates
    query = select(rows.c.error).where(rows.c.state == "failed")
    return dict(Counter(_kind(error) for error in (await conn.execute(query)).scalars()).most_common())


def _kind(error: str | None) -> str:
    """The type of an error of which `repr` was kept."""
    if error is None:
        return "forgotten"
    named = _NAME.match(error)
    return named[1] if named else "given up"


async def _trainings(conn: AsyncConnection) -> dict[str, int]:
    rows = schema.jobs
    query = (
        select(rows.c.state, rows.c.outcome, rows.c.phase, func.count())
        .where(rows.c.finished_at.is_not(None))
        .group_by(rows.c.state, rows.c.outcome, rows.c.phase)
    )
    found: Counter[str] = Counter()
    for state, outcome, phase, number in await conn.execute(query):
        found[f"failed in {phase}" if state == "failed" and phase else outcome or state] += number
    return dict(found.most_common())
