"""How movie nights went for people: the fairness ledger, kept per person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.schema import night_opinions, nights

_LEAST, _MOST = 1, 5  # stars that a button gives


@dataclass(frozen=True, slots=True)
class Opinion:
    """How a night went for a person: the satisfaction that was `predicted` (0 to 1, 1 for the best film that
    there was for them alone); in stars, what was `expected` of the film and what they gave it. None where
    that is not known."""

    night_id: int
    person_id: int
    predicted: float | None
    expected: float | None
    given: float | None

    @property
    def satisfaction(self) -> float | None:
        """From 0 to 1: as predicted, moved by a quarter for each star that it was better or worse; None if
        unknown."""
        if self.predicted is None or self.given is None or self.expected is None:
            return self.predicted
        surprise = (self.given - self.expected) / (_MOST - _LEAST)
        return max(0.0, min(1.0, self.predicted + surprise))


async def keep(conn: AsyncConnection, opinion: Opinion) -> None:
    """Keep what was predicted for a person, or what they gave in the end; what is None stays as it was."""
    key = {"night_id": opinion.night_id, "person_id": opinion.person_id}
    found = {"predicted": opinion.predicted, "expected": opinion.expected, "given": opinion.given}
    known = {name: value for name, value in found.items() if value is not None}
    if known:
        await conn.execute(upsert(conn, night_opinions, {**key, **known}, key=tuple(key)))


async def of_night(conn: AsyncConnection, night_id: int) -> list[Opinion]:
    """How a night went for everybody."""
    query = select(night_opinions).where(night_opinions.c.night_id == night_id)
    return [Opinion(**row._asdict()) for row in await conn.execute(query)]


async def last_time(conn: AsyncConnection, chat_id: int, person_ids: Collection[int]) -> dict[int, Opinion]:
    """How the group's last night with one of these people went for them."""
    query = (
        select(night_opinions.c.night_id)
        .join(nights, nights.c.id == night_opinions.c.night_id)
        .where(
            nights.c.chat_id == chat_id,
            nights.c.state == "decided",
            night_opinions.c.person_id.in_(person_ids),
            night_opinions.c.predicted.is_not(None),
        )
        .order_by(nights.c.decided_at.desc(), nights.c.id.desc())
        .limit(1)
    )
    last: int | None = (await conn.execute(query)).scalar_one_or_none()
    if last is None:
        return {}
    found = await of_night(conn, last)
    return {each.person_id: each for each in found if each.person_id in person_ids}


async def of(conn: AsyncConnection, person_id: int) -> list[Opinion]:
    """How all nights went for one person, newest first."""
    query = (
        select(night_opinions)
        .join(nights, nights.c.id == night_opinions.c.night_id)
        .where(night_opinions.c.person_id == person_id, nights.c.state == "decided")
        .order_by(nights.c.decided_at.desc(), nights.c.id.desc())
    )
    return [Opinion(**row._asdict()) for row in await conn.execute(query)]
