"""Flags and standings: found again, grown, decided, and decided otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from storage import personal, schema
from storage.database import AsyncConnection, Database
from storage.films import merging
from storage.people import people
from storage.running import audit, flags, notices, standings
from storage.running.flags import Flag, FoundBrigade

Minute = Callable[[int], datetime]
ADMINS = (501, 502)


@pytest.fixture
async def crowd(meet: Callable[[int], Awaitable[int]]) -> list[int]:
    """Twelve people."""
    return [await meet(9_000 + n) for n in range(12)]


def found(person_ids: list[int], film_ids: list[int], **evidence: float) -> FoundBrigade:
    return FoundBrigade(
        frozenset(person_ids), tuple(film_ids), ("burst",), {"accounts": len(person_ids), **evidence}
    )


async def night(database: Database, at: datetime, *brigades: FoundBrigade) -> list[int]:
    async with database.write() as conn:
        return await flags.record(conn, brigades, at, ADMINS)


async def look(database: Database, what: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    async with database.read() as conn:
        return await what(conn)


async def decide(database: Database, flag_id: int, state: Any, at: datetime) -> None:
    async with database.write() as conn:
        flag = await flags.find(conn, flag_id)
        assert flag is not None
        await flags.decide(conn, flag, state, at)


async def told(database: Database, at: datetime) -> list[tuple[int, dict[str, Any]]]:
    return [(each.telegram_id, each.payload) for each in await look(database, lambda c: notices.due(c, at))]


async def test_a_night_flags_keeps_out_and_tells(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:8], film_ids[:2], surprise=30.5))
    flag: Flag = await look(database, lambda c: flags.find(c, flag_id))
    assert flag == Flag(
        flag_id,
        "open",
        ("burst",),
        tuple(film_ids[:2]),
        {"accounts": 8, "surprise": 30.5},
        minute(0),
        None,
        tuple(crowd[:8]),
    )
    assert await look(database, standings.kept_out) == set(crowd[:8])
    assert await told(database, minute(0)) == [(admin, {"flag_id": flag_id}) for admin in ADMINS]
    [act] = await look(database, lambda c: audit.page(c, offset=0, limit=9))
    assert (act.act, act.details) == ("flag", {"flag": flag_id, "people": 8})


async def test_the_same_brigade_the_next_night_is_no_new_flag(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    brigade = found(crowd[:8], film_ids[:1])
    [flag_id] = await night(database, minute(0), brigade)
    assert await night(database, minute(9), brigade) == []
    assert [each.id for each in await look(database, flags.every)] == [flag_id]
    assert len(await told(database, minute(9))) == len(ADMINS)
    assert await look(database, audit.count) == 1


async def test_one_that_has_grown_is_updated_and_told_of_again(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:8], film_ids[:1]))
    assert await night(database, minute(9), found(crowd[2:11], [film_ids[3]], surprise=40)) == [flag_id]
    flag = await look(database, lambda c: flags.find(c, flag_id))
    assert flag.person_ids == tuple(crowd[:11])
    assert flag.film_ids == (film_ids[3], film_ids[0])
    assert flag.evidence == {"accounts": 9, "surprise": 40}
    assert await look(database, standings.kept_out) == set(crowd[:11])
    assert len(await told(database, minute(9))) == 2 * len(ADMINS)


async def test_others_are_another_flag(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    first = await night(database, minute(0), found(crowd[:6], film_ids[:1]))
    second = await night(database, minute(9), found(crowd[5:], film_ids[:1]))
    assert len({*first, *second}) == 2


async def test_who_was_let_in_is_not_kept_out_by_the_same_evidence(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:8], film_ids[:1]))
    await decide(database, flag_id, "let_in", minute(5))
    assert await look(database, standings.kept_out) == set()
    assert await night(database, minute(9), found(crowd[:10], film_ids[:1])) == []
    assert await look(database, standings.kept_out) == set()
    flag = await look(database, lambda c: flags.find(c, flag_id))
    assert (flag.state, flag.decided_at, flag.person_ids) == ("let_in", minute(5), tuple(crowd[:8]))
    assert len(await told(database, minute(9))) == len(ADMINS)


async def test_another_film_is_other_evidence(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:8], film_ids[:1]))
    await decide(database, flag_id, "let_in", minute(5))
    first = await look(database, lambda c: flags.find(c, flag_id))
    again = found(crowd[:8], [film_ids[0], film_ids[4]])  # what they were let in on, and one more
    [other] = await night(database, minute(9), again)
    assert other != flag_id
    assert await look(database, lambda c: flags.find(c, flag_id)) == first
    assert await look(database, standings.kept_out) == set(crowd[:8])
    assert await told(database, minute(9)) == [
        (admin, {"flag_id": each}) for each in (flag_id, other) for admin in ADMINS
    ]
    assert await night(database, minute(10), again) == []
    await decide(database, other, "let_in", minute(11))
    assert await look(database, standings.kept_out) == set()
    assert await night(database, minute(12), again) == []
    assert await look(database, standings.kept_out) == set()


async def test_a_film_that_was_merged_is_the_film_they_were_let_in_on(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:8], film_ids[:1]))
    await decide(database, flag_id, "let_in", minute(5))
    async with database.write() as conn:
        await merging.merge(conn, film_ids[0], film_ids[1], minute(6))
    assert await night(database, minute(9), found(crowd[:8], film_ids[1:2])) == []
    assert await look(database, standings.kept_out) == set()


async def test_who_was_let_in_by_hand_is_trusted_at_any_film(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        await standings.put(conn, crowd[:3], "let_in", "admin", minute(0))
    [flag_id] = await night(database, minute(1), found(crowd[:8], film_ids[:1]))
    await decide(database, flag_id, "let_in", minute(2))
    [other] = await night(database, minute(3), found(crowd[:8], [film_ids[4]]))
    assert await look(database, standings.kept_out) == set(crowd[3:8])
    assert await look(database, lambda c: flags.numbers(c, crowd[0])) == []
    await decide(database, other, "kept_out", minute(4))
    assert await look(database, standings.kept_out) == set(crowd[3:8])


async def test_a_few_who_were_let_in_do_not_shield_many(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:3], film_ids[:1]))
    await decide(database, flag_id, "let_in", minute(5))
    assert await night(database, minute(9), found(crowd, film_ids[:1])) != [flag_id]
    assert await look(database, standings.kept_out) == set(crowd)


async def test_keeping_out_after_letting_in(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:8], film_ids[:1]))
    await decide(database, flag_id, "let_in", minute(5))
    await decide(database, flag_id, "kept_out", minute(6))
    assert await look(database, standings.kept_out) == set(crowd[:8])


async def test_what_was_decided_of_a_person_by_hand_stands(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        await standings.put(conn, [crowd[0]], "let_in", "admin", minute(0))
        await standings.put(conn, [crowd[1]], "kept_out", "admin", minute(0))
    [flag_id] = await night(database, minute(1), found(crowd[:8], film_ids[:1]))
    assert await look(database, standings.kept_out) == set(crowd[1:8])
    await decide(database, flag_id, "kept_out", minute(2))
    assert await look(database, standings.kept_out) == set(crowd[1:8])
    await decide(database, flag_id, "let_in", minute(3))
    assert await look(database, standings.kept_out) == {crowd[1]}


async def test_letting_a_flag_in_leaves_who_is_in_another(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [first] = await night(database, minute(0), found(crowd[:6], film_ids[:1]))
    await night(database, minute(1), found(crowd[5:], film_ids[1:2]))
    await decide(database, first, "let_in", minute(2))
    assert await look(database, standings.kept_out) == set(crowd[5:])


async def test_flags_that_share_people_decided_differently(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    """Who is in a flag that stands is out, in whatever order admins decide; but for a word on the person."""
    [first] = await night(database, minute(0), found(crowd[:6], film_ids[:1]))
    [second] = await night(database, minute(1), found(crowd[4:], film_ids[1:2]))
    assert first != second
    await decide(database, first, "kept_out", minute(2))
    await decide(database, second, "let_in", minute(3))
    assert await look(database, standings.kept_out) == set(crowd[:6])
    again = [found(crowd[:6], film_ids[:1]), found(crowd[4:], film_ids[1:2])]
    assert await night(database, minute(4), *again) == []
    assert await look(database, standings.kept_out) == set(crowd[:6])
    await decide(database, first, "let_in", minute(5))  # the other is let in, and holds nobody back
    assert await look(database, standings.kept_out) == set()
    await decide(database, second, "kept_out", minute(6))
    assert await look(database, standings.kept_out) == set(crowd[4:])
    async with database.write() as conn:
        await standings.put(conn, [crowd[4]], "let_in", "admin", minute(7))
    assert await night(database, minute(8), *again) == []
    assert await look(database, standings.kept_out) == set(crowd[5:])


async def test_who_is_forgotten_is_in_no_flag(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    [flag_id] = await night(database, minute(0), found(crowd[:8], film_ids[:1]))
    async with database.write() as conn:
        gone = await people.get(conn, crowd[0])
        await personal.forget(conn, gone, 0, None)
    flag = await look(database, lambda c: flags.find(c, flag_id))
    assert flag.person_ids == tuple(crowd[1:8])
    assert crowd[0] not in await look(database, standings.kept_out)
    assert await night(database, minute(9), found(crowd[:8], film_ids[:1])) == []
    async with database.read() as conn:
        rows = await conn.scalars(select(schema.flag_people.c.person_id))
    assert crowd[0] not in set(rows)


async def test_the_flags_of_a_person(
    database: Database, crowd: list[int], film_ids: list[int], minute: Minute
) -> None:
    made = await night(database, minute(0), found(crowd[:6], film_ids[:1]), found(crowd[6:], film_ids[1:2]))
    assert await look(database, lambda c: flags.numbers(c, crowd[7])) == [made[1]]
    assert await look(database, lambda c: flags.find(c, 99)) is None
