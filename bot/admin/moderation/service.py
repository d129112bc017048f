"""The use cases of flagged groups and of people kept out of training: list them, and decide about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bot.errors import StaleButton
from bot.films.library import Library
from storage.database import AsyncConnection, Database
from storage.errors import UnknownRow
from storage.films.films import Film
from storage.people import people, ratings
from storage.running import audit, flags, standings
from storage.running.flags import Flag
from storage.running.standings import Decision, Standing

PAGE = 10
_FLAG = re.compile(r"#\s*([0-9]{1,18})")
_NUMBER = re.compile(r"[0-9]{1,18}")
_ACTS = {"kept_out": "exclude", "let_in": "include"}  # as the audit calls them


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag with its films; so many of its people are `kept_out` now."""

    flag: Flag
    films: tuple[Film, ...]
    kept_out: int


@dataclass(frozen=True, slots=True)
class Rater:
    """A person by number: how many films they rated, the flags they are in, what was decided of them."""

    person_id: int
    rated: int
    flags: tuple[int, ...]
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class KeptOutPage:
    """Ten lines from `offset` on, of `total`: flags that stand, then people kept out by hand."""

    offset: int
    total: int
    people: int
    lines: tuple[Flagged | Standing, ...]


class Moderation:
    """What takes a connection runs inside the caller's transaction. `asker` is Telegram's id of the admin."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    async def flagged(self, flag_id: int) -> Flagged:
        """A flag. Raises StaleButton for one that is gone."""
        async with self._database.read() as conn:
            return self._flagged(await _flag(conn, flag_id), await standings.kept_out(conn))

    async def rater(self, person_id: int) -> Rater:
        """What is known of a person. Raises StaleButton for one who is gone."""
        async with self._database.read() as conn:
            await _check_person(conn, person_id)
            rated = await ratings.count(conn, person_id)
            inside = tuple(await flags.numbers(conn, person_id))
            return Rater(person_id, rated, inside, await standings.of(conn, person_id))

    async def kept_out(self, offset: int) -> KeptOutPage:
        """Who is kept out of training; the last page where `offset` is past the end."""
        async with self._database.read() as conn:
            out = await standings.every(conn, "kept_out")
            standing = [flag for flag in await flags.every(conn) if flag.state != "let_in"]
        outside = {each.person_id for each in out}
        flagged = {person_id for flag in standing for person_id in flag.person_ids}
        lines: list[Flagged | Standing] = [
            self._flagged(flag, outside) for flag in standing if outside.intersection(flag.person_ids)
        ]
        lines += [each for each in out if each.person_id not in flagged]
        offset = max(0, min(offset, (len(lines) - 1) // PAGE * PAGE))
        return KeptOutPage(offset, len(lines), len(outside), tuple(lines[offset : offset + PAGE]))

    async def decide_flag(
        self, conn: AsyncConnection, asker: int, flag_id: int, decision: Decision, at: datetime
    ) -> None:
        """Let a flag's people in, or keep them out. Raises StaleButton for one that is gone."""
        flag = await _flag(conn, flag_id)
        if flag.state != decision:  # a second tap decides nothing
            await flags.decide(conn, flag, decision, at)
            await audit.add(conn, _ACTS[decision], at, asker, flag=flag_id)

    async def decide_person(
        self, conn: AsyncConnection, asker: int, person_id: int, decision: Decision, at: datetime
    ) -> None:
        """Let one person in, or keep them out, whatever is found of them. Raises StaleButton as `rater`."""
        await _check_person(conn, person_id)
        now = await standings.of(conn, person_id)
        if now is None or (now.state, now.why) != (decision, "admin"):
            await standings.put(conn, [person_id], decision, "admin", at)
            await audit.add(conn, _ACTS[decision], at, asker, person=person_id)

    async def decide(
        self, conn: AsyncConnection, asker: int, text: str, decision: Decision, at: datetime
    ) -> list[str | int] | None:
        """What /exclude and /include name: ["flag", id] or ["person", id], decided; None for nobody known.

        "#3" is a flag. A number is a person's, else their Telegram id.
        """
        text = text.strip()
        if named := _FLAG.fullmatch(text):
            flag_id = int(named[1])
            if await flags.find(conn, flag_id) is None:
                return None
            await self.decide_flag(conn, asker, flag_id, decision, at)
            return ["flag", flag_id]
        person_id = await _find_person(conn, text)
        if person_id is None:
            return None
        await self.decide_person(conn, asker, person_id, decision, at)
        return ["person", person_id]

    def _flagged(self, flag: Flag, outside: set[int]) -> Flagged:
        films = tuple(self._library.film(film_id) for film_id in flag.film_ids)
        return Flagged(flag, films, len(outside.intersection(flag.person_ids)))


async def _flag(conn: AsyncConnection, flag_id: int) -> Flag:
    flag = await flags.find(conn, flag_id)
    if flag is None:
        raise StaleButton(f"no flag {flag_id}")
    return flag


async def _check_person(conn: AsyncConnection, person_id: int) -> None:
    try:
        await people.get(conn, person_id)
    except UnknownRow as error:
        raise StaleButton(str(error)) from error


async def _find_person(conn: AsyncConnection, text: str) -> int | None:
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return (await people.get(conn, int(text))).id
    except UnknownRow:
        person = await people.find(conn, int(text))
        return None if person is None else person.id
