"""Answers to the genre questionnaire."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.schema import genre_answers


async def answer(conn: AsyncConnection, person_id: int, genre: str, value: int, at: datetime) -> None:
    """Keep one answer: 1 likes the genre, -1 does not, 0 takes the answer back. Else ValueError."""
    if value not in (-1, 0, 1):
        raise ValueError(f"a genre answer is -1, 0 or 1, not {value}")
    if value == 0:
        mine = (genre_answers.c.person_id == person_id) & (genre_answers.c.genre == genre)
        await conn.execute(delete(genre_answers).where(mine))
        return
    values = {"person_id": person_id, "genre": genre, "value": value, "answered_at": at}
    await conn.execute(upsert(conn, genre_answers, values, key=("person_id", "genre")))


async def of(conn: AsyncConnection, person_id: int) -> dict[str, int]:
    """A person's answers, genre → -1 or 1."""
    query = select(genre_answers.c.genre, genre_answers.c.value).where(genre_answers.c.person_id == person_id)
    return {row.genre: row.value for row in await conn.execute(query.order_by(genre_answers.c.genre))}
