"""A night as it is to be shown, read from its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.errors import StaleButton
from bot.films.library import Library
from bot.films.reasons import Reason
from bot.films.taste import Taste
from bot.night.rules import Count, count, ranking
from storage.database import AsyncConnection
from storage.films.films import Film
from storage.night import chats, ledger, nights, polls
from storage.night.chats import Chat
from storage.night.nights import Night, NightMember
from storage.night.polls import Poll

_ANSWERS = 4  # members' stars that make a summary: fewer could be solved for one of them
SLATE = 9  # films of a slate; a poll takes ten options in all, and "None of these" is one


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who is in. Of a `guest`'s taste nothing is known yet."""

    name: str
    host: bool
    guest: bool


@dataclass(frozen=True, slots=True)
class TalliedOption:
    """An option in a poll: its film (None: "None of these"), its rank, its votes; `vetoed`: they are void."""

    film: Film | None
    rank: int | None
    votes: int
    vetoed: bool


@dataclass(frozen=True, slots=True)
class PollNow:
    """The last poll of a night. `options` are in its order; `voters` is how many people's votes count."""

    number: int
    state: str
    options: tuple[TalliedOption, ...]
    voters: int
    several: bool
    outsiders: bool
    closes_at: datetime
    unsure: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The message of a night. Times are in the group's zone."""

    night: Night
    seats: tuple[Seat, ...]
    slate: tuple[Film, ...]
    starts_at: datetime | None
    poll: PollNow | None
    winner: Film | None


@dataclass(frozen=True, slots=True)
class Line:
    """What one person did: the films they voted for (None among them: "None of these"), or only joined."""

    name: str
    films: tuple[Film | None, ...]
    joined: bool


@dataclass(frozen=True, slots=True)
class Result:
    """How a poll ended, `ranked` best first without what was vetoed. `before` is the film of the group's
    last night; without a winner, "None of these" won. `offers`: films on the night's slate now."""

    night: Night
    number: int
    winner: Film | None
    by_host: bool
    options: tuple[TalliedOption, ...]
    ranked: tuple[TalliedOption, ...]
    lines: tuple[Line, ...]
    before: Film | None
    starts_at: datetime | None
    offers: int = SLATE


class NightReader:
    """Reads inside the caller's transaction."""

    def __init__(self, library: Library, taste: Taste, time_zone: str) -> None:
        self._library = library
        self._taste = taste
        self._time_zone = time_zone

    def zone(self, chat: Chat) -> ZoneInfo:
        """A group's zone; the operator's until it chose one."""
        return ZoneInfo(chat.time_zone or self._time_zone)

    async def board(self, conn: AsyncConnection, night_id: int) -> Board:
        """Raises StaleButton for a night that is gone."""
        night = await self.night(conn, night_id)
        zone = self.zone(await chats.get(conn, night.chat_id))
        poll = await polls.latest(conn, night_id)
        slate = await nights.slate(conn, night_id)
        return Board(
            night=night,
            seats=tuple([await self._seat(conn, each) for each in await nights.members(conn, night_id)]),
            slate=tuple(self._library.film(film_id) for film_id in slate),
            starts_at=night.starts_at.astimezone(zone) if night.starts_at else None,
            poll=None if poll is None else await self._poll(conn, poll, zone),
            winner=None if night.film_id is None else self._library.film(night.film_id),
        )

    async def result(self, conn: AsyncConnection, night_id: int, number: int) -> Result:
        """How the `number`-th poll of a night ended. Raises StaleButton if it has not."""
        night = await self.night(conn, night_id)
        poll = await polls.numbered(conn, night_id, number)
        if poll is None or poll.tally is None:
            raise StaleButton(f"poll {number} of night {night_id} is not closed")
        counts = await self._counts_then(conn, poll)
        last = await polls.latest(conn, night_id)
        won = last is not None and last.number == number and night.film_id is not None
        zone = self.zone(await chats.get(conn, night.chat_id))
        before = await nights.watched_before(conn, night)
        return Result(
            night=night,
            number=number,
            winner=self._library.film(night.film_id) if won and night.film_id is not None else None,
            by_host=won and night.decided_by == "host",
            options=tuple(self._tallied(each) for each in counts),
            ranked=tuple(self._tallied(each) for each in ranking(counts)),
            lines=await self._lines(conn, night, poll),
            before=None if before is None else self._library.film(before),
            starts_at=night.starts_at.astimezone(zone) if night.starts_at else None,
            offers=len(await nights.slate(conn, night_id)),
        )

    async def reason(self, conn: AsyncConnection, person_id: int, film_id: int) -> Reason:
        """What speaks for a film for one person, for their eyes only."""
        profile = await self._taste.of(conn, person_id)
        film = self._taste.because(profile, film_id)
        liked = [genre for genre, value in self._library.informative(profile.genres).items() if value > 0]
        genres = [genre for genre in self._library.film(film_id).genres if genre in liked]
        return Reason(
            film=film,
            stars=None if film is None else profile.ratings.get(film.id),
            genre=genres[0] if genres else None,
            anonymous=not profile.is_known,
        )

    async def summary(self, conn: AsyncConnection, night_id: int) -> list[float] | None:
        """What those who were in gave the film; None while so few did that it would tell of one of them."""
        members = {member.person_id for member in await nights.members(conn, night_id)}
        opinions = [each for each in await ledger.of_night(conn, night_id) if each.person_id in members]
        given = [each.given for each in opinions if each.given is not None]
        return given if len(given) >= _ANSWERS else None

    async def knows(self, conn: AsyncConnection, person_id: int) -> bool:
        """Whether anything of somebody's taste is known."""
        return (await self._taste.of(conn, person_id)).is_known

    async def counts(self, conn: AsyncConnection, poll: Poll) -> list[Count]:
        """The votes of a poll as they are now."""
        members, canonical_id = await nights.members(conn, poll.night_id), self._library.canonical_id
        options = await polls.options(conn, poll.id)
        films = {option.film_id for option in options if option.film_id is not None}
        vetoed = {canonical_id(film_id) for film_id in await nights.vetoes_of(conn, poll.night_id)}
        return count(
            options,
            await polls.votes_of(conn, poll.id),
            {film_id for film_id in films if canonical_id(film_id) in vetoed},
            None if poll.outsiders else {member.person_id for member in members},
        )

    async def night(self, conn: AsyncConnection, night_id: int) -> Night:
        """Raises StaleButton for a night that is gone."""
        night = await nights.get(conn, night_id)
        if night is None:
            raise StaleButton(f"no night {night_id}")
        return night

    async def _counts_then(self, conn: AsyncConnection, poll: Poll) -> list[Count]:
        """The votes of a poll as they were when it closed, also of people forgotten since."""
        options = await polls.options(conn, poll.id)
        return [
            Count(option, votes, bool(void))
            for option, (votes, void) in zip(options, poll.tally or (), strict=True)
        ]

    async def _poll(self, conn: AsyncConnection, poll: Poll, zone: ZoneInfo) -> PollNow:
        counts = await self.counts(conn, poll) if poll.tally is None else await self._counts_then(conn, poll)
        votes = await polls.votes_of(conn, poll.id)
        members = {member.person_id for member in await nights.members(conn, poll.night_id)}
        return PollNow(
            number=poll.number,
            state=poll.state,
            options=tuple(self._tallied(each) for each in counts),
            voters=len(votes if poll.outsiders else votes.keys() & members),
            several=poll.several,
            outsiders=poll.outsiders,
            closes_at=poll.closes_at.astimezone(zone),
            unsure=poll.unsure,
        )

    async def _lines(self, conn: AsyncConnection, night: Night, poll: Poll) -> tuple[Line, ...]:
        """One for everybody whose vote counted or who joined."""
        members = {member.person_id: member.name for member in await nights.members(conn, night.id)}
        votes = await polls.votes_of(conn, poll.id)
        names = await polls.voters(conn, poll.id) | members
        films = [option.film_id for option in await polls.options(conn, poll.id)]
        lines = []
        for person_id in [*members, *(each for each in votes if each not in members)]:
            if person_id not in members and not poll.outsiders:
                continue
            chosen = [films[position] for position in votes.get(person_id, [])]
            voted = tuple(None if film_id is None else self._library.film(film_id) for film_id in chosen)
            lines.append(Line(names[person_id], voted, person_id in members))
        return tuple(lines)

    async def _seat(self, conn: AsyncConnection, member: NightMember) -> Seat:
        return Seat(member.name, member.host, guest=not await self.knows(conn, member.person_id))

    def _tallied(self, each: Count) -> TalliedOption:
        film_id = each.option.film_id
        film = None if film_id is None else self._library.film(film_id)
        return TalliedOption(film, each.option.rank, each.votes, each.vetoed)
