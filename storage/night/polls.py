"""Polls of a night, and who voted for what. Routed by Telegram's poll id, since an answer names no chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.night.chats import Strategy
from storage.night.nights import LONGEST_NAME
from storage.schema import poll_options, polls, tasks, votes


@dataclass(frozen=True, slots=True)
class Option:
    """One answer. Positions rise from 0, as Telegram counts; without a film and a rank it is "None of
    these"."""

    position: int
    film_id: int | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Poll:
    """The `number`-th poll of a night. `tally` holds (votes, 1 if void) of each option once it is closed;
    `unsure`: it was sent again, since nobody could tell whether it had arrived."""

    id: int
    night_id: int
    number: int
    state: Literal["due", "open", "closed"]
    several: bool
    outsiders: bool
    strategy: Strategy
    closes_at: datetime
    telegram_poll_id: str | None
    message_id: int | None
    unsure: bool
    tally: tuple[tuple[int, int], ...] | None


async def create(
    conn: AsyncConnection,
    night_id: int,
    number: int,
    ranks: Sequence[tuple[int | None, int | None]],
    *,
    several: bool,
    outsiders: bool,
    strategy: Strategy,
    closes_at: datetime,
) -> int:
    """Keep a poll that is yet to be sent; its id. `ranks` are (film, rank) in the order of its options."""
    row = {
        "night_id": night_id,
        "number": number,
        "state": "due",
        "several": several,
        "outsiders": outsiders,
        "strategy": strategy,
        "closes_at": closes_at,
        "unsure": False,
    }
    poll_id: int = (await conn.execute(insert(polls).values(row).returning(polls.c.id))).scalar_one()
    rows = [
        {"poll_id": poll_id, "position": position, "film_id": film_id, "rank": rank}
        for position, (film_id, rank) in enumerate(ranks)
    ]
    await conn.execute(insert(poll_options), rows)
    return poll_id


async def latest(conn: AsyncConnection, night_id: int) -> Poll | None:
    """The last poll of a night, if it has had one."""
    query = select(polls).where(polls.c.night_id == night_id).order_by(polls.c.number.desc()).limit(1)
    return await _one(conn, query)


async def numbered(conn: AsyncConnection, night_id: int, number: int) -> Poll | None:
    """The `number`-th poll of a night, if it has had so many."""
    return await _one(conn, select(polls).where(polls.c.night_id == night_id, polls.c.number == number))


async def find(conn: AsyncConnection, telegram_poll_id: str) -> Poll | None:
    """The poll that Telegram calls so."""
    return await _one(conn, select(polls).where(polls.c.telegram_poll_id == telegram_poll_id))


async def on_its_way(conn: AsyncConnection) -> bool:
    """Whether any poll was handed to Telegram, and its id is not known yet."""
    query = select(tasks.c.id).where(tasks.c.kind == "poll", tasks.c.state == "trying").limit(1)
    return (await conn.execute(query)).first() is not None


async def options(conn: AsyncConnection, poll_id: int) -> list[Option]:
    """The options of a poll, in its order."""
    columns = (poll_options.c.position, poll_options.c.film_id, poll_options.c.rank)
    query = select(*columns).where(poll_options.c.poll_id == poll_id).order_by(poll_options.c.position)
    return [Option(*row) for row in await conn.execute(query)]


async def posted(conn: AsyncConnection, poll_id: int, telegram_poll_id: str, message_id: int) -> None:
    """It is in the group, under this id. One that was closed meanwhile stays so."""
    mine = polls.c.id == poll_id
    await conn.execute(
        update(polls).where(mine).values(telegram_poll_id=telegram_poll_id, message_id=message_id)
    )
    await conn.execute(update(polls).where(mine, polls.c.state == "due").values(state="open"))


async def unsure(conn: AsyncConnection, poll_id: int) -> None:
    """It is sent once more, although it may be there."""
    await conn.execute(update(polls).where(polls.c.id == poll_id).values(unsure=True))


async def reschedule(conn: AsyncConnection, poll_id: int, closes_at: datetime) -> None:
    """Let it close at another time."""
    await conn.execute(update(polls).where(polls.c.id == poll_id).values(closes_at=closes_at))


async def close(conn: AsyncConnection, poll_id: int, tally: Sequence[tuple[int, int]]) -> None:
    """Count no more votes, and keep how many there were."""
    values = {"state": "closed", "tally": [list(each) for each in tally]}
    await conn.execute(update(polls).where(polls.c.id == poll_id).values(**values))


async def vote(
    conn: AsyncConnection, poll_id: int, person_id: int, name: str, positions: Sequence[int], at: datetime
) -> None:
    """Somebody's vote, under this name, in place of their former one; none is a vote taken back."""
    mine = (votes.c.poll_id == poll_id) & (votes.c.person_id == person_id)
    await conn.execute(delete(votes).where(mine))
    row = {"poll_id": poll_id, "person_id": person_id, "voted_at": at, "name": name[:LONGEST_NAME]}
    rows = [row | {"position": position} for position in sorted(set(positions))]
    if rows:
        await conn.execute(insert(votes), rows)


async def voters(conn: AsyncConnection, poll_id: int) -> dict[int, str]:
    """What everybody who voted is called."""
    name = func.coalesce(votes.c.name, "?").label("called")
    query = select(votes.c.person_id, name).where(votes.c.poll_id == poll_id)
    return {row.person_id: row.called for row in await conn.execute(query)}


async def votes_of(conn: AsyncConnection, poll_id: int) -> dict[int, list[int]]:
    """Everybody who voted, with the options they chose."""
    query = select(votes.c.person_id, votes.c.position).where(votes.c.poll_id == poll_id)
    found: dict[int, list[int]] = {}
    for person_id, position in await conn.execute(query.order_by(votes.c.voted_at, votes.c.person_id)):
        found.setdefault(person_id, []).append(position)
    return found


async def shown_before(conn: AsyncConnection, night_id: int) -> set[int]:
    """The films that the polls of a night have offered."""
    query = (
        select(poll_options.c.film_id)
        .join(polls, polls.c.id == poll_options.c.poll_id)
        .where(polls.c.night_id == night_id, poll_options.c.film_id.is_not(None))
    )
    return {film_id for film_id in await conn.scalars(query) if film_id is not None}


async def _one(conn: AsyncConnection, query: Select[tuple[object, ...]]) -> Poll | None:
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    found = row._asdict()
    tally = found["tally"]
    return Poll(**{**found, "tally": None if tally is None else tuple((a, b) for a, b in tally)})
