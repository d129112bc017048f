"""What Telegram does on bad days, and what the bot makes of it: nothing is lost, nothing has no end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.driving import PATIENCE, TICK, Bot, Person

# What the call log says of calls that met a fault.
REFUSALS = (
    "Too Many Requests: retry after 3",
    "Internal Server Error",
    "Too Many Requests: retry after 2",
    "Forbidden: bot was blocked by the user",
    "Forbidden: user is deactivated",
    "Bad Gateway",
    "an HTML page instead of an answer",
    "the connection was dropped before the call took effect",
    "the connection was dropped after the call took effect",
)
SERVER_TROUBLE = [("error", 502), ("html", 200)]
Arm = Callable[..., None]


@pytest.fixture
def arm(bot: Bot) -> Iterator[Arm]:
    """`arm("flood", "send*", ada)`. At the end every fault must have struck."""

    def fault(kind: str, method: str = "*", whom: Person | None = None, **fields: Any) -> None:
        chat_id = None if whom is None else whom.id
        bot.telegram.post("/faults", kind=kind, method=method, chat_id=chat_id, **fields)

    bot.expect(*REFUSALS)
    yield fault
    bot.settle()
    left = bot.telegram.get("/faults")["armed"]
    bot.telegram.http.delete("/faults")
    bot.forget_troubles()  # each of them is a warning in the log, and some are called an error
    assert bot.rows("SELECT error FROM updates WHERE state = 'failed'") == []
    assert left == []


def calls(bot: Bot, method: str, *people: Person) -> list[Any]:
    """The calls of a method in these people's chats, oldest first."""
    ids = {person.id for person in people}
    return [c for c in bot.telegram.get("/calls", method=method) if c["params"].get("chat_id") in ids]


def until_struck(bot: Bot) -> None:
    """Wait until nothing is armed any more."""
    deadline = time.monotonic() + PATIENCE
    while bot.telegram.get("/faults")["armed"]:
        assert time.monotonic() < deadline, bot.text()
        time.sleep(TICK)


def is_active(person: Person) -> bool:
    """Whether the bot would write to this person unasked."""
    ((active,),) = person.bot.rows("SELECT active FROM people WHERE telegram_id = ?", person.id)
    return bool(active)


def test_a_flood_on_an_edit_waits_and_holds_up_nobody_else(
    bot: Bot, ada: Person, grace: Person, arm: Arm
) -> None:
    cards = {person: person.begin() for person in (ada, grace)}
    arm("flood", "editMessageText", ada, seconds=2)
    ada.press("4★", cards[ada])
    until_struck(bot)
    grace.press("3★", cards[grace])
    bot.settle()
    edits = calls(bot, "editMessageText", ada, grace)[-3:]
    assert [(call["params"]["chat_id"], call["ok"]) for call in edits] == [
        (ada.id, False),
        (grace.id, True),
        (ada.id, True),
    ]
    assert edits[2]["time"] - edits[0]["time"] > 1.9  # it waited as long as it was told to
    assert ada.again(cards[ada]).text.endswith("1 of 5")
    assert ada.history() == {cards[ada].head: "4★"}
    assert grace.history() == {cards[grace].head: "3★"}


def test_a_flood_on_an_edit_takes_a_second_tap_and_its_toast(bot: Bot, ada: Person, arm: Arm) -> None:
    """What was tapped first is done, and shown late; nobody waits for that to tap again."""
    card = ada.begin()
    film = card.head
    arm("flood", "editMessageText", ada, seconds=3)
    ada.press("4★", card)
    until_struck(bot)
    struck = time.monotonic()
    query = ada.press("2★", card)
    while not (answer := bot.telegram.get(f"/queries/{query['query_id']}")["answer"]):
        time.sleep(TICK)
    assert answer["text"] == f"{film}: 2★"
    assert time.monotonic() - struck < 2
    bot.settle()
    assert ada.history() == {film: "2★"}
    assert ada.again(card).text.endswith("1 of 5")


def test_a_flood_on_a_send_waits(ada: Person, grace: Person, bot: Bot, arm: Arm) -> None:
    for person in (ada, grace):
        person.begin()
    arm("flood", "sendMessage", ada, seconds=2)
    sent = ada.write("/help")
    until_struck(bot)
    grace.write("/help")
    bot.settle()
    sends = calls(bot, "sendMessage", ada, grace)[-3:]
    assert [(call["params"]["chat_id"], call["ok"]) for call in sends] == [
        (ada.id, False),
        (grace.id, True),
        (ada.id, True),
    ]
    assert sends[2]["time"] - sends[0]["time"] > 1.9
    assert len([message for message in ada.messages() if message.id > sent["message_id"]]) == 1


@pytest.mark.check
def test_a_flood_of_the_whole_bot_loses_no_rating(ada: Person, grace: Person, bot: Bot, arm: Arm) -> None:
    cards = {person: person.begin() for person in (ada, grace)}
    arm("flood", seconds=2, times=6)
    for person, stars in ((ada, "5★"), (grace, "2★")):
        person.press(stars, cards[person])
    until_struck(bot)
    assert ada.history() == {cards[ada].head: "5★"}
    assert grace.history() == {cards[grace].head: "2★"}


@pytest.mark.check
def test_a_flood_on_a_toast_only_delays_it(ada: Person, bot: Bot, arm: Arm) -> None:
    card = ada.begin()
    arm("flood", "answerCallbackQuery", ada, seconds=2)
    assert ada.tap("4★", card) == f"{card.head}: 4★"
    refused, answered = bot.telegram.get("/calls", method="answerCallbackQuery")[-2:]
    assert answered["time"] - refused["time"] > 1.9
    assert ada.history() == {card.head: "4★"}


@pytest.mark.parametrize("kind", ["blocked", "deactivated"])
def test_who_cannot_be_written_to_is_inactive_until_the_next_contact(
    bot: Bot, ada: Person, grace: Person, arm: Arm, kind: str
) -> None:
    card = ada.begin()
    arm(kind, "sendMessage", ada)
    assert ada.say("/help") == []
    assert not is_active(ada)
    assert grace.begin().buttons
    assert "4★" in ada.tap("4★", card)
    assert is_active(ada)


def test_who_blocks_the_bot_in_the_middle_comes_back_to_where_it_was(
    bot: Bot, ada: Person, grace: Person
) -> None:
    card = ada.begin()
    ada.tap("4★", card)
    second = ada.again(card)
    bot.telegram.post(f"/chats/{ada.id}/block")
    bot.settle()
    assert not is_active(ada)
    assert grace.begin().buttons
    bot.telegram.post(f"/chats/{ada.id}/unblock")
    ada.tap("2★", second)
    assert is_active(ada)
    assert ada.history() == {card.head: "4★", second.head: "2★"}


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "answerCallbackQuery", "getUpdates"])
@pytest.mark.parametrize(("kind", "status"), SERVER_TROUBLE)
def test_trouble_of_the_server_is_waited_out(
    ada: Person, arm: Arm, method: str, kind: str, status: int
) -> None:
    card = ada.begin()
    arm(kind, method, status=status)
    if method == "getUpdates":  # the poll that waits already comes through
        ada.send("/help")
    assert ada.tap("4★", card) == f"{card.head}: 4★"
    assert ada.again(card).text.endswith("1 of 5")
    assert ada.send("/history").text.splitlines()[2:] == [f"1. {card.head} 4★"]


@pytest.mark.check
def test_a_longer_outage_is_waited_out_too(ada: Person, arm: Arm) -> None:
    ada.begin()
    arm("error", "sendMessage", ada, times=5)
    assert ada.send("/help").text


@pytest.mark.parametrize(("kind", "answers"), [("drop_before", 1), ("drop_after", 2)])
def test_a_reply_that_may_not_have_arrived_is_sent_once_more(
    ada: Person, arm: Arm, kind: str, answers: int
) -> None:
    ada.begin()
    arm(kind, "sendMessage", ada)
    assert len(ada.say("/help")) == answers


@pytest.mark.check
def test_a_reply_is_not_sent_without_end(ada: Person, bot: Bot, arm: Arm) -> None:
    ada.begin()
    arm("drop_after", "sendMessage", ada, times=3)
    assert len(ada.say("/help")) == 3
    assert len(ada.say("/help")) == 1


@pytest.mark.parametrize("method", ["editMessageText", "answerCallbackQuery", "getUpdates"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_what_can_be_repeated_is_repeated(ada: Person, arm: Arm, kind: str, method: str) -> None:
    card = ada.begin()
    arm(kind, method)
    if method == "getUpdates":
        ada.send("/help")
    assert ada.tap("4★", card) == f"{card.head}: 4★"
    assert ada.again(card).text.endswith("1 of 5")
    assert ada.history() == {card.head: "4★"}


def test_a_query_that_expires_meanwhile_stops_nothing(ada: Person, bot: Bot, arm: Arm) -> None:
    card = ada.begin()
    arm("delay", "answerCallbackQuery", ada, seconds=1)
    tapped = ada.press("4★", card)
    until_struck(bot)
    assert bot.telegram.post("/queries/expire")["expired"] == [tapped["query_id"]]
    bot.settle()
    assert ada.again(card).text.endswith("1 of 5")
    assert len(ada.messages()) == 2
    assert ada.history() == {card.head: "4★"}


def test_what_is_delivered_again_has_no_second_effect(ada: Person, bot: Bot) -> None:
    card = ada.begin()
    ada.tap("4★", card)
    once = bot.telegram.post("/updates/redeliver")["redelivered"]
    bot.telegram.post(f"/updates/{once}/redeliver")
    ada.send("/help")  # polled after them
    bot.telegram.post("/updates/redeliver")
    assert ada.history() == {card.head: "4★"}
    assert ada.again(card).text.endswith("1 of 5")
    assert len(ada.messages()) == 6  # /start, the card, and twice what was asked and answered


def test_a_slow_answer_holds_up_only_its_chat(ada: Person, grace: Person, bot: Bot, arm: Arm) -> None:
    for person in (ada, grace):
        person.begin()
    arm("delay", "sendMessage", ada, seconds=2)
    ada.write("/help")
    until_struck(bot)
    grace.write("/help")
    bot.settle()
    sends = calls(bot, "sendMessage", ada, grace)[-2:]
    assert [call["params"]["chat_id"] for call in sends] == [grace.id, ada.id]
    assert (len(ada.messages()), len(grace.messages())) == (4, 4)
