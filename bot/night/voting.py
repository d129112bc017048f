"""The poll of a night, from `Start poll` to the last vote."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from bot.night.access import own_night
from bot.night.gathering import ENOUGH, Slates
from bot.night.rules import closing_time
from bot.night.states import NightReader
from bot.participants import Participant
from storage.database import AsyncConnection
from storage.errors import DatabaseBusy
from storage.night import chats, nights, polls, tasks
from storage.night.nights import Night


class Voting:
    """Runs in the caller's transaction, and returns the key of the toast that says what was done."""

    def __init__(self, slates: Slates, reader: NightReader, poll_time: timedelta) -> None:
        self._slates = slates
        self._reader = reader
        self._poll_time = poll_time

    async def start(
        self, conn: AsyncConnection, participant: Participant, night_id: int, number: int, at: datetime
    ) -> str:
        """Freeze the slate and have the `number`-th poll sent. A second tap changes nothing."""
        night = await own_night(conn, participant, night_id)
        if night.state != "gathering":
            return "night.toast.polling" if night.state == "polling" else "night.toast.over"
        last = await polls.latest(conn, night.id)
        if number != (last.number + 1 if last else 1):
            return "night.toast.over"
        await self._slates.refresh(conn, night)
        if len(await nights.members(conn, night.id)) < ENOUGH:
            return "night.toast.alone"
        slate = await nights.slate(conn, night.id)
        if len(slate) < ENOUGH:
            return "night.toast.too_few"
        chat = await chats.get(conn, night.chat_id)
        ranks: list[tuple[int | None, int | None]] = [
            (film, rank) for rank, film in enumerate(slate, start=1)
        ]
        random.shuffle(ranks)  # nobody's favourite is on top for being it
        closes_at = closing_time(at, night.starts_at, self._poll_time)
        await polls.create(
            conn,
            night.id,
            number,
            [*ranks, (None, None)],
            several=chat.several,
            outsiders=chat.outsiders,
            strategy=chat.strategy,
            closes_at=closes_at,
        )
        await nights.change(conn, night.id, state="polling")
        await tasks.add(conn, night.id, "poll", at, poll_number=number)
        await tasks.add(conn, night.id, "deadline", closes_at, poll_number=number)
        return "night.toast.poll_comes"

    async def cancel(
        self, conn: AsyncConnection, participant: Participant, night_id: int, at: datetime
    ) -> str:
        """Call it off, poll and all."""
        night = await own_night(conn, participant, night_id)
        if not night.is_open:
            return "night.toast.over"
        await tasks.drop_all(conn, night.id)
        poll = await polls.latest(conn, night.id)
        if poll is not None and poll.state != "closed":
            counts = await self._reader.counts(conn, poll)
            await polls.close(conn, poll.id, [(each.votes, int(each.vetoed)) for each in counts])
            await tasks.add(conn, night.id, "stop", at, poll_number=poll.number)
        await nights.change(conn, night.id, state="cancelled")
        return "night.toast.cancelled"

    async def vote(
        self,
        conn: AsyncConnection,
        telegram_poll_id: str,
        person_id: int,
        name: str,
        positions: list[int],
        at: datetime,
    ) -> None:
        """Somebody's vote, in place of their former one. Raises DatabaseBusy while the poll is on its way.

        A copy of the poll may be forwarded anywhere: who votes is not met in the group for it.
        """
        poll = await polls.find(conn, telegram_poll_id)
        if poll is None:
            if await polls.on_its_way(conn):
                raise DatabaseBusy("a vote came before its poll was written down")
            return
        night = await nights.get(conn, poll.night_id, lock=True)
        if night is None or night.state != "polling" or poll.state == "closed":
            return  # too late: it is counted
        await polls.vote(conn, poll.id, person_id, name, positions, at)
        await nights.touch(conn, night.id)


async def offered(conn: AsyncConnection, night: Night) -> list[int]:
    """The films that the poll offers, or would offer now."""
    poll = await polls.latest(conn, night.id)
    if night.state == "polling" and poll is not None:
        options = await polls.options(conn, poll.id)
        return [option.film_id for option in options if option.film_id is not None]
    return await nights.slate(conn, night.id)
