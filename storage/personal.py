"""All that is kept about one person: found by walking the schema, so that no table can be forgotten.

A table is personal if it is `people`, or if one of its foreign keys leads to a personal table. Some tables
are tied to people by a Telegram id alone: the updates of a private chat, what an admin did and was sent.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKeyConstraint, Table, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import schema
from storage.people.people import Person
from storage.running import updates
from storage.running.audit import NOBODY

# The columns that hold Telegram's id of somebody.
_NUMBERED: dict[Table, Column[Any]] = {
    schema.updates: schema.updates.c.chat_key,
    schema.notices: schema.notices.c.telegram_id,
    schema.audit: schema.audit.c.actor,
    schema.jobs: schema.jobs.c.asked_by,
}

_Row = dict[str, object]

_AT_ONCE = 1000  # parameters of one query; databases limit them


def tables() -> list[Table]:
    """The tables that hold rows of people, parents first."""
    return [table for table in schema.metadata.sorted_tables if _is_personal(table)] + list(_NUMBERED)


async def everything(conn: AsyncConnection, person: Person) -> dict[str, list[_Row]]:
    """Every row about a person, by table; a table without any is there too.

    Beside each id of a film stands the film: `film_id` 7 has `film` with title, year and ids.
    """
    found = {}
    for table in tables():
        query = select(table).where(_of(table, person)).order_by(*table.primary_key.columns)
        found[table.name] = [dict(row._mapping) for row in await conn.execute(query)]
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


async def forget(conn: AsyncConnection, person: Person, running: int, body: _Row | None) -> None:
    """Delete every row about a person, and cut what ties updates to them (see `updates.forget`), and an
    admin's acts and trainings."""
    await conn.execute(delete(schema.people).where(schema.people.c.id == person.id))  # the rest by cascade
    await conn.execute(delete(schema.notices).where(_of(schema.notices, person)))
    await conn.execute(update(schema.audit).where(_of(schema.audit, person)).values(actor=NOBODY))
    cut = {"asked_by": None, "chat_id": None, "message_id": None}
    await conn.execute(update(schema.jobs).where(_of(schema.jobs, person)).values(cut))
    await updates.forget(conn, person.telegram_id, running, body)


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
    if table in _NUMBERED:
        return _NUMBERED[table] == person.telegram_id
    if "person_id" in table.c:
        return table.c.person_id == person.id
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
