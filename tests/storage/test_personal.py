"""The whole schema is walked: a table with rows of people is exported and emptied, or shared on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    String,
    Table,
    insert,
    select,
    update,
)

from storage import personal, schema
from storage.database import AsyncConnection, Database, facts
from storage.errors import Forgotten
from storage.holdings import HOLDINGS, Holds, holds, is_shared
from storage.night import chats, nights, polls, screens, tasks
from storage.people import people
from storage.people.people import Person
from storage.running import audit, updates
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
SHARED = {table.name for table in schema.metadata.sorted_tables if is_shared(table)}
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
    if (
        column.name in ("chat_key", "actor", "asked_by")
        or column is schema.jobs.c.chat_id
        or column is schema.notices.c.telegram_id
    ):
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
                if table not in (schema.people, schema.facts):
                    await _row(conn, table, known, minute(1))
        await facts.put(conn, personal.ADMIN_MENUS, [ann.telegram_id, bob.telegram_id, 5])
    return ann, bob


def test_every_column_is_declared() -> None:
    """Whoever adds a column says in storage/holdings.py what it may hold of a person."""
    declared = {name: sorted(" ".join(columns.values()).split()) for name, columns in HOLDINGS.items()}
    assert declared == {
        name: sorted(column.name for column in table.columns)
        for name, table in schema.metadata.tables.items()
    }


def test_a_table_is_personal_or_holds_nothing_of_anybody() -> None:
    named = [table.name for table in personal.tables()]
    assert len(named) == len(set(named))
    assert set(named) | SHARED == set(schema.metadata.tables)
    assert not set(named) & SHARED
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column is schema.people.c.id for key in column.foreign_keys):
                assert holds(column) is Holds.OUR_ID, column


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
        before["updates"][0]["error"] = None  # it may have quoted her
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


async def test_what_they_sent_before_has_no_effect_any_more(
    database: Database, ann: int, bob: int, minute: Minute
) -> None:
    """It waits in a group, perhaps at work right now; what came after it is from somebody new."""
    async with database.write() as conn:
        person, other = await people.get(conn, ann), await people.get(conn, bob)
        ada = {"id": person.telegram_id, "is_bot": False, "first_name": "Zebulonia", "username": "zeb"}
        grace = {"id": other.telegram_id, "is_bot": False, "first_name": "Grace"}
        group = {"id": -5, "type": "group", "title": "Zeds"}

        def said(update_id: int, **message: object) -> NewUpdate:
            return NewUpdate(update_id, -5, {"message": {"chat": group, "text": "/night", **message}})

        waiting = [
            said(1, **{"from": ada}),
            said(2, **{"from": grace}, reply_to_message={"from": ada}),
            said(3, **{"from": grace}, left_chat_member=ada),
            NewUpdate(4, person.telegram_id, {"callback_query": {"from": ada}}),
            said(5, **{"from": ada}),
        ]
        rows = await updates.receive(conn, BOT, waiting, minute(0))
        found = await personal.everything(conn, person)
        assert [row["update_id"] for row in found["updates"]] == [4, 1, 3, 5]
        await personal.forget(conn, person, running=rows[3].seq, body={})
    async with database.write() as conn:
        assert [row.update_id for row in await updates.pending(conn, BOT)] == [2, 4, 5]
        (reply, _, _) = await updates.pending(conn, BOT)
        assert "Zebulonia" not in str(reply.body)
        assert "Grace" in str(reply.body)
        for seq in (rows[0].seq, rows[2].seq):
            with pytest.raises(Forgotten):
                await updates.hold(conn, seq)
        await updates.hold(conn, rows[1].seq)


async def test_what_admins_said_of_them_and_their_menu(database: Database, ann: int, minute: Minute) -> None:
    async with database.write() as conn:
        person = await people.get(conn, ann)
        await audit.add(conn, "exclude", minute(0), 42, person=ann)
        await audit.add(conn, "exclude", minute(0), 42, person=ann + 1)
        await facts.put(conn, personal.ADMIN_MENUS, [person.telegram_id, 42])
        found = await personal.everything(conn, person)
        assert [(row["actor"], row["details"]) for row in found["audit"]] == [(None, {"person": ann})]
        assert found["settings"] == [{"key": "admin_menus", "value": [person.telegram_id]}]
        assert await personal.forget(conn, person, running=0, body=None)
        assert [act.details for act in await audit.page(conn, offset=0, limit=9)] == [
            {"person": ann + 1},
            {"person": audit.NOBODY},
        ]
        assert await facts.get(conn, personal.ADMIN_MENUS) == [42]
        assert await facts.get(conn, personal.FORGOTTEN) is not None


async def test_forgetting_waits_for_what_they_do_right_now(
    database: Database, ann: int, minute: Minute
) -> None:
    """They vote in a group at the same moment: the vote is counted first, and forgotten with the rest."""
    async with database.write() as conn:
        person = await people.get(conn, ann)
        body: dict[str, object] = {"poll_answer": {"user": {"id": person.telegram_id}}}
        (vote,) = await updates.receive(conn, BOT, [NewUpdate(1, -5, body)], minute(0))

    async def forget() -> None:
        async with database.write() as conn:
            await personal.forget(conn, person, running=vote.seq + 1, body=None)

    async with database.write() as conn:
        await updates.hold(conn, vote.seq)
        forgetting = asyncio.create_task(forget())
        await asyncio.sleep(0.1)
        chat = await chats.meet(conn, -5)
        await chats.greet(conn, chat.id, ann, minute(1))
        await updates.mark_applied(conn, vote.seq, None)
    await forgetting
    async with database.read() as conn:
        assert await people.find(conn, person.telegram_id) is None
        assert await chats.members(conn, chat.id, 9) == []


async def test_messages_that_name_them_are_shown_anew(
    database: Database, ann: int, bob: int, minute: Minute
) -> None:
    """Boards and results of nights that they voted or took part in, also of decided ones, and an earlier
    result of a night of their group that they left since."""
    async with database.write() as conn:
        chat = await chats.meet(conn, -5)
        await chats.greet(conn, chat.id, ann, minute(0))
        made = [await nights.create(conn, chat.id, topic, None, [], [], minute(0)) for topic in range(5)]
        joined, voted, left, other, _ = made
        await nights.join(conn, joined, ann, "Zebulonia", minute(0), host=True)
        for night_id, count in ((voted, 1), (left, 2), (other, 1)):
            for number in range(1, count + 1):
                poll_id = await polls.create(
                    conn,
                    night_id,
                    number,
                    [(None, None)],
                    several=False,
                    outsiders=True,
                    strategy="fair",
                    closes_at=minute(1),
                )
                await tasks.add(conn, night_id, "result", minute(1), poll_number=number)
            if night_id == voted:
                await polls.vote(conn, poll_id, ann, "Zebulonia", [0], minute(0))
        await conn.execute(update(schema.nights).values(state="decided", film_id=await _film(conn)))
        for night_id in made:
            await screens.place(conn, night_id, "board")
            await screens.show(conn, night_id, "board", night_id, 9)
        await personal.forget(conn, await people.get(conn, ann), running=0, body=None)
        touched = select(schema.nights.c.id).where(schema.nights.c.version > 1).order_by(schema.nights.c.id)
        assert list(await conn.scalars(touched)) == [joined, voted, left]
        rewritten = select(schema.tasks.c.night_id, schema.tasks.c.poll_number).where(
            schema.tasks.c.kind == tasks.REWRITE
        )
        assert [tuple(row) for row in await conn.execute(rewritten)] == [(voted, 1), (left, 1), (left, 2)]


async def _film(conn: AsyncConnection) -> int:
    film: dict[str, Any] = {"source": "tiny", "title": "Heat", "genres": [], "alternatives": []}
    made = await conn.execute(insert(schema.films).values(film).returning(schema.films.c.id))
    return int(made.scalar_one())
