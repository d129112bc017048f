"""All that is kept about one person: found by walking the schema, so that no table can be forgotten.

A table is personal if it is `people`, or if one of its foreign keys leads to a personal table. Some tables
are tied to people by a Telegram id alone: the updates of a private chat, what an admin did and was sent.
What each column may hold of a person is declared in `storage.holdings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Table,
    and_,
    delete,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import schema
from storage.database import facts
from storage.holdings import Holds, holds, is_shared
from storage.night import nights, tasks
from storage.people.people import Person
from storage.running import updates
from storage.running.audit import NOBODY

ADMIN_MENUS = "admin_menus"  # the fact with Telegram's ids of those who may have an admin's menu
FORGOTTEN = "forgotten"  # the fact that somebody was, whom the disk has not forgotten yet: see bot/profile

_Row = dict[str, object]

_AT_ONCE = 1000  # parameters of one query; databases limit them


def tables() -> list[Table]:
    """The tables that hold rows of people, parents first."""
    every = schema.metadata.sorted_tables
    others = [table for table in every if not _is_personal(table) and not is_shared(table)]
    return [table for table in every if _is_personal(table)] + others


async def everything(conn: AsyncConnection, person: Person) -> dict[str, list[_Row]]:
    """Every row about a person, by table; a table without any is there too.

    Beside each id of a film stands the film: `film_id` 7 has `film` with title, year and ids. Nobody else's
    Telegram id is among it.
    """
    found = {}
    for table in tables():
        query = select(table).where(_of(table, person)).order_by(*table.primary_key.columns)
        found[table.name] = [dict(row._mapping) for row in await conn.execute(query)]
    waiting = await updates.waiting_of(conn, person.telegram_id)
    known = {row["seq"] for row in found["updates"]}
    elsewhere = select(schema.updates).where(
        schema.updates.c.seq.in_([seq for seq in waiting if seq not in known])
    )
    found["updates"] += [dict(row._mapping) for row in await conn.execute(elsewhere)]
    for row in found["audit"]:
        row["actor"] = row["actor"] if row["actor"] == person.telegram_id else None
    for row in found["jobs"]:
        for name in ("asked_by", "chat_id"):
            row[name] = row[name] if row[name] == person.telegram_id else None
    if person.telegram_id in await _admin_menus(conn):
        found["settings"] = [{"key": ADMIN_MENUS, "value": [person.telegram_id]}]
    await _name_films(conn, found)
    return found


async def is_blank(conn: AsyncConnection, person: Person) -> bool:
    """Whether nothing is known of a person but that they wrote."""
    for table in tables():
        if table is schema.people or table is schema.updates:
            continue
        if (await conn.execute(select(table).where(_of(table, person)).limit(1))).first() is not None:
            return False
    return True


async def forget(conn: AsyncConnection, person: Person, running: int, body: _Row | None) -> bool:
    """Delete every row about a person, and cut what ties updates to them (see `updates.forget`), and an
    admin's acts and trainings. What groups were shown of them, boards and results, is to be shown anew.

    Whether they may have had an admin's menu. Updates come first: one of theirs that is at work in a group
    ends before, or has no effect.
    """
    await updates.forget(conn, person.telegram_id, running, body)
    for night_id in await nights.that_named(conn, person.id):
        await nights.touch(conn, night_id)
        await tasks.rewrite_results(conn, night_id, datetime.now(UTC))
    await _cut_audit(conn, person)  # while it is known whom it is about
    await conn.execute(delete(schema.people).where(schema.people.c.id == person.id))  # the rest by cascade
    await conn.execute(delete(schema.notices).where(_of(schema.notices, person)))
    asked = schema.jobs.c.asked_by == person.telegram_id
    await conn.execute(update(schema.jobs).where(asked).values(asked_by=None))
    told = schema.jobs.c.chat_id == person.telegram_id
    await conn.execute(update(schema.jobs).where(told).values(chat_id=None, message_id=None))
    menus = await _admin_menus(conn)
    if person.telegram_id in menus:
        await facts.put(conn, ADMIN_MENUS, [each for each in menus if each != person.telegram_id])
    await facts.put(conn, FORGOTTEN, running)
    return person.telegram_id in menus


async def _cut_audit(conn: AsyncConnection, person: Person) -> None:
    audit = schema.audit
    theirs = audit.c.actor == person.telegram_id
    await conn.execute(update(audit).where(theirs).values(actor=NOBODY))
    about = (await conn.execute(select(audit.c.id, audit.c.details).where(_names(person)))).all()
    for act_id, details in about:
        cut = update(audit).where(audit.c.id == act_id)
        await conn.execute(cut.values(details={**details, "person": NOBODY}))


async def _admin_menus(conn: AsyncConnection) -> Sequence[int]:
    known = await facts.get(conn, ADMIN_MENUS)
    return [int(each) for each in known] if isinstance(known, list) else []


def _names(person: Person) -> ColumnElement[bool]:
    """Whether an act is about a person."""
    about: ColumnElement[bool] = schema.audit.c.details["person"].as_integer() == person.id
    return about


def _is_personal(table: Table) -> bool:
    return table is schema.people or _parent(table) is not None


def _parent(table: Table) -> ForeignKeyConstraint | None:
    """The foreign key that leads to the person whose the rows are."""
    for key in sorted(table.foreign_key_constraints, key=lambda key: list(key.column_keys)):
        if key.referred_table is not table and _is_personal(key.referred_table):
            return key
    return None


def _of(table: Table, person: Person) -> ColumnElement[bool]:
    """The condition that picks a person's rows of a personal table."""
    if table is schema.people:
        return table.c.id == person.id
    if table is schema.facts:
        return false()
    if "person_id" in table.c:
        return table.c.person_id == person.id
    numbered = [column for column in table.columns if holds(column) is Holds.TELEGRAM_ID]
    if numbered:
        mine = [column == person.telegram_id for column in numbered if isinstance(column.type, BigInteger)]
        return or_(*mine, *([_names(person)] if table is schema.audit else []))
    key = _parent(table)
    if key is None:
        raise ValueError(f"{table.name} is not about people")
    links = [element.parent == element.column for element in key.elements]
    owned = select(1).where(and_(*links), _of(key.referred_table, person))
    return owned.correlate(table).exists()


async def _name_films(conn: AsyncConnection, found: dict[str, list[_Row]]) -> None:
    """Put beside each id of a film the film itself."""
    places = [
        (row, column.name)
        for table in tables()
        for column in table.columns
        if _means_film(column)
        for row in found[table.name]
    ]
    film_ids = sorted({film_id for row, name in places if isinstance(film_id := row[name], int)})
    films = schema.films.c
    query = select(films.id, films.title, films.year, films.imdb_id, films.tmdb_id)
    known: dict[object, _Row] = {}
    for start in range(0, len(film_ids), _AT_ONCE):
        some = query.where(films.id.in_(film_ids[start : start + _AT_ONCE]))
        known |= {row.id: dict(row._mapping) for row in await conn.execute(some)}
    for row, name in places:
        row[name.removesuffix("_id")] = known.get(row[name])


def _means_film(column: Column[Any]) -> bool:
    return any(key.column is schema.films.c.id or _means_film(key.column) for key in column.foreign_keys)
