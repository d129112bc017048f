"""Whose ratings a model learns from: everybody's, but for those kept out of training.

A person without a row is let in, as anybody; a row that says so is a decision. What an admin decided of a
person ("admin") stands whatever is found later; what was decided of a flag ("brigade"), until they are found
at another film.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.schema import standings

Decision = Literal["kept_out", "let_in"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided of a person, and by what."""

    person_id: int
    state: Decision
    why: Literal["brigade", "admin"]
    since: datetime


async def kept_out(conn: AsyncConnection) -> set[int]:
    """The people whose ratings no model learns from. They are looked through for brigades all the same."""
    return set(await conn.scalars(select(standings.c.person_id).where(standings.c.state == "kept_out")))


async def decided(conn: AsyncConnection, state: Decision) -> set[int]:
    """The people of whom an admin decided this by hand."""
    mine = (standings.c.state == state) & (standings.c.why == "admin")
    return set(await conn.scalars(select(standings.c.person_id).where(mine)))


async def of(conn: AsyncConnection, person_id: int) -> Standing | None:
    """What was decided of a person, if anything."""
    row = (await conn.execute(select(standings).where(standings.c.person_id == person_id))).one_or_none()
    return None if row is None else Standing(**row._asdict())


async def every(conn: AsyncConnection, state: Decision) -> list[Standing]:
    """All people in this state, the newest decisions first."""
    query = select(standings).where(standings.c.state == state)
    ordered = query.order_by(standings.c.since.desc(), standings.c.person_id)
    return [Standing(**row._asdict()) for row in await conn.execute(ordered)]


async def put(
    conn: AsyncConnection,
    person_ids: Iterable[int],
    state: Decision,
    why: Literal["brigade", "admin"],
    at: datetime,
) -> None:
    """Decide so of these people, whatever was decided before."""
    for person_id in sorted(person_ids):
        values = {"person_id": person_id, "state": state, "why": why, "since": at}
        await conn.execute(upsert(conn, standings, values, key=("person_id",)))
