"""What people do with a movie night. Each runs in the caller's transaction, and returns its toast's key.

Who may do it is asked before: `controls` says who is the host; who is an admin, the handler asks Telegram.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import StaleButton
from bot.films.library import Library
from bot.night.access import own_night
from bot.night.gathering import Slates
from bot.night.states import Board, NightReader, Result
from bot.night.voting import offered
from bot.night.wishes import Misread, read_wish
from bot.participants import Participant, enter
from storage.database import AsyncConnection, Database
from storage.night import chats, nights, polls, screens, tasks
from storage.night.chats import Chat
from storage.night.nights import Night, NightMember
from storage.night.polls import Poll
from storage.people import marks, watchlist

_REMIND = timedelta(minutes=30)  # before a planned night
_GIVEN_UP = timedelta(days=1)  # after its time, a night that still gathers makes room for another
_HISTORY = 15  # nights that /nights shows
_PANELS = {
    "seen": "night.toast.panel_seen",
    "veto": "night.toast.panel_veto",
    "pick": "night.toast.panel_pick",
}


def _forgotten(night: Night, at: datetime) -> bool:
    """Whether a night's time is long over, and it still gathers."""
    return (night.starts_at or night.opened_at) + _GIVEN_UP < at


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of `/night`: a night, `fresh` or the one that is open already; or a word that was misread.

    `ask_zone`: a time was given, and the group has never said where it is."""

    night_id: int = 0
    fresh: bool = False
    ask_zone: bool = False
    misread: str = ""
    word: str = ""


class Nights:
    """What takes a connection runs in the caller's transaction; `wake` is called once it was committed."""

    def __init__(
        self,
        database: Database,
        library: Library,
        slates: Slates,
        reader: NightReader,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._library = library
        self._slates = slates
        self._reader = reader
        self.wake = wake

    async def open(
        self, conn: AsyncConnection, participant: Participant, topic_id: int, text: str, at: datetime
    ) -> dict[str, int | str]:
        """`/night …`: an `Opening`, as a dict."""
        chat = await enter(conn, participant, at)
        known = await nights.open_in(conn, chat.id, topic_id)
        if known is not None and known.state == "gathering" and _forgotten(known, at):
            await nights.change(conn, known.id, state="cancelled")
            await tasks.drop_all(conn, known.id)
        elif known is not None:
            await nights.touch(conn, known.id)  # a board that was deleted comes again
            return {"night_id": known.id}
        try:
            wish = read_wish(text, self._library.genres, at.astimezone(self._reader.zone(chat)))
        except Misread as error:
            return {"misread": error.key, "word": error.word}
        night_id = await nights.create(conn, chat.id, topic_id, wish.starts_at, wish.genres, wish.decades, at)
        await nights.join(conn, night_id, participant.person_id, participant.name, at, host=True)
        await screens.place(conn, night_id, "board")
        if wish.starts_at is not None and wish.starts_at - _REMIND > at:
            await tasks.add(conn, night_id, "reminder", wish.starts_at - _REMIND)
        ask_zone = wish.starts_at is not None and chat.time_zone is None and not chat.zone_asked
        if ask_zone:
            await chats.change(conn, chat.id, zone_asked=True)
        return {"night_id": night_id, "fresh": True, "ask_zone": ask_zone}

    async def join(self, conn: AsyncConnection, participant: Participant, night_id: int, at: datetime) -> str:
        """Join; the first one in an empty night hosts it."""
        night = await own_night(conn, participant, night_id)
        if not night.is_open:
            return "night.toast.over"
        host = not await nights.members(conn, night.id)
        person_id, name = participant.person_id, participant.name
        if not await nights.join(conn, night.id, person_id, name, at, host=host):
            return "night.toast.in_already"
        await enter(conn, participant, at)
        await self._slates.refresh(conn, night)
        known = await self._reader.knows(conn, participant.person_id)
        return "night.toast.joined" if known or night.state != "gathering" else "night.toast.joined_guest"

    async def leave(
        self,
        conn: AsyncConnection,
        participant: Participant,
        night_id: int,
        heir_id: int | None,
        at: datetime,
    ) -> str:
        """Leave. A host hands over to `heir_id`, else to the one who joined next."""
        night = await own_night(conn, participant, night_id)
        if not night.is_open:
            return "night.toast.over"
        members = await nights.members(conn, night.id)
        was_host = any(member.host and member.person_id == participant.person_id for member in members)
        if not await nights.leave(conn, night.id, participant.person_id):
            return "night.toast.not_in"
        rest = [member.person_id for member in members if member.person_id != participant.person_id]
        if was_host and rest:
            await nights.hand_over(conn, night.id, heir_id if heir_id in rest else rest[0])
        await self._slates.refresh(conn, night)
        return "night.toast.handed_over" if was_host and rest else "night.toast.left"

    async def refresh_group(self, conn: AsyncConnection, chat: Chat) -> None:
        """The group chose how slates are made: those of its open nights are made anew."""
        for night in await nights.open_of(conn, chat.id):
            await self._slates.refresh(conn, night)

    async def change_zone(self, conn: AsyncConnection, chat: Chat, zone: ZoneInfo) -> None:
        """The group is in another zone: a night that is planned keeps what its clock shows."""
        before = self._reader.zone(chat)
        for night in await nights.open_of(conn, chat.id):
            if night.starts_at is None:
                continue
            moved = night.starts_at.astimezone(before).replace(tzinfo=zone)
            shift = moved - night.starts_at
            await nights.change(conn, night.id, starts_at=moved)
            await tasks.shift(conn, night.id, ("reminder", "deadline"), shift)
            poll = await polls.latest(conn, night.id)
            if poll is not None and poll.state != "closed":
                await polls.reschedule(conn, poll.id, poll.closes_at + shift)

    async def gone(
        self, conn: AsyncConnection, participant: Participant, admins: Collection[int], at: datetime
    ) -> bool:
        """Somebody left the group, and so its nights, votes and all; whether any changed. `admins` inherit
        first. Nothing is sent to them any more of the nights that are over, and no list there is for them."""
        chat = await chats.find(conn, participant.chat_id)
        if chat is None:
            return False
        await chats.part(conn, chat.id, participant.person_id)
        await chats.drop_tasks(conn, chat.id, participant.person_id)
        found = False
        for night in await nights.open_of(conn, chat.id):
            await nights.get(conn, night.id, lock=True)
            poll = await polls.latest(conn, night.id)
            if poll is not None and await self._has_voted(conn, poll, participant.person_id):
                found = True
                await polls.vote(conn, poll.id, participant.person_id, participant.name, [], at)
                await nights.touch(conn, night.id)
            members = await nights.members(conn, night.id)
            if participant.person_id in {member.person_id for member in members}:
                found = True
                heirs = [member.person_id for member in members if member.person_id in admins]
                await self.leave(conn, participant, night.id, heirs[0] if heirs else None, at)
        return found

    async def hasten(self, conn: AsyncConnection, chat_id: int, at: datetime) -> None:
        """What Telegram refused of the nights of the group with this Telegram id is tried now."""
        chat = await chats.find(conn, chat_id)
        if chat is not None:
            await tasks.hasten(conn, chat.id, at)

    async def _has_voted(self, conn: AsyncConnection, poll: Poll, person_id: int) -> bool:
        """Whether somebody's vote is in a poll that is still counting."""
        return poll.state != "closed" and person_id in await polls.votes_of(conn, poll.id)

    async def see(
        self, conn: AsyncConnection, participant: Participant, night_id: int, film_id: int, at: datetime
    ) -> str:
        """A film of the slate that somebody has seen; a second tap takes that back."""
        night = await own_night(conn, participant, night_id)
        self._library.film(film_id)
        if "seen" in await marks.on(conn, participant.person_id, film_id):
            await marks.take_back(conn, participant.person_id, film_id, "seen")
            toast = "night.toast.unseen"
        else:
            await marks.put(conn, participant.person_id, film_id, "seen", at)
            await marks.take_back(conn, participant.person_id, film_id, "unseen")
            await watchlist.remove(conn, participant.person_id, film_id)
            toast = "night.toast.seen"
        await self._slates.refresh(conn, night)
        return toast

    async def veto(
        self, conn: AsyncConnection, participant: Participant, night_id: int, film_id: int, at: datetime
    ) -> str:
        """Somebody's one veto; on another film, it moves there."""
        night = await own_night(conn, participant, night_id)
        if not night.is_open:
            return "night.toast.over"
        if participant.person_id not in {member.person_id for member in await nights.members(conn, night.id)}:
            return "night.toast.join_first"
        self._library.film(film_id)
        before = await nights.veto(conn, night.id, participant.person_id, film_id, at)
        if before is not None and self._library.canonical_id(before) == self._library.canonical_id(film_id):
            return "night.toast.vetoed"
        await self._slates.refresh(conn, night)
        return "night.toast.vetoed" if before is None else "night.toast.veto_moved"

    async def show_panel(
        self, conn: AsyncConnection, participant: Participant, night_id: int, kind: str, at: datetime
    ) -> str:
        """Have a list of the slate put into the group: to tick what was "seen", to "veto", to "pick"."""
        night = await own_night(conn, participant, night_id)
        if not night.is_open:
            return "night.toast.over"
        if not await offered(conn, night):
            return "night.toast.no_slate"
        fresh = await screens.place(conn, night.id, kind)
        await nights.touch(conn, night.id)
        return _PANELS[kind] if fresh else "night.toast.panel_there"

    async def refresh_slates(self, conn: AsyncConnection, person_id: int) -> bool:
        """Somebody said more of their taste: the slates they bear on are made anew; whether there are any."""
        found = await nights.of_person(conn, person_id)
        for night_id in found:
            night = await nights.get(conn, night_id, lock=True)
            if night is not None:
                await self._slates.refresh(conn, night)
        return bool(found)

    async def reserved(self, chat_id: int, topic_id: int, at: datetime) -> bool:
        """Whether only an admin may open a night in this topic now: one that is open is for everybody."""
        async with self._database.read() as conn:
            chat = await chats.find(conn, chat_id)
            if chat is None or chat.openers != "admins":
                return False
            known = await nights.open_in(conn, chat.id, topic_id)
        return known is None or (known.state == "gathering" and _forgotten(known, at))

    async def gathers(self, person_id: int) -> bool:
        """Whether somebody is in a night that still gathers."""
        async with self._database.read() as conn:
            return bool(await nights.of_person(conn, person_id))

    async def awaits(self, person_id: int, night_id: int) -> bool:
        """Whether somebody is in this night, and it still gathers."""
        async with self._database.read() as conn:
            return night_id in await nights.of_person(conn, person_id)

    async def controls(self, person_id: int, night_id: int) -> bool:
        """Whether somebody hosts a night."""
        return any(member.host and member.person_id == person_id for member in await self.members(night_id))

    async def members(self, night_id: int) -> list[NightMember]:
        """Who is in a night."""
        async with self._database.read() as conn:
            return await nights.members(conn, night_id)

    async def fellows(self, participant: Participant) -> list[NightMember]:
        """Everybody else in the open nights that somebody hosts in a group."""
        async with self._database.read() as conn:
            chat = await chats.find(conn, participant.chat_id)
            found = []
            for night in await nights.open_of(conn, chat.id) if chat is not None else []:
                members = await nights.members(conn, night.id)
                if any(member.host and member.person_id == participant.person_id for member in members):
                    found += [member for member in members if member.person_id != participant.person_id]
        return found

    async def board(self, night_id: int) -> Board:
        """A night as its board shows it."""
        async with self._database.read() as conn:
            return await self._reader.board(conn, night_id)

    async def result(self, night_id: int, number: int) -> Result:
        """How a poll ended."""
        async with self._database.read() as conn:
            return await self._reader.result(conn, night_id, number)

    async def screen(self, night_id: int, kind: str) -> int | None:
        """The message of a night of this kind, once it is there."""
        async with self._database.read() as conn:
            return await screens.message_of(conn, night_id, kind)

    async def zone_name(self, chat_id: int) -> str:
        """The zone in which the times of the group with this Telegram id are read. Raises StaleButton."""
        async with self._database.read() as conn:
            chat = await chats.find(conn, chat_id)
        if chat is None:
            raise StaleButton(f"no group {chat_id}")
        return self._reader.zone(chat).key

    async def history(self, chat_id: int) -> list[tuple[Night, str]]:
        """What the group with this Telegram id decided, newest first, with its zone."""
        async with self._database.read() as conn:
            chat = await chats.find(conn, chat_id)
            if chat is None:
                return []
            zone = str(self._reader.zone(chat))
            return [(night, zone) for night in await nights.history(conn, chat.id, _HISTORY)]
