"""A group's settings, its list, and its comings and goings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.errors import StaleButton
from bot.films.library import Library
from bot.films.taste import Taste
from bot.participants import Participant, enter
from bot.zones import ZONES, LocalTime, local_time
from storage.database import AsyncConnection, Database
from storage.films.films import Film
from storage.night import chats, nights
from storage.night.chats import Chat

QUIET_HOURS: dict[str, tuple[int | None, int | None]] = {
    "off": (None, None),
    "22-8": (22, 8),
    "23-9": (23, 9),
}
_STRATEGIES = {"fair": "fair", "average": "average", "misery": "least misery"}
_SWITCHES = ("spare_seen", "outsiders", "several")
_MOST_MEMBERS = 20  # people met last, whom the group's list is for
_PICKS, _NEIGHBOURS = 5, 10
ENOUGH = 2  # people whose taste is known, for a list of theirs
_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What a group chose, and what the clock shows in its zone, or in the operator's."""

    chat: Chat
    time: LocalTime


@dataclass(frozen=True, slots=True)
class GroupList:
    """Films for a group, best first; `known` counts members whose taste is known. Below ENOUGH they are films
    that many like: those of a single person would tell the others what that one likes."""

    films: tuple[Film, ...]
    known: int


class PlannedNights(Protocol):
    """What a group's settings change in its nights; inside the caller's transaction, but for `wake`."""

    async def refresh_group(self, conn: AsyncConnection, chat: Chat) -> None:
        """Slates are made another way from now on."""

    async def change_zone(self, conn: AsyncConnection, chat: Chat, zone: ZoneInfo) -> None:
        """The group's times are read in this zone from now on; `chat` still has the one before."""

    def wake(self) -> None:
        """Something was committed that boards have to show."""


# How much each of these people's wishes weigh in a group; None where all weigh the same.
Weights = Callable[[AsyncConnection, Chat, list[int]], Awaitable[list[float] | None]]


class Groups:
    """What takes a connection runs inside the caller's transaction; the rest reads by itself."""

    def __init__(
        self,
        database: Database,
        library: Library,
        taste: Taste,
        zone: str,
        weights: Weights,
        nights: PlannedNights,
    ) -> None:
        self._database = database
        self._library = library
        self._taste = taste
        self._zone = zone
        self._weights = weights
        self._nights = nights
        self.wake = nights.wake

    async def settings(self, conn: AsyncConnection, chat_id: int, at: datetime) -> GroupSettings:
        """The settings of the group with this Telegram id."""
        chat = await chats.meet(conn, chat_id)
        return GroupSettings(chat, local_time(chat.time_zone or self._zone, at))

    async def set(self, conn: AsyncConnection, chat_id: int, name: str, value: str) -> None:
        """Choose one thing; open slates follow. Raises StaleButton for what cannot be chosen."""
        chat = await chats.meet(conn, chat_id)
        await chats.change(conn, chat.id, **_checked(name, value))
        await self._nights.refresh_group(conn, chat)

    async def set_zone(self, conn: AsyncConnection, chat_id: int, zone: str) -> None:
        """The group's zone. A night that is planned keeps what its clock shows. Raises StaleButton."""
        if zone not in ZONES:
            raise StaleButton(f"no time zone {zone!r}")
        chat = await chats.meet(conn, chat_id)
        await self._nights.change_zone(conn, chat, ZoneInfo(zone))
        await chats.change(conn, chat.id, time_zone=zone, zone_asked=True)

    async def arrive(self, conn: AsyncConnection, chat_id: int) -> bool:
        """The bot is in a group; whether it was not before."""
        before = await chats.find(conn, chat_id)
        await chats.meet(conn, chat_id)
        return before is None or not before.active

    async def depart(self, conn: AsyncConnection, chat_id: int) -> None:
        """The bot was removed."""
        await chats.deactivate(conn, chat_id)

    async def move(self, old: int, new: int) -> None:
        """A group is a supergroup now. Reported twice, it happens once."""
        async with self._database.write() as conn:
            moved = await chats.move(conn, old, new)
        if moved:
            self.wake()

    async def met(self, chat_id: int) -> list[int]:
        """Telegram's ids of the people whom the bot has met in the group with this Telegram id."""
        async with self._database.read() as conn:
            chat = await chats.find(conn, chat_id)
            members = [] if chat is None else await chats.members(conn, chat.id, _MOST_MEMBERS)
        return [member.telegram_id for member in members]

    async def recommend(
        self,
        conn: AsyncConnection,
        participant: Participant,
        present: Mapping[int, bool | None],
        at: datetime,
    ) -> dict[str, object]:
        """Films for the people whom the bot has met in a group, as ids: a `GroupList` is made of it.

        `present`, by Telegram's ids: who is known to have left is met no more; of whom nothing is known, who
        did something there lately counts.
        """
        chat = await enter(conn, participant, at)
        people = []
        for member in await chats.members(conn, chat.id, _MOST_MEMBERS):
            known = present.get(member.telegram_id)
            if known is False and member.person_id != participant.person_id:
                await chats.part(conn, chat.id, member.person_id)
            elif known or at - member.seen_at < _LATELY:
                people.append(member.person_id)
        found = {person_id: await self._taste.of(conn, person_id) for person_id in people}
        known_ids = [person_id for person_id, profile in found.items() if profile.is_known]
        if len(known_ids) < ENOUGH:
            found = {}
        profiles, weights = list(found.values()), await self._weights(conn, chat, list(found))
        films = self._taste.group(
            profiles,
            _PICKS,
            await nights.watched(conn, chat.id),
            strategy=chat.strategy,
            weights=weights,
            spare_seen=chat.spare_seen,
        )
        return {"films": [film.id for film in films], "known": len(known_ids)}

    def listed(self, found: dict[str, object]) -> GroupList:
        """What `recommend` found."""
        film_ids, known = found["films"], found["known"]
        if not isinstance(film_ids, list) or not isinstance(known, int):
            raise StaleButton("no list")
        return GroupList(tuple(self._library.film(film_id) for film_id in film_ids), known)

    def neighbours(self, film_id: int) -> list[Film]:
        """The films nearest to one, the same for everybody."""
        self._library.film(film_id)
        return self._taste.nearest(film_id, _NEIGHBOURS)


def _checked(name: str, value: str) -> dict[str, object]:
    if name in _SWITCHES and value in ("on", "off"):
        return {name: value == "on"}
    if name == "strategy" and value in _STRATEGIES:
        return {name: _STRATEGIES[value]}
    if name == "openers" and value in ("everybody", "admins"):
        return {name: value}
    if name == "quiet" and value in QUIET_HOURS:
        quiet_from, quiet_to = QUIET_HOURS[value]
        return {"quiet_from": quiet_from, "quiet_to": quiet_to}
    raise StaleButton(f"no setting {name!r} of {value!r}")
