"""Movie nights: who is in, what they would not watch, what is on the slate, and how it ended.

    gathering ──► polling ──► decided        gathering or polling ──► cancelled

"None of these" leads from polling back to gathering. Every change counts `version` up; a message of the night
that shows an older one is to be edited.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into, upsert
from storage.schema import (
    chat_members,
    night_members,
    night_opinions,
    nights,
    people,
    polls,
    slates,
    vetoes,
    votes,
)

NightState = Literal["gathering", "polling", "decided", "cancelled"]
OPEN: tuple[NightState, ...] = ("gathering", "polling")
LONGEST_NAME = 64  # characters; Telegram allows twice as many


@dataclass(frozen=True, slots=True)
class Night:
    """One night. `topic_id` is 0 where there are no topics; `starts_at` is None for now; `film_id` wins."""

    id: int
    chat_id: int
    topic_id: int
    state: NightState
    starts_at: datetime | None
    genres: tuple[str, ...]
    decades: tuple[int, ...]
    version: int
    opened_at: datetime
    film_id: int | None
    decided_by: Literal["votes", "host"] | None
    decided_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether anybody can still join or vote."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class NightMember:
    """Somebody who is in. `reachable`: they started the bot in private, and did not block it."""

    person_id: int
    telegram_id: int
    name: str
    host: bool
    joined_at: datetime
    reachable: bool


async def create(
    conn: AsyncConnection,
    chat_id: int,
    topic_id: int,
    starts_at: datetime | None,
    genres: Sequence[str],
    decades: Sequence[int],
    at: datetime,
) -> int:
    """Open a night; its id. There must be none open in the topic."""
    row = {
        "chat_id": chat_id,
        "topic_id": topic_id,
        "state": "gathering",
        "starts_at": starts_at,
        "genres": list(genres),
        "decades": list(decades),
        "version": 1,
        "opened_at": at,
    }
    night_id: int = (await conn.execute(insert(nights).values(row).returning(nights.c.id))).scalar_one()
    return night_id


async def get(conn: AsyncConnection, night_id: int, *, lock: bool = False) -> Night | None:
    """The night with this id, if there is one. `lock`: nobody else changes it until the transaction ends."""
    query = select(nights).where(nights.c.id == night_id)
    return await _one(conn, query.with_for_update() if lock else query)


async def open_in(conn: AsyncConnection, chat_id: int, topic_id: int) -> Night | None:
    """The open night of a topic, if there is one."""
    in_topic = (nights.c.chat_id == chat_id) & (nights.c.topic_id == topic_id)
    return await _one(conn, select(nights).where(in_topic, nights.c.state.in_(OPEN)))


async def open_of(conn: AsyncConnection, chat_id: int) -> list[Night]:
    """The open nights of a group, in all its topics."""
    query = select(nights).where(nights.c.chat_id == chat_id, nights.c.state.in_(OPEN))
    return [_night(row._asdict()) for row in await conn.execute(query.order_by(nights.c.id))]


async def of_person(
    conn: AsyncConnection, person_id: int, states: Collection[NightState] = OPEN[:1]
) -> list[int]:
    """The nights in one of these states that a person is in."""
    query = (
        select(nights.c.id)
        .join(night_members, night_members.c.night_id == nights.c.id)
        .where(night_members.c.person_id == person_id, nights.c.state.in_(states))
    )
    return list(await conn.scalars(query))


async def that_named(conn: AsyncConnection, person_id: int) -> list[int]:
    """The nights of which a message may name a person: those that they are in or voted in, and those of their
    groups with a result from before its last poll, since whoever has left a night is in no row of it."""
    takers = [select(t.c.night_id).where(t.c.person_id == person_id) for t in (night_members, night_opinions)]
    voted = (
        select(polls.c.night_id)
        .join(votes, votes.c.poll_id == polls.c.id)
        .where(votes.c.person_id == person_id)
    )
    theirs = select(chat_members.c.chat_id).where(chat_members.c.person_id == person_id)
    held = select(func.count()).where(polls.c.night_id == nights.c.id).scalar_subquery()
    ended_before = nights.c.chat_id.in_(theirs) & (held > case((nights.c.film_id.is_(None), 0), else_=1))
    named = or_(*(nights.c.id.in_(each) for each in (*takers, voted)), ended_before)
    return list(await conn.scalars(select(nights.c.id).where(named).order_by(nights.c.id)))


async def change(conn: AsyncConnection, night_id: int, **values: object) -> None:
    """Set columns of a night, and count its version up."""
    await conn.execute(
        update(nights).where(nights.c.id == night_id).values(version=nights.c.version + 1, **values)
    )


async def touch(conn: AsyncConnection, night_id: int) -> None:
    """Something that the board shows has changed."""
    await change(conn, night_id)


async def join(
    conn: AsyncConnection, night_id: int, person_id: int, name: str, at: datetime, *, host: bool
) -> bool:
    """Let somebody in, under this name; False if they were in already."""
    name = name[:LONGEST_NAME]
    row = {"night_id": night_id, "person_id": person_id, "joined_at": at, "host": host, "name": name}
    insert = insert_into(conn, night_members).values(row).on_conflict_do_nothing()
    return (await conn.execute(insert)).rowcount == 1


async def leave(conn: AsyncConnection, night_id: int, person_id: int) -> bool:
    """Let somebody go, with their veto; False if they were not in."""
    for table in (night_members, vetoes):
        mine = (table.c.night_id == night_id) & (table.c.person_id == person_id)
        gone = await conn.execute(delete(table).where(mine))
        if table is night_members and gone.rowcount == 0:
            return False
    return True


async def hand_over(conn: AsyncConnection, night_id: int, person_id: int) -> None:
    """Make somebody the host."""
    of_night = night_members.c.night_id == night_id
    is_host = night_members.c.person_id == person_id
    await conn.execute(update(night_members).where(of_night).values(host=is_host))


async def members(conn: AsyncConnection, night_id: int) -> list[NightMember]:
    """Who is in, in the order in which they joined. Where the host was forgotten, the first of them is it."""
    query = (
        select(
            night_members.c.person_id,
            people.c.telegram_id,
            func.coalesce(night_members.c.name, "?").label("name"),
            night_members.c.host,
            night_members.c.joined_at,
            people.c.active.label("reachable"),
        )
        .join(people, people.c.id == night_members.c.person_id)
        .where(night_members.c.night_id == night_id)
        .order_by(night_members.c.joined_at, night_members.c.person_id)
    )
    found = [NightMember(**row._asdict()) for row in await conn.execute(query)]
    if found and not any(member.host for member in found):
        found[0] = replace(found[0], host=True)
    return found


async def veto(
    conn: AsyncConnection, night_id: int, person_id: int, film_id: int, at: datetime
) -> int | None:
    """Somebody's one veto, in place of an earlier one; the film that the earlier one was on, if any."""
    mine = (vetoes.c.night_id == night_id) & (vetoes.c.person_id == person_id)
    before: int | None = (await conn.execute(select(vetoes.c.film_id).where(mine))).scalar_one_or_none()
    values = {"night_id": night_id, "person_id": person_id, "film_id": film_id, "vetoed_at": at}
    await conn.execute(upsert(conn, vetoes, values, key=("night_id", "person_id")))
    return before


async def vetoes_of(conn: AsyncConnection, night_id: int) -> set[int]:
    """The films that are vetoed; never who did."""
    return set(await conn.scalars(select(vetoes.c.film_id).where(vetoes.c.night_id == night_id)))


async def set_slate(conn: AsyncConnection, night_id: int, film_ids: Sequence[int]) -> None:
    """Keep what a poll would offer now, best first, in place of what it would have."""
    await conn.execute(delete(slates).where(slates.c.night_id == night_id))
    rows = [
        {"night_id": night_id, "rank": rank, "film_id": film_id}
        for rank, film_id in enumerate(film_ids, start=1)
    ]
    if rows:
        await conn.execute(insert(slates), rows)


async def slate(conn: AsyncConnection, night_id: int) -> list[int]:
    """What a poll would offer now, best first."""
    query = select(slates.c.film_id).where(slates.c.night_id == night_id).order_by(slates.c.rank)
    return list(await conn.scalars(query))


async def history(conn: AsyncConnection, chat_id: int, limit: int) -> list[Night]:
    """The decided nights of a group, newest first."""
    query = (
        select(nights)
        .where(nights.c.chat_id == chat_id, nights.c.state == "decided")
        .order_by(nights.c.decided_at.desc(), nights.c.id.desc())
        .limit(limit)
    )
    return [_night(row._asdict()) for row in await conn.execute(query)]


async def watched(conn: AsyncConnection, chat_id: int) -> set[int]:
    """The films that a group has decided on."""
    query = select(nights.c.film_id).where(nights.c.chat_id == chat_id, nights.c.state == "decided")
    return {film_id for film_id in await conn.scalars(query) if film_id is not None}


async def watched_before(conn: AsyncConnection, night: Night) -> int | None:
    """The film of the group's night before this one, if there was one."""
    earlier = [each for each in await history(conn, night.chat_id, 2) if each.id != night.id]
    return earlier[0].film_id if earlier else None


async def _one(conn: AsyncConnection, query: Select[tuple[object, ...]]) -> Night | None:
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _night(row._asdict())


def _night(row: dict[str, object]) -> Night:
    genres, decades = row["genres"], row["decades"]
    return Night(**{**row, "genres": tuple(genres), "decades": tuple(decades)})  # type: ignore[arg-type]  # rows are
