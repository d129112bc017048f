"""What was shown, when, where and why.

A list is one answer of the bot (five picks, ten similar films, candidates of a search); its films are
exposures, like the film of a single card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import exposures, lists


@dataclass(frozen=True, slots=True)
class Shown:
    """One film of a list: its place (from 1), predicted stars, score, and the rated film that explains it.

    Without a score it stands in a list of recommendations so that it can earn ratings.
    """

    film_id: int
    position: int
    stars: float | None = None
    score: float | None = None
    reason_film_id: int | None = None
    reason_stars: float | None = None


@dataclass(frozen=True, slots=True)
class FilmList:
    """A list as it was shown. `parent_id` is the page before; items are in order of position."""

    id: int
    person_id: int
    kind: Literal["recommend", "similar", "search"]
    seed_film_id: int | None
    query: str | None
    parent_id: int | None
    created_at: datetime
    items: tuple[Shown, ...]


async def create(
    conn: AsyncConnection,
    person_id: int,
    kind: Literal["recommend", "similar", "search"],
    items: Sequence[Shown],
    at: datetime,
    *,
    seed_film_id: int | None = None,
    query: str | None = None,
    parent_id: int | None = None,
) -> int:
    """Keep a list and the exposure of its films; the new id. A parent can have one child only."""
    row = {
        "person_id": person_id,
        "kind": kind,
        "seed_film_id": seed_film_id,
        "query": query,
        "parent_id": parent_id,
        "created_at": at,
    }
    list_id: int = (await conn.execute(insert(lists).values(row).returning(lists.c.id))).scalar_one()
    if items:
        where = {"person_id": person_id, "surface": kind, "shown_at": at, "list_id": list_id}
        await conn.execute(insert(exposures), [where | asdict(item) for item in items])
    return list_id


async def get(conn: AsyncConnection, list_id: int) -> FilmList | None:
    """The list with this id and all its films, if there is one."""
    row = (await conn.execute(select(lists).where(lists.c.id == list_id))).one_or_none()
    if row is None:
        return None
    columns = [exposures.c[name] for name in Shown.__dataclass_fields__]
    query = select(*columns).where(exposures.c.list_id == list_id).order_by(exposures.c.position)
    items = tuple(Shown(**item._asdict()) for item in await conn.execute(query))
    return FilmList(**row._asdict(), items=items)


async def owner(conn: AsyncConnection, list_id: int) -> int | None:
    """The person who got this list, if there is one."""
    found: int | None = await conn.scalar(select(lists.c.person_id).where(lists.c.id == list_id))
    return found


async def child(conn: AsyncConnection, list_id: int) -> int | None:
    """The id of the next page of a list, if there is one already."""
    query = select(lists.c.id).where(lists.c.parent_id == list_id)
    child_id: int | None = (await conn.execute(query)).scalar_one_or_none()
    return child_id


async def count(conn: AsyncConnection, person_id: int, kind: str) -> int:
    """How many lists of a kind a person got."""
    mine = (lists.c.person_id == person_id) & (lists.c.kind == kind)
    return (await conn.execute(select(func.count()).select_from(lists).where(mine))).scalar_one()


async def expose(conn: AsyncConnection, person_id: int, film_id: int, surface: str, at: datetime) -> None:
    """Note that a film was shown by itself, as a "question" or a "card"."""
    row = {"person_id": person_id, "film_id": film_id, "surface": surface, "shown_at": at}
    await conn.execute(insert(exposures).values(row))


async def recent(
    conn: AsyncConnection, person_id: int, since: datetime, surface: str
) -> dict[int, list[datetime]]:
    """When each film was shown to a person on one surface, from `since` on; newest first."""
    query = (
        select(exposures.c.film_id, exposures.c.shown_at)
        .where(
            exposures.c.person_id == person_id,
            exposures.c.surface == surface,
            exposures.c.shown_at >= since,
        )
        .order_by(exposures.c.shown_at.desc(), exposures.c.id.desc())
    )
    shown: dict[int, list[datetime]] = {}
    for film_id, shown_at in await conn.execute(query):
        shown.setdefault(film_id, []).append(shown_at)
    return shown
