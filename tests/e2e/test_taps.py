"""What thumbs do: twice, at once, too late, on what is gone. And what Telegram does: the same again."""

from __future__ import annotations

import pytest

from tests.e2e.driving import Bot, Person

STALE = "This menu was refreshed. /help shows where things are."


def test_a_double_tap_is_one_rating(ada: Person) -> None:
    """Both are answered, and the card moves on by one film."""
    card = ada.begin()
    film = card.head
    first, second = ada.press("4★", card), ada.press("4★", card)
    assert {ada.toast(first), ada.toast(second)} == {f"{film}: 4★"}
    assert ada.again(card).text.endswith("1 of 5")
    assert ada.history() == {film: "4★"}


def test_two_thumbs_on_two_stars(ada: Person) -> None:
    """The last one counts."""
    card = ada.begin()
    film = card.head
    ada.press("1★", card)
    ada.press("5★", card)
    ada.bot.settle()
    assert ada.again(card).text.endswith("1 of 5")
    assert ada.history() == {film: "5★"}


@pytest.mark.parametrize("label", ["Done", "Skip"])
def test_a_double_tap_on_the_questionnaire_begins_one_round(ada: Person, label: str) -> None:
    questionnaire = ada.send("/start")
    ada.press(label, questionnaire)
    ada.press(label, questionnaire)
    ada.bot.settle()
    assert len(ada.messages()) == 2
    assert ada.last().text.endswith("0 of 5")


def test_a_double_tap_on_a_genre_is_one_answer(ada: Person) -> None:
    questionnaire = ada.send("/start")
    ada.press("Comedy", questionnaire)
    ada.press("Comedy", questionnaire)
    ada.bot.settle()
    assert "👍 Comedy" in ada.again(questionnaire).buttons


def test_a_double_tap_on_done_brings_one_list(ada: Person) -> None:
    card = ada.begin()
    ada.tap("3★")
    ada.press("Done", card)
    ada.press("Done", card)
    ada.bot.settle()
    assert len(ada.messages()) == 3
    assert len(ada.last().films) == 5


def test_a_double_tap_on_the_fifth_answer_brings_one_list(ada: Person) -> None:
    card = ada.begin()
    for stars in (1, 2, 3, 4):
        ada.tap(f"{stars}★")
    ada.press("5★", card)
    ada.press("5★", card)
    ada.bot.settle()
    assert len(ada.messages()) == 3
    assert len(ada.history()) == 5


def test_a_double_tap_on_undo_takes_one_answer_back(ada: Person) -> None:
    card = ada.begin()
    ada.tap("5★")
    second = ada.again(card).head
    ada.tap("4★")
    ada.press("Undo", card)
    ada.press("Undo", card)
    ada.bot.settle()
    assert ada.again(card).head == second
    assert list(ada.history().values()) == ["5★"]


def test_a_double_tap_on_more_brings_one_page(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    ada.press_data(page.data("More"), page)
    ada.press_data(page.data("More"), page)
    ada.bot.settle()
    following = ada.again(page)
    ada.tap("Back", page)
    assert ada.again(page).text == page.text
    assert not set(following.films) & set(page.films)


def test_double_taps_on_cards_and_marks(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    ada.press_data(page.data("1"), page)
    ada.press_data(page.data("1"), page)
    ada.bot.settle()
    for label in ("Seen it", "✓ Seen it", "Not interested", "4★", "Remove", "Back"):
        data = ada.again(page).data(label)
        ada.press_data(data, page)
        ada.press_data(data, page)
        ada.bot.settle()
    assert ada.again(page).films == page.films
    assert len(ada.history()) == 5


def test_two_people_at_once_are_never_mixed(bot: Bot, ada: Person, grace: Person) -> None:
    """Taps of both before the bot answers either; each has their own stars alone."""
    cards = {ada: ada.begin(), grace: grace.begin()}
    given: dict[Person, dict[str, str]] = {ada: {}, grace: {}}
    for _ in range(5):
        for person, stars in ((ada, "5★"), (grace, "1★")):
            given[person][person.again(cards[person]).head] = stars
        presses = [(person, person.press(stars)) for person, stars in ((ada, "5★"), (grace, "1★"))]
        for person, query in presses:
            assert person.toast(query)
    for person in (ada, grace):
        assert person.history() == given[person]
        assert len(person.messages()) == 5


def test_many_messages_at_once_are_answered_in_order(ada: Person) -> None:
    begins = {
        "/nosuch": "I don't know",
        "/help": "What I can do",
        "/cancel": "There is nothing",
        "qwertzuiop": "I know no film",
        "/history": "You have not",
    }
    texts = [*begins, *begins]
    for text in texts:
        ada.write(text)
    ada.bot.settle()
    answers = [message.text for message in ada.messages() if message.raw["from"] == "bot"]
    assert len(answers) == len(texts)
    for text, answer in zip(texts, answers, strict=True):
        assert answer.startswith(begins[text])


UNKNOWN = [
    "x",
    "rr",
    "rr99:1:1:1",
    "rr1:1:1",
    "rr1:1:1:1:1",
    "rr1:a b:1:1",
    "rr1:::",
    "rr1:0:0:9",
    "rr1:zzzzzzzzzzzzzzz:1:5",
    "ls1:zzzzzzzzzzzzzzzzzzzzzzz",
    "ls1:-1",
    "lm1:0",
    "co1:zzzzzzzzzzzzzzzzzzzz:",
    "co1:1:q7",
    "co1:1:l-5",
    "cr1:1:6:",
    "cm1:1:unseen:1:",
    "cm1:1:nonsense:1:",
    "gs1:Nonsense:1",
    "gs1:Comedy:1",
    "gs2:1:1",
    "re1:0",
    "ru1:999:1",
    "hs1:zzzzzzzzzzzzzzzzzzzz",
    "hs1:-zz",
    "ws1:-zz",
    "cw1:0:1:",
    "cq1:0:0",
    "rw1:999:0:1",
    "fo1:999",
    "fg1:999:1:1",
    "fd1:999:1:1",
    "ff1:999:deep",
    "fc1:999",
    "fa1:999",
    "pt1:Mars/Olympus",
    "ga1:1:1",
    "★☆",
]


def test_a_button_that_nobody_knows(ada: Person) -> None:
    """An old version's, a broken one, one of something that is gone: a toast at most, and nothing changes."""
    card = ada.begin()
    for data in UNKNOWN:
        assert ada.tap_data(data, card) in (STALE, ""), data
        if data.startswith(("hs1:", "ws1:")):  # the first page, in place of the card
            card = ada.again(card)
        assert ada.again(card) == card, data
    assert ada.history() == {}


def test_another_persons_buttons_do_nothing(ada: Person, grace: Person) -> None:
    """Somebody else's round and list are not theirs to tap."""
    hers, his = ada.begin(), grace.begin()
    for label in ("5★", "Haven't seen", "Undo", "Done"):
        assert grace.tap_data(hers.data(label), his) == STALE
    assert ada.again(hers) == hers
    assert grace.again(his) == his
    assert grace.history() == {}
    listed = ada.send("/recommend")
    assert grace.tap_data(listed.data("More"), his) == STALE
    card = ada.again(listed)
    ada.tap("1", card)
    assert grace.tap_data(ada.again(card).data("Back"), his) == STALE
    assert len(ada.messages()) == 4


def test_an_update_that_comes_again_has_no_second_effect(ada: Person, bot: Bot) -> None:
    card = ada.begin()
    query = ada.press("5★", card)
    ada.toast(query)
    said = ada.write("/recommend")["update_id"]
    bot.settle()
    before = ada.messages()
    tapped = bot.rows("SELECT max(update_id) FROM updates WHERE update_id < ?", said)[0][0]
    for update_id in (tapped, said, tapped):
        bot.telegram.post(f"/updates/{update_id}/redeliver")
    ada.send("/cancel")
    assert ada.messages()[: len(before)] == before
    assert len(ada.messages()) == len(before) + 2


def test_a_tap_too_old_to_answer_still_counts(ada: Person, bot: Bot) -> None:
    """Its toast cannot be shown any more; the rating is kept and the card moves on."""
    card = ada.begin()
    film = card.head
    query = ada.press("5★", card)
    bot.telegram.post("/queries/expire", query_id=query["query_id"])
    bot.settle()
    assert ada.again(card).text.endswith("1 of 5")
    assert ada.history() == {film: "5★"}


def test_a_card_whose_message_is_gone_is_sent_anew(ada: Person, bot: Bot) -> None:
    card = ada.begin()
    data = card.data("4★")
    world = bot.telegram.world
    query = ada.press_data(data, card)

    def delete() -> None:
        if message := world.state.messages.get((ada.id, card.id)):
            world.chats.delete_message(message)

    bot.telegram.on_loop(delete)
    bot.expect("message to edit not found")
    bot.settle()
    assert query
    assert ada.last().text.endswith("1 of 5")
    assert len(ada.history()) == 1
