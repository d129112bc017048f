"""Titles as people type them: /like, "more like …", and a title alone."""

from __future__ import annotations

import pytest

from tests.e2e.driving import Person


@pytest.mark.parametrize(
    "text",
    [
        "/like Fargo",
        "/like fargo (1996)",
        "/LIKE fargo",
        "/like@matinee_bot Fargo",
        "/like\nFargo",
        "more like fargo",
        "More like Fargo!",
        "something like fargo",
        "similar to fargo",
        "movies like fargo",
        "Movies  like  “Fargo”?",
        "more like farggo",
        "more like Fargo 🎬",
    ],
)
def test_ten_films_like_one(ada: Person, text: str) -> None:
    answer = ada.send(text)
    assert answer.text.startswith("🎞 More like Fargo (1996)")
    assert len(answer.films) == 10
    assert len(set(answer.films)) == 10
    assert "Fargo (1996)" not in answer.films


@pytest.mark.parametrize(
    ("text", "film"),
    [
        ("Fargo", "Fargo (1996)"),
        ("silense of the lams", "The Silence of the Lambs (1991)"),
        ("Silence of the Lambs, The", "The Silence of the Lambs (1991)"),
        ("lambs silence", "The Silence of the Lambs (1991)"),
        ("usual suspects", "The Usual Suspects (1995)"),
        ("2001", "2001: A Space Odyssey (1968)"),
    ],
)
def test_a_title_opens_its_card(ada: Person, text: str, film: str) -> None:
    card = ada.send(text)
    assert card.head == film
    assert card.labels == [
        ["1★", "2★", "3★", "4★", "5★"],
        ["Not interested", "Seen it"],
        ["Watchlist", "More like this"],
    ]


def test_an_ampersand_in_a_title_is_shown_as_it_is(ada: Person) -> None:
    assert ada.send("batman and robin").head == "Batman & Robin (1997)"


@pytest.mark.parametrize(("text", "similar"), [("star trek", False), ("more like star trek", True)])
def test_an_ambiguous_title_gives_candidates(ada: Person, text: str, similar: bool) -> None:
    asked = ada.send(text)
    assert asked.text == "Which of these is “star trek”?"
    assert len(asked.buttons) == 5
    assert all(len(row) == 1 for row in asked.labels)
    assert all(label.startswith("Star Trek") for label in asked.buttons)
    chosen = asked.buttons[2]
    ada.tap(chosen, asked)
    if similar:
        assert ada.last().text.startswith(f"🎞 More like {chosen}")
        assert len(ada.last().films) == 10
        assert ada.again(asked).buttons == asked.buttons
    else:
        assert ada.again(asked).head == chosen


@pytest.mark.parametrize("text", ["/like qwertzuiop", "qwertzuiop", "more like qwertzuiop"])
def test_no_match_offers_the_nearest(ada: Person, text: str) -> None:
    answer = ada.send(text)
    assert answer.text.startswith("I know no film called “qwertzuiop”.")
    if answer.buttons:
        ada.tap(answer.buttons[0], answer)
        assert answer.buttons[0] in ada.last().text


@pytest.mark.parametrize("text", ["/like", "/like   ", "/like@matinee_bot"])
def test_like_without_a_title_asks_for_one(ada: Person, text: str) -> None:
    assert ada.send(text).text.startswith("Like which film?")


@pytest.mark.parametrize(
    "text",
    [
        "🎬",
        "???",
        "<b>",
        "more like <b>Fargo</b>",
        "Fargo & <b>",
        "/like " + "<b>" * 1000,
        "</b> & &amp; < >",
        "<script>alert(1)</script>",
        "{title} %s {0}",
        "more like",
        "more like ?",
        "/like 🎬🎬🎬",
        "مرحبا",
        "'; DROP TABLE ratings; --",
        "x" * 4096,
        "/like " + "y" * 4000,
        "more like " + "<&>" * 1300,
        "🎬" * 2048,
        "a b " * 1000,
    ],
)
def test_no_text_is_too_odd(ada: Person, text: str) -> None:
    """One answer, which is not an apology; `check` sees that every call was valid."""
    answer = ada.send(text)
    assert answer.text
    assert "Something went wrong" not in answer.text


def test_what_has_no_text_is_answered(ada: Person) -> None:
    """A sticker."""
    ada.send("/help")
    sticker = {
        "file_id": "CAACAgIAAxkBAAI",
        "file_unique_id": "AgADYgADwDZPEw",
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
    }
    assert ada.send_raw(sticker=sticker).text.startswith("I only read text")
