"""Telegram fails while a night speaks: nothing is lost, and nothing is twice in silence."""

from __future__ import annotations

import time

import pytest

from tests.e2e.driving import PATIENCE, TICK, Bot
from tests.e2e.test_faults import REFUSALS
from tests.e2e.test_night import board_of


@pytest.mark.parametrize(
    ("kind", "status", "polls"),
    [("flood", 502, 1), ("error", 502, 1), ("drop_after", 502, 2), ("error_after", 500, 2)],
    ids=["flood", "error", "unsure", "error afterwards"],
)
def test_a_poll_through_trouble(bot: Bot, kind: str, status: int, polls: int) -> None:
    """A poll of which nobody knows whether it arrived is sent again, and the board says so."""
    bot.expect(*REFUSALS)
    ada, grace = bot.person("Ada"), bot.person("Grace")
    group = bot.group("Friday", ada, grace)
    group[ada].say("/night")
    group[grace].tap("Join")
    bot.telegram.post("/faults", method="sendPoll", kind=kind, chat_id=group.id, seconds=2, status=status)
    group[ada].tap("Start poll")
    deadline = time.monotonic() + PATIENCE
    while "It closes on" not in board_of(group).text:
        assert time.monotonic() < deadline, bot.text()
        time.sleep(TICK)
    bot.settle()
    assert len(group.polls()) == polls
    assert ("If there are two" in board_of(group).text) is (polls == 2)
    group[grace].vote(group.poll().options[0])
    group[ada].tap("Close now")
    assert "wins with 1 vote" in group.last().text
    bot.forget_troubles()


def test_a_night_that_is_muted_speaks_when_it_may_again(bot: Bot) -> None:
    """What it could not say waits, and comes as soon as somebody gives the bot its right back."""
    bot.expect(
        "not enough rights to send text messages to the chat", "not enough rights to send polls to the chat"
    )
    ada, grace = bot.person("Ada"), bot.person("Grace")
    group = bot.group("Friday", ada, grace)
    group[ada].say("/night")
    group[grace].tap("Join")
    group[ada].tap("Start poll")
    group[grace].vote(group.poll().options[0])
    group.permit(can_send_messages=False)
    group[ada].press("Close now", board_of(group))
    deadline = time.monotonic() + PATIENCE
    while not bot.rows("SELECT id FROM errands WHERE kind = 'result' AND state = 'waiting' AND attempts > 0"):
        assert time.monotonic() < deadline, bot.text()
        time.sleep(TICK)
    group.set_bot("administrator", ada)
    assert "wins with 1 vote" in group.last().text
    assert bot.text().count("muted in a group") == 1
    bot.forget_troubles()
