"""/profile, the search in /history, reasons that are corrected, /mydata and /forgetme."""

from __future__ import annotations

import re

import httpx

from tests.e2e.driving import Bot, Message, Person


def lines(message: Message) -> list[str]:
    """The numbered lines of a history page, without their numbers."""
    return [line.partition(". ")[2] for line in message.text.splitlines() if re.match(r"\d+\. ", line)]


def test_a_stranger_is_offered_films_to_begin_with(ada: Person) -> None:
    profile = ada.send("/profile")
    assert "I know none of your ratings yet" in profile.text
    assert profile.buttons == ["Rate these"]
    asked = re.findall(r"^(.*): I guess [1-5]\.\d★, give or take \d\.\d$", profile.text, re.MULTILINE)
    assert len(asked) == 5
    ada.tap("Rate these", profile)
    card = ada.last()
    assert card.id > profile.id
    for film in asked:
        assert card.head == film
        ada.tap("4★", card)
        card = ada.again(card)
    assert card.text.startswith("✅ 5 films rated")
    assert list(ada.history()) == asked[::-1]


def test_a_profile_tells_what_it_is_made_of(ada: Person) -> None:
    questionnaire = ada.send("/start")
    ada.tap("Crime", questionnaire)
    ada.tap("Horror", questionnaire)
    ada.tap("👍 Horror", questionnaire)
    ada.tap("Done", questionnaire)
    for stars in (1, 2, 1, 2, 1):
        ada.tap(f"{stars}★")
    text = ada.send("/profile").text
    assert "5 ratings · 1.4★ on average" in text
    assert re.search(r"You give [1-4]\.\d★ less than others do for the same films\.", text)
    assert "👍 Crime" in text
    assert "👎 Horror" in text
    assert "Your favourites" not in text


def test_history_is_searched(ada: Person) -> None:
    """By a title with a slip, by decade over pages; Back returns to the page of the search."""
    card = ada.send("/rate")
    heads = []
    for _ in range(32):
        heads.append(card.head)
        ada.tap("3★", card)
        card = ada.again(card)
    film = next(head for head in heads if len(head) > 16)
    slip = film[: film.index("(") - 1]
    slip = slip[:3] + slip[4:]
    assert f"{film} 3★" in lines(ada.send(f"/history {slip}"))
    found = ada.send("/history 1990s")
    total = int(found.text.partition(" ")[0])
    assert 10 < total < 32
    ada.tap("Older", found)
    second = ada.again(found)
    assert second.text.startswith(f"{total} of your ratings match “1990s”")
    assert len(lines(second)) == min(10, total - 10)
    ada.tap("1", second)
    assert ada.again(found).head == lines(second)[0].rpartition(" ")[0]
    assert "(199" in ada.again(found).head
    ada.tap("Back", found)
    assert ada.again(found).text == second.text
    ada.tap("All ratings", found)
    assert ada.again(found).text.startswith("Your 32 ratings, newest first")
    assert "/history heat" in ada.tap("Search", found)
    nothing = ada.send("/history qwertzuiop")
    assert nothing.text.startswith("None of your ratings matches “qwertzuiop”.")
    assert nothing.labels == []


def test_a_reason_is_corrected_and_restored(ada: Person) -> None:
    page = ada.join(5, 5, 5, 5, 5)
    ada.tap("1", page)
    card = ada.again(page)
    match = re.search(r"^because you gave (.+) 5★$", card.text, re.MULTILINE)
    assert match is not None
    reason = match[1]
    assert f"because you gave {reason} 5★" in page.text
    assert reason in ada.tap("Not because of that", card)
    assert reason not in ada.again(card).text
    assert "Not because of that" not in ada.again(card).buttons
    ada.tap("Back", card)
    assert f"because you gave {reason} " not in ada.again(page).text
    assert f"because you gave {reason} " not in ada.send("/recommend").text
    assert "1 of them is not used as evidence" in ada.send("/profile").text
    history = ada.send("/history")
    (marked,) = (line for line in lines(history) if line.endswith("5★ 🔇"))
    assert marked.startswith(reason)
    assert "🔇 not used as evidence" in history.text
    ada.tap(str(lines(history).index(marked) + 1), history)
    own = ada.again(history)
    assert "You gave it 5★" in own.text
    assert ada.tap("Use as evidence again", own) == "It counts as evidence again"
    assert "Use as evidence again" not in ada.again(own).buttons
    ada.tap("Back", own)
    assert "🔇" not in ada.again(history).text
    ada.tap("1", page)
    assert f"because you gave {reason} 5★" in ada.again(page).text


def test_my_data_comes_as_a_file(ada: Person) -> None:
    ada.join(5, 4, 3, 2, 1)
    sent = ada.send("/mydata")
    assert sent.text.startswith("All that I keep about you: 5 ratings")
    file = sent.raw["file"]
    assert re.fullmatch(r"matinee-\d{4}-\d\d-\d\d\.json", file["name"])
    told = httpx.get(ada.bot.telegram.url + file["url"]).raise_for_status().json()
    films = [f"{row['film']['title']} ({row['film']['year']})" for row in told["ratings"]["rows"]]
    assert sorted(films) == sorted(ada.history())
    assert told["people"]["rows"][0]["telegram_id"] == ada.id


def test_who_is_forgotten_is_a_stranger(bot: Bot, ada: Person, grace: Person) -> None:
    """Not a row is left of one, and all of the other's."""
    ada.join(5, 4, 3, 2, 1)
    grace.join(1, 2, 3, 4, 5)
    kept = grace.history()
    question = ada.send("/forgetme")
    assert question.labels == [["Delete everything"], ["Keep it"]]
    ada.tap("Keep it", question)
    assert ada.again(question).text == "Nothing is deleted."
    assert len(ada.history()) == 5
    question = ada.send("/forgetme")
    ada.tap("Delete everything", question)
    gone = ada.again(question)
    assert gone.text == "Everything about you is deleted. I don't know you any more; /start begins anew."
    assert gone.labels == []
    assert bot.rows("SELECT * FROM people WHERE telegram_id = ?", ada.id) == []
    assert bot.rows("SELECT * FROM updates WHERE chat_key = ? OR body IS NOT NULL", ada.id) == []
    assert grace.history() == kept
    assert ada.send("/history").text.startswith("You have not rated anything yet.")
    assert "Welcome to Matinee" in ada.send("/start").text
