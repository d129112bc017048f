"""The end of a poll, and what follows from it."""

from __future__ import annotations

from datetime import datetime

from bot.errors import StaleButton
from bot.films.library import Library
from bot.night.access import own_night
from bot.night.gathering import Slates
from bot.night.rules import follow_up_time, ranking
from bot.night.states import NightReader
from bot.participants import Participant
from bot.ways import Rate
from storage.database import AsyncConnection
from storage.night import chats, ledger, nights, polls, tasks
from storage.night.ledger import Opinion
from storage.night.nights import Night
from storage.night.polls import Poll


class Deciding:
    """Writes inside the caller's transaction: the decision is stored before anybody is notified."""

    def __init__(self, slates: Slates, reader: NightReader, library: Library, rate: Rate) -> None:
        self._slates = slates
        self._reader = reader
        self._library = library
        self._rate = rate

    async def close(self, conn: AsyncConnection, night_id: int, number: int, at: datetime) -> str:
        """Count the votes of the `number`-th poll, and decide. A second time, nothing happens."""
        found = await self._running(conn, night_id, number)
        if found is None:
            return "night.toast.over"
        night, poll = found
        counts = await self._reader.counts(conn, poll)
        best = ranking(counts)
        winner = best[0].option.film_id if best else None
        await polls.close(conn, poll.id, [(each.votes, int(each.vetoed)) for each in counts])
        await self._end(conn, night, poll, winner, "votes", at)
        return "night.toast.closed"

    async def close_now(
        self, conn: AsyncConnection, participant: Participant, night_id: int, number: int, at: datetime
    ) -> str:
        """`close`, by somebody in the night's group. Raises StaleButton elsewhere."""
        await own_night(conn, participant, night_id)
        return await self.close(conn, night_id, number, at)

    async def pick(
        self, conn: AsyncConnection, participant: Participant, night_id: int, film_id: int, at: datetime
    ) -> str:
        """The host's choice, whatever the votes say. Raises StaleButton elsewhere than in the group."""
        await own_night(conn, participant, night_id)
        poll = await polls.latest(conn, night_id)
        found = None if poll is None else await self._running(conn, night_id, poll.number)
        if found is None:
            return "night.toast.over"
        night, poll = found
        counts = await self._reader.counts(conn, poll)
        offered = [each.option.film_id for each in counts if not each.vetoed]
        canonical_id = self._library.canonical_id
        if canonical_id(film_id) not in {canonical_id(offer) for offer in offered if offer is not None}:
            return "night.toast.not_offered"
        await polls.close(conn, poll.id, [(each.votes, int(each.vetoed)) for each in counts])
        await self._end(conn, night, poll, film_id, "host", at)
        return "night.toast.picked"

    async def rate(
        self, conn: AsyncConnection, person_id: int, night_id: int, stars: int, at: datetime
    ) -> int:
        """What somebody gives the film of a night: a rating like any other, and the ledger's; the film.

        Raises StaleButton for a night without a film.
        """
        night = await nights.get(conn, night_id, lock=True)
        if night is None or night.film_id is None:
            raise StaleButton(f"night {night_id} has no film")
        if person_id in {member.person_id for member in await nights.members(conn, night_id)}:
            await ledger.keep(conn, Opinion(night_id, person_id, None, None, float(stars)))
            if await self._reader.summary(conn, night_id) and not await tasks.exists(
                conn, night_id, "summary"
            ):
                await tasks.add(conn, night_id, "summary", at)
        await self._rate(conn, person_id, night.film_id, stars, at)
        return night.film_id

    async def _running(self, conn: AsyncConnection, night_id: int, number: int) -> tuple[Night, Poll] | None:
        night = await nights.get(conn, night_id, lock=True)
        poll = await polls.numbered(conn, night_id, number)
        if night is None or poll is None or night.state != "polling" or poll.state == "closed":
            return None
        return night, poll

    async def _end(
        self, conn: AsyncConnection, night: Night, poll: Poll, film_id: int | None, by: str, at: datetime
    ) -> None:
        """Note the decision, and give the tasks that follow from it."""
        await tasks.drop_all(conn, night.id, "deadline")
        await tasks.add(conn, night.id, "stop", at, poll_number=poll.number)
        await tasks.add(conn, night.id, "result", at, poll_number=poll.number)
        if film_id is None:
            await nights.change(conn, night.id, state="gathering")
            again = await nights.get(conn, night.id)
            if again is not None:
                await self._slates.refresh(conn, again)
            return
        for opinion in await self._slates.opinions(conn, night, film_id):
            await ledger.keep(conn, opinion)
        await nights.change(conn, night.id, state="decided", film_id=film_id, decided_by=by, decided_at=at)
        await self._follow_up(conn, night, at)

    async def _follow_up(self, conn: AsyncConnection, night: Night, at: datetime) -> None:
        """Members get both messages in private; who only voted, or left, has the group's stars."""
        zone = self._reader.zone(await chats.get(conn, night.chat_id))
        film_at = max(at, night.starts_at or at).astimezone(zone)
        morning = follow_up_time(film_at)
        people = {member.person_id for member in await nights.members(conn, night.id)}
        for person_id in sorted(people):
            await tasks.add(conn, night.id, "reason", at, person_id=person_id)
            await tasks.add(conn, night.id, "ask", morning, person_id=person_id)
        await tasks.add(conn, night.id, "ask_group", morning)
