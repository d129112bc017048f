"""The whole schema is walked: a table with rows of people is exported and emptied, or shared on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, Table, insert, select

from storage import personal, schema
from storage.database import AsyncConnection, Database
from storage.people import people
from storage.people.people import Person
from storage.running import updates
from storage.running.updates import NewUpdate

Minute = Callable[[int], datetime]
BOT = 7_100_000_001

# Columns that take no other word or number than these, by table and column.
FITTING: dict[tuple[str, str], object] = {
    ("genre_answers", "value"): -1,
    ("marks", "kind"): "seen",
    ("rounds", "kind"): "rate",
    ("round_answers", "kind"): "rated",
    ("lists", "kind"): "search",
    ("updates", "state"): "done",
    ("list_filters", "fame"): "known",
    ("standing_filters", "fame"): "known",
    ("filter_panels", "fame"): "known",
    ("chats", "strategy"): "fair",
    ("chats", "openers"): "everybody",
    ("nights", "state"): "polling",
    ("nights", "decided_by"): "votes",
    ("polls", "state"): "open",
    ("polls", "strategy"): "fair",
    ("errands", "state"): "waiting",
    ("notices", "state"): "waiting",
    ("jobs", "slot"): None,
    ("jobs", "kind"): "fine",
    ("jobs", "reason"): "command",
    ("jobs", "state"): "done",
    ("jobs", "outcome"): "promoted",
    ("standings", "state"): "let_in",
    ("standings", "why"): "admin",
    ("flags", "state"): "open",
}
# What belongs to nobody. A table is personal, or it is named here.
SHARED = frozenset(
    {"films", "settings", "chats", "nights", "slates", "screens", "polls", "poll_options"}
    | {"models", "flags", "weeks", "additions", "merges"}
)
VALUES: dict[type[Any], object] = {
    schema.UtcDateTime: None,
    Boolean: True,
    Float: 4.5,
    BigInteger: 77,
    Integer: 7,
    JSON: {"text": "a secret"},
    String: "Comedy",
}


Known = dict[Column[Any], Any]  # what rows may point at, by column


async def _row(conn: AsyncConnection, table: Table, known: Known, at: datetime) -> None:
    """One row in a table, whatever its columns are; it belongs to whom `known` says."""
    counted = [column for column in table.primary_key if column.autoincrement is True]
    given = {c: _value(c, table, known, at) for c in table.columns if c not in counted}
    values = {column.name: value for column, value in given.items()}
    row = (await conn.execute(insert(table).values(values).returning(*table.primary_key))).one()
    known.update(given)
    known.update(zip(table.primary_key, row, strict=True))


def _value(column: Column[Any], table: Table, known: Known, at: datetime) -> object:
    if (table.name, column.name) in FITTING:
        return FITTING[table.name, column.name]
    if column.name in ("chat_key", "actor", "asked_by") or column is schema.notices.c.telegram_id:
        return known[schema.people.c.telegram_id]
    if column.name in ("update_id", "key"):
        return known[schema.people.c.id] if column.name == "update_id" else str(known[schema.people.c.id])
    for key in column.foreign_keys:
        return known.get(key.column)
    for kind, value in VALUES.items():
        if isinstance(column.type, kind):
            return at if kind is schema.UtcDateTime else value
    raise AssertionError(f"{table.name}.{column.name}: say in VALUES or FITTING what fits there")


def _known(person: Person, film_id: int) -> Known:
    people_, films_ = schema.people.c, schema.films.c
    return {people_.id: person.id, people_.telegram_id: person.telegram_id, films_.id: film_id}


@pytest.fixture
async def two(database: Database, film_ids: list[int], minute: Minute) -> tuple[Person, Person]:
    """Two people with a row in every table there is, about different films."""
    async with database.write() as conn:
        ann = await people.meet(conn, 7_000_000_001, "en", minute(0))
        bob = await people.meet(conn, 7_000_000_002, "de", minute(0))
        group: Known = {schema.films.c.id: film_ids[2]}  # a night that both are in
        for table in (schema.chats, schema.nights, schema.polls, schema.flags):
            await _row(conn, table, group, minute(0))
        for person, film_id in ((ann, film_ids[0]), (bob, film_ids[1])):
            known = group | _known(person, film_id)
            for table in personal.tables():
                if table is not schema.people:
                    await _row(conn, table, known, minute(1))
    return ann, bob


def test_every_table_is_personal_or_shared_on_purpose() -> None:
    """Whoever adds a table says whose its rows are: by a foreign key that leads to people, or in SHARED."""
    named = [table.name for table in personal.tables()]
    assert len(named) == len(set(named))
    assert set(named) | SHARED == set(schema.metadata.tables)
    assert not set(named) & SHARED


def test_every_personal_row_goes_with_its_person() -> None:
    for table in personal.tables():
        if table is schema.people or not table.foreign_keys:  # known by a Telegram id
            continue
        owners = [key for key in table.foreign_key_constraints if key.referred_table in personal.tables()]
        assert any(key.ondelete == "CASCADE" for key in owners), table.name


async def test_everything_is_told_and_nobody_elses(
    database: Database, two: tuple[Person, Person], film_ids: list[int]
) -> None:
    for person, film_id, title in zip(two, film_ids, ("Film 900", "Film 50"), strict=False):
        async with database.read() as conn:
            found = await personal.everything(conn, person)
        assert set(found) == set(schema.metadata.tables) - SHARED
        assert {name: len(rows) for name, rows in found.items()} == dict.fromkeys(found, 1)
        for name, (row,) in found.items():
            columns = {column.name for column in schema.metadata.tables[name].columns}
            assert columns <= set(row), f"{name} is not whole"
        assert found["people"][0]["telegram_id"] == person.telegram_id
        assert found["updates"][0]["body"] == {"text": "a secret"}
        film = {"id": film_id, "title": title, "year": 1995, "imdb_id": None, "tmdb_id": None}
        for name, column in (("ratings", "film"), ("muted", "film"), ("exposures", "reason_film")):
            assert found[name][0][column] == film


async def test_nothing_is_left_of_who_is_forgotten(database: Database, two: tuple[Person, Person]) -> None:
    """No row of theirs, and no cell of any table that still has their Telegram id or what they wrote."""
    ann, bob = two
    async with database.read() as conn:
        before = await personal.everything(conn, bob)
        assert not await personal.is_blank(conn, ann)
    async with database.write() as conn:
        await personal.forget(conn, ann, running=0, body=None)
    async with database.read() as conn:
        assert {name: len(rows) for name, rows in (await personal.everything(conn, ann)).items()} == (
            dict.fromkeys(before, 0)
        )
        for table in schema.metadata.sorted_tables:
            for row in await conn.execute(select(table)):
                assert str(ann.telegram_id) not in str(tuple(row)), table.name
                assert row._mapping.get("person_id") != ann.id, table.name
        assert await people.find(conn, ann.telegram_id) is None
        assert await personal.everything(conn, bob) == before


async def test_the_running_update_keeps_what_its_answer_needs(
    database: Database, ann: int, minute: Minute
) -> None:
    """The one before is cut off from the chat, the one behind is left alone, nobody else's is touched."""

    def new(update_id: int, chat: int) -> NewUpdate:
        return NewUpdate(update_id, chat, {"update_id": update_id, "text": "hello"})

    async with database.write() as conn:
        person = await people.get(conn, ann)
        mine, other = person.telegram_id, 42
        rows = await updates.receive(
            conn, BOT, [new(1, mine), new(2, mine), new(3, mine), new(4, other)], minute(0)
        )
        await updates.mark_failed(conn, rows[0].seq, "KeyError: 'secret'", minute(1))
        await personal.forget(conn, person, running=rows[1].seq, body={"bare": True})
        await updates.mark_applied(conn, rows[1].seq, None)
        table = schema.updates.c
        columns = select(table.chat_key, table.body, table.state, table.error).order_by(table.seq)
        assert [tuple(row) for row in await conn.execute(columns)] == [
            (0, None, "failed", None),
            (0, {"bare": True}, "applied", None),
            (mine, new(3, mine).body, "received", None),
            (other, new(4, other).body, "received", None),
        ]
        await updates.mark_done(conn, rows[1].seq, minute(2))
        assert await conn.scalar(select(table.body).where(table.seq == rows[1].seq)) is None
        assert await updates.receive(conn, BOT, [new(1, mine), new(2, mine)], minute(3)) == []


async def test_whoever_only_wrote_is_blank(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        person = await people.get(conn, ann)
        body: dict[str, object] = {"text": "/start"}
        await updates.receive(conn, BOT, [NewUpdate(1, person.telegram_id, body)], minute(0))
        assert await personal.is_blank(conn, person)
        await _row(conn, schema.marks, _known(person, film_ids[0]), minute(0))
        assert not await personal.is_blank(conn, person)
