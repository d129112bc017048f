"""Brigades that were found: groups of people whose ratings look arranged, until an admin decides.

    open ──► kept_out ◄──► let_in

The people of an open flag are kept out of training as are those of one that an admin confirmed. A flag that
is let in stays what the admin saw: it lets these people in on these films, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into
from storage.films import merging
from storage.running import audit, notices, standings
from storage.running.grants import is_granted
from storage.running.standings import Decision
from storage.schema import flag_people, flags, people

_SAME = 0.5  # of the people found now are in a flag, or of the flag's among them: it is the same brigade


@dataclass(frozen=True, slots=True)
class FoundBrigade:
    """A brigade as it was found: our ids of people and films, the film that it moves most first.

    `kinds` and `evidence` are those of `recsys.brigades.Brigade`.
    """

    person_ids: frozenset[int]
    film_ids: tuple[int, ...]
    kinds: tuple[str, ...]
    evidence: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Flag:
    """A brigade on record. `person_ids` are those of it who are still people of the bot, ascending."""

    id: int
    state: Literal["open", "kept_out", "let_in"]
    kinds: tuple[str, ...]
    film_ids: tuple[int, ...]
    evidence: Mapping[str, float]
    found_at: datetime
    decided_at: datetime | None
    person_ids: tuple[int, ...]


async def record(
    conn: AsyncConnection, found: Iterable[FoundBrigade], at: datetime, admin_ids: Sequence[int]
) -> list[int]:
    """Write down what a training found; the ids of the flags that are new or have grown.

    In the caller's transaction: the flags, who is kept out of training from now on, the audit, and a notice
    of kind "flag" with payload {"flag_id": …} to each of `admin_ids` (Telegram's ids). Run again with the
    same it changes nothing.

    - What an admin has let in stays so, and its flag as it is: see `is_granted`.
    - A brigade that shares half of its people with a flag that stands, or half of the flag's, is that flag:
      its evidence is brought up to date and new people join it.
    - Any other is a new flag, also of people who are in one that was let in: they are kept out again.
    - Who was let in by hand is in no flag from then on. People who are forgotten by now are left out.
    """
    changed = []
    met = set(await conn.scalars(select(people.c.id)))
    trusted = await standings.decided(conn, "let_in")
    out, allowed = await standings.kept_out(conn), await granted(conn)
    for each in sorted(found, key=lambda one: (-len(one.person_ids), sorted(one.person_ids))):
        person_ids = (each.person_ids & met) - trusted
        if not person_ids or is_granted(person_ids - out, each.film_ids, allowed):
            continue
        known = _known(await every(conn), person_ids)
        if known is None:
            changed.append(await _add(conn, each, person_ids, at, admin_ids))
        elif await _grow(conn, known, each, person_ids, at, admin_ids):
            changed.append(known.id)
    return changed


async def decide(conn: AsyncConnection, flag: Flag, state: Decision, at: datetime) -> None:
    """An admin's word on a flag. It holds for all its people but those of whom one was decided by hand, and
    who is in another flag that stands is not let in by this one."""
    await conn.execute(update(flags).where(flags.c.id == flag.id).values(state=state, decided_at=at))
    by_hand = await standings.decided(conn, "let_in") | await standings.decided(conn, "kept_out")
    concerned = set(flag.person_ids) - by_hand
    if state == "let_in":
        for other in await every(conn):
            if other.state != "let_in":
                concerned -= set(other.person_ids)
    await standings.put(conn, concerned, state, "brigade", at)


async def granted(conn: AsyncConnection) -> set[tuple[int, int]]:
    """Whom admins let in on what: a person and a film of each flag that is let in, merged films by the name
    they have today."""
    today = await merging.merged(conn)
    return {
        (person_id, today.get(film_id, film_id))
        for flag in await every(conn)
        if flag.state == "let_in"
        for person_id in flag.person_ids
        for film_id in flag.film_ids
    }


async def find(conn: AsyncConnection, flag_id: int) -> Flag | None:
    """The flag with this number."""
    found = await _read(conn, flag_id)
    return found[0] if found else None


async def every(conn: AsyncConnection) -> list[Flag]:
    """All flags, the newest first."""
    return await _read(conn, None)


async def numbers(conn: AsyncConnection, person_id: int) -> list[int]:
    """The flags that a person is in."""
    query = select(flag_people.c.flag_id).where(flag_people.c.person_id == person_id)
    return list(await conn.scalars(query.order_by(flag_people.c.flag_id)))


async def _read(conn: AsyncConnection, flag_id: int | None) -> list[Flag]:
    query = select(flags).order_by(flags.c.id.desc())
    members = select(flag_people).order_by(flag_people.c.person_id)
    if flag_id is not None:
        query, members = query.where(flags.c.id == flag_id), members.where(flag_people.c.flag_id == flag_id)
    inside: dict[int, list[int]] = {}
    for row in await conn.execute(members):
        inside.setdefault(row.flag_id, []).append(row.person_id)
    return [
        Flag(
            row.id,
            row.state,
            tuple(row.kinds),
            tuple(row.film_ids),
            row.evidence,
            row.found_at,
            row.decided_at,
            tuple(inside.get(row.id, ())),
        )
        for row in await conn.execute(query)
    ]


def _known(on_record: Sequence[Flag], person_ids: frozenset[int]) -> Flag | None:
    """The flag that stands and that these people are."""
    for flag in on_record:
        shared = len(person_ids.intersection(flag.person_ids))
        least = _SAME * min(len(person_ids), len(flag.person_ids))
        if flag.state != "let_in" and shared and shared >= least:
            return flag
    return None


async def _add(
    conn: AsyncConnection,
    found: FoundBrigade,
    person_ids: frozenset[int],
    at: datetime,
    admin_ids: Sequence[int],
) -> int:
    values = {"state": "open", "found_at": at, **_evidence(found, found.film_ids)}
    flag_id: int = (await conn.execute(insert(flags).values(values).returning(flags.c.id))).scalar_one()
    await _join(conn, flag_id, person_ids)
    await _keep_out(conn, person_ids, at)
    await _tell(conn, "flag", flag_id, len(person_ids), at, admin_ids)
    return flag_id


async def _grow(
    conn: AsyncConnection,
    flag: Flag,
    found: FoundBrigade,
    person_ids: frozenset[int],
    at: datetime,
    admin_ids: Sequence[int],
) -> bool:
    """Bring a flag up to date; whether people joined it."""
    films = (*found.film_ids, *(each for each in flag.film_ids if each not in found.film_ids))
    joining = person_ids.difference(flag.person_ids)
    await conn.execute(update(flags).where(flags.c.id == flag.id).values(_evidence(found, films)))
    await _join(conn, flag.id, joining)
    if not joining:
        return False
    await _keep_out(conn, joining, at)
    await _tell(conn, "flag_grew", flag.id, len(flag.person_ids) + len(joining), at, admin_ids)
    return True


async def _keep_out(conn: AsyncConnection, person_ids: frozenset[int], at: datetime) -> None:
    """But for whom an admin keeps out by hand: that stands when the flag is let in."""
    by_hand = await standings.decided(conn, "kept_out")
    await standings.put(conn, person_ids - by_hand, "kept_out", "brigade", at)


def _evidence(found: FoundBrigade, film_ids: Sequence[int]) -> dict[str, object]:
    return {"kinds": list(found.kinds), "film_ids": list(film_ids), "evidence": dict(found.evidence)}


async def _join(conn: AsyncConnection, flag_id: int, person_ids: frozenset[int]) -> None:
    for person_id in sorted(person_ids):
        values = {"flag_id": flag_id, "person_id": person_id}
        await conn.execute(insert_into(conn, flag_people).values(values).on_conflict_do_nothing())


async def _tell(
    conn: AsyncConnection, act: str, flag_id: int, size: int, at: datetime, admin_ids: Sequence[int]
) -> None:
    await audit.add(conn, act, at, flag=flag_id, people=size)
    await notices.add(conn, admin_ids, "flag", {"flag_id": flag_id}, at)
