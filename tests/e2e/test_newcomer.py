"""The first minutes: genres, five cards, and the first list."""

from __future__ import annotations

import re

import pytest

from tests.e2e.driving import Bot, Message, Person

RATING_ROW = ["1★", "2★", "3★", "4★", "5★"]


def assert_card(card: Message, progress: str) -> None:
    """A rating card: title with year, genres, the link, progress; and exactly the buttons it should have."""
    title, genres, link, _, last = card.text.splitlines()
    assert re.fullmatch(r".+ \(\d{4}\)", title)
    assert genres
    assert link in ("IMDb", "TMDB")
    assert any(entity["type"] == "text_link" for entity in card.raw["entities"])
    assert last == progress
    assert card.labels == [RATING_ROW, ["Haven't seen", "Watchlist"], ["Undo", "Done"]]


def test_genres_cycle_in_place(ada: Person) -> None:
    asked = ada.send("/start")
    *genres, shelves, last = asked.labels
    assert shelves == ["Pick shelves instead"]
    assert last == ["Done", "Skip"]
    assert all(len(row) == 3 for row in genres[:-1])
    assert "Comedy" in asked.buttons
    for before, after, toast in (
        ("Comedy", "👍 Comedy", "👍 More Comedy"),
        ("👍 Comedy", "👎 Comedy", "👎 Less Comedy"),
        ("👎 Comedy", "Comedy", "Comedy: no opinion"),
    ):
        place = asked.buttons.index(before)
        assert ada.tap(before) == toast
        asked = ada.again(asked)
        assert asked.buttons[place] == after
    assert len(ada.messages()) == 2


def test_the_questionnaire_is_as_it_was_left(ada: Person) -> None:
    ada.send("/start")
    ada.tap("Horror")
    ada.tap("Drama")
    ada.tap("👍 Drama")
    again = ada.send("/start")
    assert {"👍 Horror", "👎 Drama", "Comedy"} <= set(again.buttons)


def test_shelves_instead_of_genres(ada: Person) -> None:
    """Picked, put back and kept over a restart of the questionnaire; and they tell something."""
    asked = ada.send("/start")
    ada.tap("Pick shelves instead")
    asked = ada.again(asked)
    lines = asked.text.split("\n\n")[1:]
    numbers = [str(number + 1) for number in range(len(lines))]
    assert len(lines) >= 6
    assert [label for row in asked.labels[:-2] for label in row] == numbers
    assert asked.labels[-2:] == [["Genres"], ["Done", "Skip"]]
    first = lines[1].removeprefix("2. ").split("\N{NO-BREAK SPACE}·")[0]
    assert ada.tap("2") == f"✓ {first} and its like"
    assert "✓ 2" in ada.again(asked).buttons
    ada.tap("4")
    assert ada.tap("✓ 4").startswith("Put back: ")
    ada.tap("Genres")
    assert "Comedy" in ada.again(asked).buttons
    asked = ada.send("/start")
    ada.tap("Pick shelves instead")
    assert [label for label in ada.again(asked).buttons if label.startswith("✓")] == ["✓ 2"]
    assert ada.tap("Done") == "Noted: 1 shelf"
    assert_card(ada.again(asked), "0 of 5")
    assert "because people with your taste like it" in ada.send("/recommend").text


def test_five_answers_bring_the_first_list(ada: Person) -> None:
    card = ada.send("/start")
    ada.tap("Comedy")
    assert ada.tap("Done") == "Noted: 1 👍 and 0 👎"
    rated = []
    for count, stars in enumerate((5, 4, 3, 2, 1)):
        card = ada.again(card)
        assert_card(card, f"{count} of 5")
        rated.append(card.head)
        assert ada.tap(f"{stars}★") == f"{card.head}: {stars}★"
    closed, first = ada.messages()[-2:]
    assert closed.id == card.id
    assert closed.labels == []
    assert closed.text.startswith("✅ 5 films rated")
    assert len(set(rated)) == 5
    assert ada.history() == dict(zip(rated, ("5★", "4★", "3★", "2★", "1★"), strict=True))
    assert len(first.films) == 5
    assert not set(first.films) & set(rated)
    assert first.labels == [["1", "2", "3", "4", "5"], ["More", "Filter"]]
    lines = first.text.splitlines()[2:]
    for number, (film, reason) in enumerate(zip(lines[::2], lines[1::2], strict=True), start=1):
        assert re.fullmatch(rf"{number}\. .+ \(\d{{4}}\) · \d\.\d★", film)
        assert reason.startswith("because ")


def test_a_film_not_seen_does_not_count(ada: Person) -> None:
    card = ada.begin()
    first = card.head
    assert ada.tap("Haven't seen") == "Not seen: I won't ask again"
    card = ada.again(card)
    assert card.head != first
    assert_card(card, "0 of 5")
    ada.tap("4★")
    assert_card(ada.again(card), "1 of 5")
    assert first not in ada.history()


def test_undo_brings_the_film_back(ada: Person) -> None:
    card = ada.begin()
    assert ada.tap("Undo") == "Nothing to undo"
    assert ada.again(card).head == card.head
    first = card.head
    ada.tap("5★")
    second = ada.again(card).head
    ada.tap("Haven't seen")
    assert ada.tap("Undo") == "Taken back"
    assert ada.again(card).head == second
    assert ada.tap("Undo") == "Taken back"
    assert ada.again(card).head == first
    assert_card(ada.again(card), "0 of 5")
    assert ada.history() == {}
    assert ada.tap("5★", card) == f"{first}: 5★"
    assert ada.again(card).head == second
    assert ada.history() == {first: "5★"}


def test_undo_makes_room_for_another_answer(ada: Person) -> None:
    """Four answers, one taken back, given again: the fifth is still the fifth."""
    card = ada.begin()
    for stars in (5, 5, 5, 5):
        ada.tap(f"{stars}★")
    ada.tap("Undo")
    assert_card(ada.again(card), "3 of 5")
    ada.tap("1★")
    assert_card(ada.again(card), "4 of 5")
    ada.tap("5★")
    assert len(ada.last().films) == 5
    assert sorted(ada.history().values()) == ["1★", "5★", "5★", "5★", "5★"]


def test_done_brings_the_list_early(ada: Person) -> None:
    card = ada.begin()
    ada.tap("5★")
    ada.tap("Done")
    closed, first = ada.messages()[-2:]
    assert closed.id == card.id
    assert closed.text.startswith("✅ 1 film rated")
    assert len(first.films) == 5


def test_who_says_nothing_gets_a_list_that_says_so(ada: Person) -> None:
    ada.begin()
    ada.tap("Done")
    closed, first = ada.messages()[-2:]
    assert closed.text.startswith("✅ Nothing rated")
    assert len(first.films) == 5
    assert "because many people like it" in first.text
    assert "I know nothing of you yet" in first.text


@pytest.mark.parametrize("taps", [1, 2])
def test_the_same_for_every_genre_says_nothing(bot: Bot, taps: int) -> None:
    """Everything liked, or disliked: the list of somebody who skipped, word for word."""
    silent, even = bot.person("Silent"), bot.person("Even")
    silent.begin()
    silent.tap("Done")
    questionnaire = even.send("/start")
    for genre in questionnaire.buttons[:-3]:
        even.tap(genre, questionnaire)
        if taps == 2:
            even.tap(f"👍 {genre}", questionnaire)
    assert even.tap("Done") == "The same for every genre? Then your stars will tell me more"
    even.tap("Done")
    assert even.last().text == silent.last().text


def test_a_liked_genre_shows(bot: Bot, ada: Person) -> None:
    """One genre liked is another list than none, and says why."""
    silent = bot.person("Silent")
    silent.begin()
    silent.tap("Done")
    ada.send("/start")
    ada.tap("Horror")
    ada.tap("Done")
    ada.tap("Done")
    assert ada.last().films != silent.last().films
    assert "because you like Horror" in ada.last().text
