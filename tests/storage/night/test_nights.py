"""Groups, nights, polls and tasks, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage import personal
from storage.database import AsyncConnection, Database
from storage.night import chats, ledger, nights, polls, screens, tasks
from storage.night.chats import Chat
from storage.night.ledger import Opinion
from storage.people import people

Minute = Callable[[int], datetime]
GROUP, SUPERGROUP = -77, -1_007_700_000_001


async def _group(conn: AsyncConnection, minute: Minute, *person_ids: int) -> Chat:
    chat = await chats.meet(conn, GROUP)
    for number, person_id in enumerate(person_ids):
        await chats.greet(conn, chat.id, person_id, minute(number))
    return chat


async def _night(conn: AsyncConnection, chat: Chat, minute: Minute, *person_ids: int, topic: int = 0) -> int:
    night_id = await nights.create(conn, chat.id, topic, None, ["Comedy"], [1990], minute(1))
    for number, person_id in enumerate(person_ids):
        await nights.join(conn, night_id, person_id, f"Person {number}", minute(2 + number), host=number == 0)
    return night_id


async def test_a_group_is_met_once_and_comes_back(database: Database) -> None:
    async with database.write() as conn:
        chat = await chats.meet(conn, GROUP)
        assert (chat.strategy, chat.openers, chat.spare_seen, chat.time_zone) == (
            "fair",
            "everybody",
            True,
            None,
        )
        await chats.change(conn, chat.id, time_zone="Europe/Berlin", several=False, quiet_from=22, quiet_to=8)
        await chats.deactivate(conn, GROUP)
        gone = await chats.get(conn, chat.id)
        assert (gone.active, gone.time_zone, gone.several, gone.quiet_from) == (
            False,
            "Europe/Berlin",
            False,
            22,
        )
        assert (await chats.meet(conn, GROUP)).active
        with pytest.raises(ValueError, match="no setting"):
            await chats.change(conn, chat.id, telegram_id=5)


async def test_who_was_met_in_a_group_alone_cannot_be_written_to(database: Database, minute: Minute) -> None:
    async with database.write() as conn:
        met = await people.meet(conn, 5, "en", minute(0), privately=False)
        assert not met.active
        assert (await people.meet(conn, 5, "en", minute(1))).active
        assert (await people.meet(conn, 5, None, minute(2), privately=False)).active


async def test_one_open_night_a_topic(database: Database, minute: Minute, ann: int) -> None:
    async with database.write() as conn:
        chat = await _group(conn, minute, ann)
        first = await _night(conn, chat, minute, ann)
        other = await _night(conn, chat, minute, ann, topic=9)
        found = [await nights.open_in(conn, chat.id, topic) for topic in (0, 9, 10)]
        assert [night and night.id for night in found] == [first, other, None]
        await nights.change(conn, first, state="cancelled")
        assert await nights.open_in(conn, chat.id, 0) is None
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await _night(conn, chat, minute, ann, topic=9)


async def test_members_vetoes_and_who_hosts(
    database: Database, minute: Minute, ann: int, bob: int, film_ids: list[int]
) -> None:
    async with database.write() as conn:
        chat = await _group(conn, minute, ann, bob)
        night_id = await _night(conn, chat, minute, ann, bob)
        assert not await nights.join(conn, night_id, bob, "Bob", minute(9), host=True)
        members = await nights.members(conn, night_id)
        assert [(each.person_id, each.name, each.host) for each in members] == [
            (ann, "Person 0", True),
            (bob, "Person 1", False),
        ]
        assert await nights.veto(conn, night_id, bob, film_ids[0], minute(3)) is None
        assert await nights.veto(conn, night_id, bob, film_ids[1], minute(4)) == film_ids[0]
        assert await nights.vetoes_of(conn, night_id) == {film_ids[1]}
        await nights.hand_over(conn, night_id, bob)
        assert [each.host for each in await nights.members(conn, night_id)] == [False, True]
        assert await nights.leave(conn, night_id, bob)
        assert not await nights.leave(conn, night_id, bob)
        assert await nights.vetoes_of(conn, night_id) == set()
        (left,) = await nights.members(conn, night_id)
        assert left.host, "a night without its host has the first who joined"


async def test_votes_are_replaced_and_taken_back(
    database: Database, minute: Minute, ann: int, bob: int, film_ids: list[int]
) -> None:
    async with database.write() as conn:
        night_id = await _night(conn, await _group(conn, minute, ann, bob), minute, ann, bob)
        poll_id = await polls.create(
            conn,
            night_id,
            1,
            [(film_ids[2], 2), (film_ids[0], 1), (None, None)],
            several=True,
            outsiders=True,
            strategy="fair",
            closes_at=minute(120),
        )
        assert await polls.find(conn, "55") is None
        await polls.posted(conn, poll_id, "55", 900)
        poll = await polls.find(conn, "55")
        assert poll is not None
        assert (poll.id, poll.state, poll.message_id, poll.tally) == (poll_id, "open", 900, None)
        await polls.vote(conn, poll_id, ann, "Ann", [1, 0], minute(3))
        await polls.vote(conn, poll_id, bob, "Bob", [2], minute(4))
        await polls.vote(conn, poll_id, ann, "Ann", [1], minute(5))
        await polls.vote(conn, poll_id, bob, "Bob", [], minute(6))
        assert await polls.votes_of(conn, poll_id) == {ann: [1]}
        assert await polls.shown_before(conn, night_id) == {film_ids[0], film_ids[2]}
        await polls.close(conn, poll_id, [(0, 1), (1, 0), (0, 0)])
        await polls.posted(conn, poll_id, "55", 900)
        closed = await polls.latest(conn, night_id)
        assert closed is not None
        assert (closed.state, closed.tally) == ("closed", ((0, 1), (1, 0), (0, 0)))


async def test_messages_that_show_an_older_version(database: Database, minute: Minute, ann: int) -> None:
    async with database.write() as conn:
        chat = await _group(conn, minute, ann)
        night_id = await _night(conn, chat, minute, ann)
        assert await screens.place(conn, night_id, "board")
        assert not await screens.place(conn, night_id, "board")
        (stale,) = await screens.stale(conn)
        assert (stale.kind, stale.message_id, stale.version) == ("board", None, 1)
        await screens.show(conn, night_id, "board", 31, 1)
        assert await screens.stale(conn) == []
        await nights.touch(conn, night_id)
        (stale,) = await screens.stale(conn)
        assert (stale.message_id, stale.version) == (31, 2)
        await chats.deactivate(conn, GROUP)
        assert await screens.stale(conn) == []


@pytest.mark.parametrize("wrote_before", [False, True])
async def test_a_group_moves_with_all_that_is_in_it(
    database: Database, minute: Minute, ann: int, bob: int, wrote_before: bool
) -> None:
    """Also where people wrote in the supergroup before Telegram told of it; twice, it happens once."""
    async with database.write() as conn:
        chat = await _group(conn, minute, ann)
        night_id = await _night(conn, chat, minute, ann)
        await screens.place(conn, night_id, "board")
        await screens.show(conn, night_id, "board", 31, 1)
        await chats.change(conn, chat.id, strategy="average")
        poll_id = await polls.create(
            conn,
            night_id,
            1,
            [(None, None)],
            several=True,
            outsiders=True,
            strategy="fair",
            closes_at=minute(60),
        )
        await polls.posted(conn, poll_id, "old", 32)
        await polls.vote(conn, poll_id, ann, "Ann", [0], minute(4))
        await nights.change(conn, night_id, state="polling")
        if wrote_before:
            early = await chats.meet(conn, SUPERGROUP)
            await chats.greet(conn, early.id, ann, minute(5))
            await chats.greet(conn, early.id, bob, minute(5))
            await _night(conn, early, minute, bob)
            await _night(conn, early, minute, bob, topic=4)
        assert await chats.move(conn, GROUP, SUPERGROUP)
        assert not await chats.move(conn, GROUP, SUPERGROUP)
        moved = await chats.find(conn, SUPERGROUP)
        assert moved is not None
        assert (moved.id, moved.strategy) == (chat.id, "average")
        assert await chats.find(conn, GROUP) is None
        here = await nights.open_in(conn, chat.id, 0)
        assert here is not None
        assert here.id == night_id
        assert await screens.message_of(conn, night_id, "board") is None
        poll = await polls.numbered(conn, night_id, 1)
        assert poll is not None
        assert (poll.state, poll.message_id, poll.telegram_poll_id) == ("due", None, "old")
        assert await polls.votes_of(conn, poll_id) == {ann: [0]}
        assert [(each.kind, each.poll_number) for each in await tasks.due(conn, minute(9))] == [("poll", 1)]
        assert (await nights.open_in(conn, chat.id, 4) is not None) is wrote_before
        met = {member.person_id for member in await chats.members(conn, chat.id, 9)}
        assert met == ({ann, bob} if wrote_before else {ann})


async def test_tasks_come_when_they_are_due(database: Database, minute: Minute, ann: int) -> None:
    async with database.write() as conn:
        night_id = await _night(conn, await _group(conn, minute, ann), minute, ann)
        await tasks.add(conn, night_id, "deadline", minute(60), poll_number=1)
        await tasks.add(conn, night_id, "poll", minute(3), poll_number=1)
        await tasks.add(conn, night_id, "ask", minute(900), person_id=ann)
        assert [each.kind for each in await tasks.due(conn, minute(5))] == ["poll"]
        assert await tasks.next_due(conn, minute(5)) == minute(60)
        (poll,) = await tasks.due(conn, minute(5))
        assert not await polls.on_its_way(conn)
        await tasks.try_now(conn, poll.id)
        assert await polls.on_its_way(conn)
        (poll,) = await tasks.due(conn, minute(5))
        assert (poll.state, poll.attempts) == ("trying", 1)
        await tasks.postpone(conn, poll.id, minute(9), arrived=None)
        assert await tasks.due(conn, minute(5)) == []
        (poll,) = await tasks.due(conn, minute(9))
        assert poll.state == "trying"
        await tasks.finish(conn, poll.id, message_id=8)
        await tasks.shift(conn, night_id, ("deadline",), timedelta(minutes=-30))
        assert [each.kind for each in await tasks.due(conn, minute(30))] == ["deadline"]
        assert await tasks.exists(conn, night_id, "poll")
        await tasks.drop_all(conn, night_id, "deadline")
        assert [each.kind for each in await tasks.due(conn, minute(1000))] == ["ask"]
        await chats.deactivate(conn, GROUP)
        assert await tasks.due(conn, minute(1000)) == []


async def test_the_ledger_keeps_the_real_in_place_of_the_predicted(
    database: Database, minute: Minute, ann: int, bob: int, film_ids: list[int]
) -> None:
    async with database.write() as conn:
        chat = await _group(conn, minute, ann, bob)
        for number in (0, 1):
            night_id = await _night(conn, chat, minute, ann, bob)
            for person_id, predicted in ((ann, 0.9), (bob, 0.5)):
                await ledger.keep(conn, Opinion(night_id, person_id, predicted, 3.5, None))
            await nights.change(
                conn,
                night_id,
                state="decided",
                film_id=film_ids[number],
                decided_by="votes",
                decided_at=minute(9),
            )
        went = await ledger.last_time(conn, chat.id, [ann, bob])
        assert {person: each.satisfaction for person, each in went.items()} == {ann: 0.9, bob: 0.5}
        await ledger.keep(conn, Opinion(night_id, bob, None, None, 2.5))
        went = await ledger.last_time(conn, chat.id, [ann, bob])
        assert went[bob] == Opinion(night_id, bob, 0.5, 3.5, 2.5)
        assert went[bob].satisfaction == 0.25
        assert len(await ledger.of(conn, bob)) == 2
        assert await nights.watched(conn, chat.id) == set(film_ids[:2])
        night = await nights.get(conn, night_id)
        assert night is not None
        assert await nights.watched_before(conn, night) == film_ids[0]
        assert await ledger.last_time(conn, chat.id, [-5]) == {}


async def test_a_night_goes_on_when_somebody_is_forgotten(
    database: Database, minute: Minute, ann: int, bob: int, film_ids: list[int]
) -> None:
    async with database.write() as conn:
        night_id = await _night(conn, await _group(conn, minute, ann, bob), minute, ann, bob)
        await nights.veto(conn, night_id, ann, film_ids[0], minute(3))
        await personal.forget(conn, await people.get(conn, ann), running=0, body=None)
        (left,) = await nights.members(conn, night_id)
        assert (left.person_id, left.host) == (bob, True)
        assert await nights.vetoes_of(conn, night_id) == set()
