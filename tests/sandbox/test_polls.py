"""Polls: what Telegram takes, how people vote, and what the bot hears of it."""

import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Message, Poll
from telegram.error import BadRequest, NetworkError
from telegram.ext import ExtBot

from sandbox import Sandbox
from sandbox.bot_api.methods import METHODS
from sandbox.errors import ApiError, ControlError

Call = Callable[..., Coroutine[Any, Any, Any]]
FILMS = ["Heat (1995)", "Ronin (1998)", "None of these"]


@pytest.fixture
def group(sandbox: Sandbox, ada: int, grace: int) -> int:
    chat = sandbox.groups.add("Movie night", ada)
    for person_id in (grace, sandbox.bot.person_id):
        sandbox.groups.set_member(chat.chat_id, person_id, "member", ada)
    sandbox.updates.drop_pending()
    return chat.chat_id


@pytest.fixture
async def asked(ptb: ExtBot[None], group: int) -> Message:
    """An open poll with visible votes."""
    return await ptb.send_poll(group, "Which film?", FILMS, is_anonymous=False)


async def news(ptb: ExtBot[None]) -> tuple[list[Poll], list[tuple[int, tuple[int, ...]]]]:
    """The polls' new states, and who chose what."""
    updates = await ptb.get_updates(timeout=0)
    if updates:
        await ptb.get_updates(offset=updates[-1].update_id + 1, timeout=0)
    answers = [update.poll_answer for update in updates if update.poll_answer]
    return (
        [update.poll for update in updates if update.poll],
        [(answer.user.id, answer.option_ids) for answer in answers if answer.user],
    )


async def test_votes_are_changed_and_taken_back(
    http: httpx.AsyncClient, ptb: ExtBot[None], asked: Message, group: int, ada: int, grace: int
) -> None:
    votes = f"/control/chats/{group}/votes"
    for person_id, options in (
        (ada, FILMS[:1]),
        (grace, FILMS[:1]),
        (ada, FILMS[1:2]),
        (ada, FILMS[1:2]),
        (grace, []),
    ):
        voted = await http.post(votes, json={"person_id": person_id, "options": options})
        assert voted.status_code == 201
    assert voted.json()["options"][1] == {"text": FILMS[1], "votes": 1, "voters": [ada]}
    states, answers = await news(ptb)
    assert answers == [(ada, (0,)), (grace, (0,)), (ada, (1,)), (grace, ())]
    assert [[option.voter_count for option in poll.options] for poll in states] == [
        [1, 0, 0],
        [2, 0, 0],
        [1, 1, 0],
        [0, 1, 0],
    ]
    ends = [await http.post(f"/control/chats/{group}/polls/end") for _ in range(2)]
    assert [end.status_code for end in ends] == [200, 409]
    assert [poll.is_closed for poll in (await news(ptb))[0]] == [True]
    assert asked.poll is not None
    assert {poll.id for poll in states} == {asked.poll.id}
    assert not asked.poll.is_anonymous


async def test_a_stopped_poll_takes_no_votes(
    ptb: ExtBot[None], sandbox: Sandbox, asked: Message, group: int, ada: int
) -> None:
    sandbox.polls.vote(group, ada, FILMS[:1])
    stopped = await ptb.stop_poll(group, asked.message_id)
    assert (stopped.is_closed, stopped.total_voter_count, stopped.options[0].voter_count) == (True, 1, 1)
    assert (await news(ptb))[0][-1] == stopped
    with pytest.raises(ControlError, match="the poll is closed"):
        sandbox.polls.vote(group, ada, [])
    with pytest.raises(BadRequest, match="oll has already been closed"):
        await ptb.stop_poll(group, asked.message_id)
    await asked.delete()
    with pytest.raises(BadRequest, match="essage with poll to stop not found"):
        await ptb.stop_poll(group, asked.message_id)


async def test_a_poll_closes_when_its_time_is_over(
    ptb: ExtBot[None], sandbox: Sandbox, group: int, ada: int
) -> None:
    asked = await ptb.send_poll(group, "Which film?", FILMS, is_anonymous=False, open_period=600)
    assert asked.poll is not None
    sandbox.state.polls[asked.poll.id].close_date = int(time.time())
    (update,) = await ptb.get_updates(timeout=20)
    assert update.poll is not None
    assert update.poll.is_closed
    with pytest.raises(ControlError, match="the poll is closed"):
        sandbox.polls.vote(group, ada, FILMS[:1])


async def test_what_a_poll_allows(ptb: ExtBot[None], sandbox: Sandbox, group: int, ada: int) -> None:
    await ptb.send_poll(group, "One?", FILMS, is_anonymous=False, allows_multiple_answers=True)
    sandbox.polls.vote(group, ada, FILMS[2::-2])
    assert (await news(ptb))[1] == [(ada, (0, 2))]
    secret = await ptb.send_poll(group, "Two?", FILMS)
    poll = sandbox.polls.vote(group, ada, FILMS[1:2])
    assert (poll.message_id, (await news(ptb))[1]) == (secret.message_id, [])
    with pytest.raises(ControlError, match="takes one answer"):
        sandbox.polls.vote(group, ada, FILMS[:2])
    with pytest.raises(ControlError, match="there is no option 'Alien'"):
        sandbox.polls.vote(group, ada, ["Alien"])
    linus = sandbox.people.add("Linus").person_id
    with pytest.raises(ControlError, match="Linus is not in this group"):
        sandbox.polls.vote(group, linus, FILMS[:1])
    sandbox.state.polls[poll.poll_id].allows_revoting = False
    with pytest.raises(ControlError, match="lets nobody change a vote"):
        sandbox.polls.vote(group, ada, [])


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"question": " "}, "poll question must be non-empty"),
        ({"question": "x" * 301}, "poll question length must not exceed 300"),
        ({"options": []}, "poll must have at least 1 option"),
        ({"options": [{"text": str(i)} for i in range(13)]}, "poll can't have more than 12 options"),
        ({"options": [{"text": "x" * 101}]}, "poll options length must not exceed 100"),
        ({"options": [{"text": " "}]}, "poll options must be non-empty"),
        ({"options": [{"text": "x"}, {"text": "x "}]}, "POLL_OPTION_DUPLICATE"),
        ({"open_period": 4}, "open_period is out of range"),
        ({"close_date": 4}, "close_date is out of range"),
        ({"open_period": 5, "close_date": 5}, "open_period and close_date can't be used together"),
        ({"type": "quiz"}, "a poll of type quiz is not supported by the local Telegram yet"),
    ],
)
async def test_polls_that_telegram_refuses(
    execute: Call, group: int, params: dict[str, Any], description: str
) -> None:
    whole = {"chat_id": group, "question": "x" * 300, "options": [{"text": "x" * 100}]}
    with pytest.raises(ApiError) as refusal:
        await execute("sendPoll", **{**whole, **params})
    assert refusal.value.description == f"Bad Request: {description}"
    assert (await execute("sendPoll", **whole))["poll"]["options"][0]["voter_count"] == 0


async def test_faults_strike_polls(ptb: ExtBot[None], sandbox: Sandbox, group: int) -> None:
    sandbox.faults.arm("drop_after", "sendPoll", group)
    with pytest.raises(NetworkError):
        await ptb.send_poll(group, "Which film?", FILMS)
    assert len(sandbox.state.polls) == 1  # the answer was lost, the poll was not
    sandbox.faults.arm("no_rights", "sendPoll", group)
    with pytest.raises(BadRequest, match="rights to send polls"):
        await ptb.send_poll(group, "Which film?", FILMS)


async def test_groups_polls_and_topics_survive_a_restart(tmp_path: Path, token: str) -> None:
    world = Sandbox(token, path=tmp_path / "sandbox.db")
    ada, grace = world.state.people
    chat = world.groups.add("Films", ada, is_forum=True)
    world.groups.set_member(chat.chat_id, world.bot.person_id, "member", ada)
    world.groups.set_member(chat.chat_id, grace, "kicked", ada)
    topic = world.topics.add(chat.chat_id, "Horror", ada)
    options = [{"text": text} for text in FILMS]
    place = {"chat_id": chat.chat_id, "message_thread_id": topic.thread_id}
    await METHODS["sendPoll"](world, {**place, "question": "Which?", "options": options})
    world.polls.vote(chat.chat_id, ada, FILMS[1:2])
    again = Sandbox(token, path=tmp_path / "sandbox.db")
    for name in ("chats", "members", "topics", "polls", "messages"):
        assert getattr(again.state, name) == getattr(world.state, name)
    assert again.chats.add_message(chat.chat_id, ada, "x").message_id == chat.last_message_id + 1
    world.close()
    again.close()
