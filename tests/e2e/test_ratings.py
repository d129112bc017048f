"""/rate, /history, /cancel, /help, and commands that there are not."""

from __future__ import annotations

import re

import pytest

from tests.e2e.driving import Person

COMMANDS = {
    "recommend",
    "like",
    "rate",
    "watchlist",
    "history",
    "profile",
    "settings",
    "start",
    "mydata",
    "forgetme",
    "help",
    "cancel",
}


def test_rate_goes_on_until_done(ada: Person) -> None:
    """Seven answers, no list after five or after Done; the count says how far one is."""
    card = ada.send("/rate")
    rated = {}
    for count in range(7):
        assert f"{count} film{'' if count == 1 else 's'} rated. Tap Done whenever you like." in card.text
        rated[card.head] = f"{count % 5 + 1}★"
        ada.tap(f"{count % 5 + 1}★", card)
        card = ada.again(card)
    assert len(rated) == 7
    ada.tap("Done", card)
    assert ada.last().id == card.id
    assert ada.last().text.startswith("✅ 7 films rated")
    assert ada.last().labels == []
    assert ada.history() == rated


def test_a_fresh_card_goes_on_where_the_old_one_was_left(ada: Person) -> None:
    """A second /rate asks nothing that was answered, and closes the first card's round without harm."""
    old = ada.send("/rate")
    first = old.head
    ada.tap("4★", old)
    ada.tap("Haven't seen", old)
    new = ada.send("/rate")
    asked = {first}
    for _ in range(5):
        assert new.head not in asked
        asked.add(new.head)
        ada.tap("3★", new)
        new = ada.again(new)
    assert ada.history()[first] == "4★"


def test_a_tap_on_a_card_of_an_old_round_counts(ada: Person) -> None:
    """The stars are kept, the new round is not moved, and the old card says that it is closed."""
    old = ada.send("/rate")
    new = ada.send("/rate")
    film = old.head
    assert ada.tap("2★", old) == f"{film}: 2★"
    assert ada.history() == {film: "2★"}
    assert ada.again(old).labels == []
    assert ada.again(new).text == new.text


def test_history_is_newest_first_ten_a_page(ada: Person) -> None:
    rated = []
    card = ada.send("/rate")
    for count in range(23):
        rated.append(f"{card.head} {count % 5 + 1}★")
        ada.tap(f"{count % 5 + 1}★", card)
        card = ada.again(card)
    rated.reverse()
    page = ada.send("/history")
    assert page.text.startswith("Your 23 ratings, newest first")
    expected = [
        (rated[:10], ["Older", "Search"]),
        (rated[10:20], ["Newer", "Older", "Search"]),
        (rated[20:], ["Newer", "Search"]),
    ]
    for films, turns in expected:
        lines = page.text.splitlines()[2:]
        assert lines == [f"{number}. {film}" for number, film in enumerate(films, start=1)]
        assert page.buttons == [*(str(number) for number in range(1, len(films) + 1)), *turns]
        if "Older" in turns:
            ada.tap("Older", page)
            page = ada.again(page)
    ada.tap("Newer", page)
    assert ada.again(page).text.splitlines()[2] == f"1. {rated[10]}"


def test_a_rating_is_changed_and_removed_from_its_card(ada: Person) -> None:
    ada.join(5, 4, 3, 2, 1)
    page = ada.send("/history")
    newest, oldest = (page.text.splitlines()[at].partition(". ")[2].rpartition(" ")[0] for at in (2, 6))
    ada.tap("1", page)
    card = ada.again(page)
    assert card.head == newest
    assert "You gave it 1★" in card.text
    assert "Remove" in card.buttons
    assert ada.tap("4★", card) == f"{newest}: 4★"
    assert "You gave it 4★" in ada.again(card).text
    ada.tap("Back", card)
    assert f"1. {newest} 4★" in ada.again(page).text
    ada.tap("5", page)
    assert ada.again(page).head == oldest
    assert ada.tap("Remove", page) == "Rating removed"
    assert "You gave it" not in ada.again(page).text
    assert "Remove" not in ada.again(page).buttons
    ada.tap("Back", page)
    assert oldest not in ada.again(page).text
    assert ada.again(page).text.startswith("Your 4 ratings")
    history = ada.history()
    assert history[newest] == "4★"
    assert oldest not in history


def test_removing_the_only_rating_of_the_last_page_goes_back_to_the_page_before(ada: Person) -> None:
    card = ada.send("/rate")
    for _ in range(11):
        ada.tap("3★", card)
    page = ada.send("/history")
    ada.tap("Older", page)
    ada.tap("1", page)
    ada.tap("Remove", page)
    ada.tap("Back", page)
    page = ada.again(page)
    assert page.text.startswith("Your 10 ratings")
    assert page.buttons == [str(number) for number in range(1, 11)]


def test_an_empty_history_says_what_to_do(ada: Person) -> None:
    assert ada.send("/history").text == (
        "You have not rated anything yet. /rate shows you a film to begin with."
    )


def test_cancel_ends_a_round(ada: Person) -> None:
    assert ada.send("/cancel").text == "There is nothing to cancel."
    card = ada.send("/rate")
    film = card.head
    ada.tap("5★", card)
    assert ada.send("/cancel").text == "Stopped. What you rated is kept; /rate goes on."
    assert ada.send("/cancel").text == "There is nothing to cancel."
    assert ada.history() == {film: "5★"}


def test_help_and_the_menu_name_every_command(ada: Person) -> None:
    helped = ada.send("/help").text
    assert set(re.findall(r"^/(\w+)", helped, re.MULTILINE)) == COMMANDS
    menu = {entry["command"] for entry in ada.transcript()["commands"]}
    assert menu == COMMANDS
    assert ada.transcript()["description"]


@pytest.mark.parametrize(
    "text",
    [
        "/nosuch",
        "/Nosuch",
        "/NOSUCH with words",
        "/start@other_bot",
        "/foo@other_bot",
        "/привет",
        "/",
        "/ x",
        "//",
    ],
)
def test_every_unknown_command_gets_the_same_text(ada: Person, text: str) -> None:
    assert ada.send(text).text == "I don't know that command. /help lists those I know."


@pytest.mark.parametrize("text", ["/HELP", "/Help", "/help@matinee_bot", "/help@Matinee_Bot please"])
def test_known_commands_in_any_spelling(ada: Person, text: str) -> None:
    assert ada.send(text).text.startswith("What I can do")


def test_start_with_a_payload(ada: Person) -> None:
    """A deep link that leads nowhere: it says so, and the questions come."""
    said, welcome = ada.say("/start abc_123")
    assert said.text == "That link leads nowhere any more."
    assert welcome.labels[-1] == ["Done", "Skip"]
