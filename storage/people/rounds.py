"""Rounds of rating cards. A round is one message, edited from film to film.

Its answers say what was done in it, so that Undo and "3 of 5" survive a restart; the ratings and marks
themselves are kept by `ratings` and `marks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.errors import UnknownRow
from storage.schema import round_answers, round_questions, rounds


@dataclass(frozen=True, slots=True)
class Round:
    """One message of cards. `film_id` is the film it shows now; `ended_at` is None while it is open."""

    id: int
    person_id: int
    kind: Literal["onboarding", "rate"]
    film_id: int | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in a round. Positions rise from 1; answers taken back leave gaps."""

    film_id: int
    kind: Literal["rated", "unseen"]
    position: int


async def start(
    conn: AsyncConnection,
    person_id: int,
    kind: Literal["onboarding", "rate"],
    film_id: int | None,
    at: datetime,
) -> int:
    """Begin a round and end the person's open one; the new id."""
    still_open = (rounds.c.person_id == person_id) & rounds.c.ended_at.is_(None)
    await conn.execute(update(rounds).where(still_open).values(ended_at=at))
    begin = insert_into(conn, rounds).values(person_id=person_id, kind=kind, film_id=film_id, started_at=at)
    round_id: int = (await conn.execute(begin.returning(rounds.c.id))).scalar_one()
    return round_id


async def owner(conn: AsyncConnection, round_id: int) -> int | None:
    """The person whose round this is, if there is one."""
    found: int | None = await conn.scalar(select(rounds.c.person_id).where(rounds.c.id == round_id))
    return found


async def get(conn: AsyncConnection, round_id: int) -> Round | None:
    """The round with this id, if there is one."""
    row = (await conn.execute(select(rounds).where(rounds.c.id == round_id))).one_or_none()
    return None if row is None else Round(**row._asdict())


async def current(conn: AsyncConnection, person_id: int) -> Round | None:
    """The round that a person has open, if there is one."""
    still_open = (rounds.c.person_id == person_id) & rounds.c.ended_at.is_(None)
    row = (await conn.execute(select(rounds).where(still_open))).one_or_none()
    return None if row is None else Round(**row._asdict())


async def show(conn: AsyncConnection, round_id: int, film_id: int | None) -> None:
    """Note the film that the card shows now. Raises UnknownRow."""
    changed = await conn.execute(update(rounds).where(rounds.c.id == round_id).values(film_id=film_id))
    if changed.rowcount == 0:
        raise UnknownRow(f"no round {round_id}")


async def answer(
    conn: AsyncConnection, round_id: int, film_id: int, kind: Literal["rated", "unseen"]
) -> None:
    """Note an answer, at the end of the round; a film already answered keeps its place. Raises UnknownRow."""
    # The lock makes two answers at once on PostgreSQL take two positions; SQLite has one writer anyway.
    lock = select(rounds.c.id).where(rounds.c.id == round_id).with_for_update()
    if (await conn.execute(lock)).one_or_none() is None:
        raise UnknownRow(f"no round {round_id}")
    last = select(func.max(round_answers.c.position)).where(round_answers.c.round_id == round_id)
    position = ((await conn.execute(last)).scalar_one() or 0) + 1
    noted = insert_into(conn, round_answers).values(
        round_id=round_id, film_id=film_id, kind=kind, position=position
    )
    await conn.execute(
        noted.on_conflict_do_update(index_elements=["round_id", "film_id"], set_={"kind": kind})
    )


async def take_back(conn: AsyncConnection, round_id: int, film_id: int) -> bool:
    """Forget the answer to a film; whether there was one."""
    mine = (round_answers.c.round_id == round_id) & (round_answers.c.film_id == film_id)
    return (await conn.execute(delete(round_answers).where(mine))).rowcount == 1


async def answers(conn: AsyncConnection, round_id: int) -> list[Answer]:
    """The answers of a round, first to last."""
    query = (
        select(round_answers.c.film_id, round_answers.c.kind, round_answers.c.position)
        .where(round_answers.c.round_id == round_id)
        .order_by(round_answers.c.position)
    )
    return [Answer(**row._asdict()) for row in await conn.execute(query)]


async def ask(conn: AsyncConnection, round_id: int, film_ids: Sequence[int]) -> None:
    """Let a round ask about these films and no others, in this order."""
    if film_ids:
        rows = [
            {"round_id": round_id, "film_id": film_id, "position": position}
            for position, film_id in enumerate(film_ids, start=1)
        ]
        await conn.execute(insert(round_questions), rows)


async def questions(conn: AsyncConnection, round_id: int) -> list[int]:
    """The films that `ask` gave to a round, in order; none for a round that chooses as it goes."""
    query = select(round_questions.c.film_id).where(round_questions.c.round_id == round_id)
    return list(await conn.scalars(query.order_by(round_questions.c.position)))


async def end(conn: AsyncConnection, round_id: int, at: datetime) -> None:
    """End a round; one that has ended keeps its time. Raises UnknownRow."""
    ended_at = func.coalesce(rounds.c.ended_at, at)
    changed = await conn.execute(update(rounds).where(rounds.c.id == round_id).values(ended_at=ended_at))
    if changed.rowcount == 0:
        raise UnknownRow(f"no round {round_id}")
