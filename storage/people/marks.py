"""What people said of a film without stars."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.films.merging import canonical_id
from storage.schema import marks

KINDS = ("seen", "refused", "unseen")  # "Seen it", "Not interested", "Haven't seen"


async def put(conn: AsyncConnection, person_id: int, film_id: int, kind: str, at: datetime) -> None:
    """Set a mark; a set one takes the new time. ValueError for a kind that is not in KINDS."""
    _check(kind)
    values = {"person_id": person_id, "film_id": canonical_id(film_id), "kind": kind, "marked_at": at}
    await conn.execute(upsert(conn, marks, values, key=("person_id", "film_id", "kind")))


async def take_back(conn: AsyncConnection, person_id: int, film_id: int, kind: str) -> None:
    """Remove a mark; one that is not set stays so. ValueError for a kind that is not in KINDS."""
    _check(kind)
    await conn.execute(delete(marks).where(_on(person_id, film_id), marks.c.kind == kind))


async def of(conn: AsyncConnection, person_id: int) -> dict[str, set[int]]:
    """All films that a person marked, by kind; every kind is there."""
    found: dict[str, set[int]] = {kind: set() for kind in KINDS}
    query = select(marks.c.kind, marks.c.film_id).where(marks.c.person_id == person_id)
    for kind, film_id in await conn.execute(query):
        found[kind].add(film_id)
    return found


async def on(conn: AsyncConnection, person_id: int, film_id: int) -> set[str]:
    """The kinds of mark that a person set on one film."""
    return set(await conn.scalars(select(marks.c.kind).where(_on(person_id, film_id))))


def _on(person_id: int, film_id: int) -> ColumnElement[bool]:
    return (marks.c.person_id == person_id) & (marks.c.film_id == canonical_id(film_id))


def _check(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"a mark is one of {', '.join(KINDS)}, not {kind!r}")
