"""Movie nights: who is in, what they would not watch, what is on the slate, and how it ended.

    gathering ──► polling ──► decided        gathering or polling ──► cancelled

"None of these" leads from polling back to gathering. Every change counts `version` up; a message of the night
that shows an older one is to be edited.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import (
    chat_members,
    chats,
    night_members,
    night_opinions,
    nights,
    people,
    screens,
    slates,
    vetoes,
)
from storage.upsert import insert_into, upsert

__all__ = [
    "OPEN",
    "Member",
    "Night",
    "NightState",
    "Opinion",
    "Stale",
    "change",
    "create",
    "get",
    "hand_over",
    "history",
    "join",
    "keep_opinion",
    "leave",
    "ledger",
    "members",
    "of_ledger",
    "of_person",
    "open_in",
    "open_of",
    "opinions",
    "place",
    "screen",
    "set_slate",
    "show",
    "slate",
    "stale",
    "touch",
    "veto",
    "vetoes_of",
    "watched",
    "watched_before",
]

NightState = Literal["gathering", "polling", "decided", "cancelled"]
OPEN: tuple[NightState, ...] = ("gathering", "polling")


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
class Member:
    """Somebody who is in. `reachable`: they started the bot in private, and did not block it."""

    person_id: int
    telegram_id: int
    name: str
    host: bool
    joined_at: datetime
    reachable: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """How a night went for a person, in stars: what was predicted of the winner, what of the best film for
    them alone, and what they gave in the end; None where that is not known."""

    night_id: int
    person_id: int
    predicted: float | None
    ideal: float | None
    given: float | None

    @property
    def satisfaction(self) -> float | None:
        """The share of the best possible evening, 0 to 1, after Stratigi et al., 2020; None if unknown."""
        stars = self.predicted if self.given is None else self.given
        if stars is None or not self.ideal:
            return None
        return max(0.0, min(1.0, stars / self.ideal))


@dataclass(frozen=True, slots=True)
class Stale:
    """A message that shows an older version of its night, or was not sent yet (`message_id` is None)."""

    night_id: int
    chat_id: int
    kind: str
    message_id: int | None
    version: int


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
    here = (nights.c.chat_id == chat_id) & (nights.c.topic_id == topic_id)
    return await _one(conn, select(nights).where(here, nights.c.state.in_(OPEN)))


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


async def change(conn: AsyncConnection, night_id: int, **values: object) -> None:
    """Set columns of a night, and count its version up."""
    await conn.execute(
        update(nights).where(nights.c.id == night_id).values(version=nights.c.version + 1, **values)
    )


async def touch(conn: AsyncConnection, night_id: int) -> None:
    """Something that the board shows has changed."""
    await change(conn, night_id)


async def join(conn: AsyncConnection, night_id: int, person_id: int, at: datetime, *, host: bool) -> bool:
    """Let somebody in; False if they were in already."""
    row = {"night_id": night_id, "person_id": person_id, "joined_at": at, "host": host}
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
    here = night_members.c.night_id == night_id
    await conn.execute(update(night_members).where(here).values(host=night_members.c.person_id == person_id))


async def members(conn: AsyncConnection, night_id: int) -> list[Member]:
    """Who is in, in the order in which they joined. Where the host was forgotten, the first of them is it."""
    query = (
        select(
            night_members.c.person_id,
            people.c.telegram_id,
            chat_members.c.name,
            night_members.c.host,
            night_members.c.joined_at,
            people.c.active.label("reachable"),
        )
        .join(nights, nights.c.id == night_members.c.night_id)
        .join(people, people.c.id == night_members.c.person_id)
        .join(
            chat_members,
            (chat_members.c.person_id == night_members.c.person_id)
            & (chat_members.c.chat_id == nights.c.chat_id),
        )
        .where(night_members.c.night_id == night_id)
        .order_by(night_members.c.joined_at, night_members.c.person_id)
    )
    found = [Member(**row._asdict()) for row in await conn.execute(query)]
    if found and not any(member.host for member in found):
        first = found[0]
        found[0] = Member(
            first.person_id, first.telegram_id, first.name, True, first.joined_at, first.reachable
        )
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


async def screen(conn: AsyncConnection, night_id: int, kind: str) -> int | None:
    """The message of this kind that a night has in the group, if it was sent."""
    mine = (screens.c.night_id == night_id) & (screens.c.kind == kind)
    found: int | None = (await conn.execute(select(screens.c.message_id).where(mine))).scalar_one_or_none()
    return found


async def place(conn: AsyncConnection, night_id: int, kind: str, *, anew: bool = False) -> bool:
    """Let a night have a message of this kind; False if it has one. `anew`: send another one in any case."""
    row = {"night_id": night_id, "kind": kind, "message_id": None, "shown": 0}
    if anew:
        await conn.execute(upsert(conn, screens, row, key=("night_id", "kind")))
        return True
    insert = insert_into(conn, screens).values(row).on_conflict_do_nothing()
    return (await conn.execute(insert)).rowcount == 1


async def show(conn: AsyncConnection, night_id: int, kind: str, message_id: int | None, version: int) -> None:
    """Note that this message shows this version of its night."""
    mine = (screens.c.night_id == night_id) & (screens.c.kind == kind)
    await conn.execute(update(screens).where(mine).values(message_id=message_id, shown=version))


async def stale(conn: AsyncConnection) -> list[Stale]:
    """The messages that show an older version of their night, those of active groups, oldest night first."""
    query = (
        select(nights.c.id, nights.c.chat_id, screens.c.kind, screens.c.message_id, nights.c.version)
        .join(screens, screens.c.night_id == nights.c.id)
        .join(chats, chats.c.id == nights.c.chat_id)
        .where(
            screens.c.shown < nights.c.version,
            chats.c.active,
            # a message that was never sent is of no use once the night is over
            or_(screens.c.message_id.is_not(None), nights.c.state.in_(OPEN)),
        )
        .order_by(nights.c.id, screens.c.kind)
    )
    return [Stale(*row) for row in await conn.execute(query)]


async def keep_opinion(conn: AsyncConnection, opinion: Opinion) -> None:
    """Keep what was predicted for a person, or what they gave in the end; what is None stays as it was."""
    key = {"night_id": opinion.night_id, "person_id": opinion.person_id}
    stars = {"predicted": opinion.predicted, "ideal": opinion.ideal, "given": opinion.given}
    known = {name: value for name, value in stars.items() if value is not None}
    if known:
        await conn.execute(upsert(conn, night_opinions, {**key, **known}, key=tuple(key)))


async def opinions(conn: AsyncConnection, night_id: int) -> list[Opinion]:
    """How a night went for everybody."""
    query = select(night_opinions).where(night_opinions.c.night_id == night_id)
    return [Opinion(**row._asdict()) for row in await conn.execute(query)]


async def ledger(conn: AsyncConnection, chat_id: int, person_ids: Collection[int]) -> dict[int, Opinion]:
    """How the group's last night with one of these people went for them."""
    query = (
        select(night_opinions.c.night_id)
        .join(nights, nights.c.id == night_opinions.c.night_id)
        .where(
            nights.c.chat_id == chat_id,
            nights.c.state == "decided",
            night_opinions.c.person_id.in_(person_ids),
            night_opinions.c.ideal.is_not(None),
        )
        .order_by(nights.c.decided_at.desc(), nights.c.id.desc())
        .limit(1)
    )
    last: int | None = (await conn.execute(query)).scalar_one_or_none()
    if last is None:
        return {}
    found = await opinions(conn, last)
    return {each.person_id: each for each in found if each.person_id in person_ids}


async def of_ledger(conn: AsyncConnection, person_id: int) -> list[Opinion]:
    """How all nights went for one person, newest first."""
    query = (
        select(night_opinions)
        .join(nights, nights.c.id == night_opinions.c.night_id)
        .where(night_opinions.c.person_id == person_id, nights.c.state == "decided")
        .order_by(nights.c.decided_at.desc(), nights.c.id.desc())
    )
    return [Opinion(**row._asdict()) for row in await conn.execute(query)]


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
