"""`kill -9` at any moment, and a start in the same home: nothing lost, nothing twice, no card dead.

MATINEE_TEST_KILLS sets how many times the process is killed (6); MATINEE_TEST_SEED repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import time

import pytest

from tests.e2e.driving import Bot, Message, Person

KILLS = int(os.environ.get("MATINEE_TEST_KILLS", "6"))


@pytest.mark.check
@pytest.mark.timeout(60 + 10 * KILLS)
def test_killed_at_a_random_moment_after_a_tap(own_bot: Bot) -> None:
    seed = int(os.environ.get("MATINEE_TEST_SEED", str(time.time_ns())))
    chance = random.Random(seed)
    ada = own_bot.person("Ada")
    card = ada.send("/rate")
    given: dict[str, str] = {}
    for number in range(KILLS):
        stars = f"{number % 5 + 1}★"
        film = ada.again(card).head
        ada.press(stars, card)
        time.sleep(chance.uniform(0, 0.15))  # the moment; nothing waits for it
        own_bot.kill()
        own_bot.start()
        own_bot.settle()
        given[film] = stars
        assert ada.again(card).head != film, f"a dead card; MATINEE_TEST_SEED={seed}"
        assert ada.again(card).text.endswith("Tap Done whenever you like.")
    assert ada.history() == given, f"MATINEE_TEST_SEED={seed}"


def test_killed_while_two_people_tap(own_bot: Bot) -> None:
    """Several taps of both are under way; each person's count for that person."""
    people = [own_bot.person("Ada"), own_bot.person("Grace")]
    cards = [person.send("/rate") for person in people]
    for person, card, stars in zip(people, cards, ("5★", "1★"), strict=True):
        person.write("/recommend")
        person.press_data(card.data("3★"), card)
        person.press_data(card.data(stars), card)
        person.write("/help")
    own_bot.kill()
    own_bot.start()
    own_bot.settle()
    for person, card, stars in zip(people, cards, ("5★", "1★"), strict=True):
        assert person.history() == {card.head: stars}


def interrupted(
    bot: Bot, person: Person, before: Message, state: str, update: str, result: str | None
) -> None:
    """What a crash would have left: the newest update in `state`, and the card unedited."""
    bot.kill()
    bot.change(
        "UPDATE updates SET state = ?, body = ?, result = ?, finished_at = NULL"
        " WHERE seq = (SELECT max(seq) FROM updates)",
        state,
        update,
        result,
    )
    world = bot.telegram.world

    def unedit() -> None:
        message = world.state.messages[person.id, before.id]
        message.text, message.entities = before.text, before.raw["entities"]
        world.chats.save_message(message)

    bot.telegram.on_loop(unedit)


def newest_update(bot: Bot) -> str:
    """The JSON of the newest update, which the bot forgets once it is done."""
    return json.dumps(bot.telegram.on_loop(lambda: list(bot.telegram.world.updates._updates.values())[-1]))


def test_killed_between_the_effect_and_the_reply(own_bot: Bot) -> None:
    """The card is shown as it should be, and the stars are not given a second time."""
    ada = own_bot.person("Ada")
    card = ada.send("/rate")
    film = card.head
    ada.tap("5★", card)
    after = ada.again(card)
    interrupted(own_bot, ada, card, "applied", newest_update(own_bot), None)
    own_bot.change("UPDATE ratings SET stars = 1")  # a second effect would make them five again
    assert ada.again(card).head == film
    own_bot.start()
    own_bot.settle()
    assert ada.again(card).text == after.text
    assert ada.history() == {film: "1★"}


def test_killed_before_the_first_list_was_sent(own_bot: Bot) -> None:
    """The list that was made is sent; no second one is made."""
    ada = own_bot.person("Ada")
    card = ada.begin()
    for stars in (1, 2, 3, 4):
        ada.tap(f"{stars}★", card)
    before = ada.again(card)
    ada.tap("5★", card)
    first = ada.last()
    ((list_id,),) = own_bot.rows("SELECT max(id) FROM lists")
    interrupted(own_bot, ada, before, "applied", newest_update(own_bot), json.dumps(list_id))
    own_bot.start()
    own_bot.settle()
    assert ada.again(card).labels == []
    assert ada.last().id > first.id
    assert ada.last().text == first.text
    assert own_bot.rows("SELECT max(id) FROM lists") == [(list_id,)]
    assert len(ada.history()) == 5


def test_killed_between_intake_and_the_effect(own_bot: Bot) -> None:
    """The row is there, Telegram was not told, nothing has happened yet: it happens once."""
    ada = own_bot.person("Ada")
    card = ada.send("/rate")
    film = card.head
    own_bot.kill()
    ada.press("4★", card)
    update = json.loads(newest_update(own_bot))
    own_bot.change(
        "INSERT INTO updates (bot_id, update_id, chat_key, body, state, attempts, received_at)"
        " VALUES ((SELECT min(bot_id) FROM updates), ?, (SELECT min(chat_key) FROM updates), ?,"
        " 'received', 0, (SELECT min(received_at) FROM updates))",
        update["update_id"],
        json.dumps(update),
    )
    own_bot.start()
    own_bot.settle()
    assert ada.again(card).head != film
    assert "1 film rated" in ada.again(card).text
    assert ada.history() == {film: "4★"}
    assert own_bot.rows("SELECT count(*) FROM updates WHERE update_id = ?", update["update_id"]) == [(1,)]


def test_an_update_that_kills_is_given_up(own_bot: Bot) -> None:
    """After twenty starts that ended with it pending; the others go on."""
    ada = own_bot.person("Ada")
    card = ada.send("/rate")
    ada.tap("4★", card)
    interrupted(own_bot, ada, card, "received", newest_update(own_bot), None)
    own_bot.change("UPDATE updates SET attempts = 20 WHERE finished_at IS NULL")
    own_bot.start()
    assert "rating" in ada.send("/history").text
    assert own_bot.rows("SELECT error FROM updates WHERE state = 'failed'") == [("pending at 21 starts",)]
    assert "update given up" in own_bot.forget_troubles()
