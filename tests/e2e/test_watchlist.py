"""/watchlist, and the toggle on every card."""

from __future__ import annotations

from tests.e2e.driving import Message, Person


def watch(person: Person, *titles: str) -> None:
    """Put films on the watchlist by their cards."""
    for title in titles:
        assert person.tap("Watchlist", person.send(title)) == "On your watchlist"


def watchlist(person: Person) -> list[str]:
    return person.send("/watchlist").films


def opened(person: Person, page: Message, number: int) -> Message:
    person.tap(str(number), page)
    return person.again(page)


def test_an_empty_one_says_how_to_fill_it(ada: Person) -> None:
    answer = ada.send("/watchlist")
    assert "Tap Watchlist on any film's card" in answer.text
    assert answer.labels == []


def test_the_toggle_shows_its_state_and_a_second_tap_takes_it_back(ada: Person) -> None:
    card = ada.send("Fargo")
    old = card.data("Watchlist")
    assert ada.tap("Watchlist", card) == "On your watchlist"
    assert "✓ Watchlist" in ada.again(card).buttons
    assert ada.tap_data(old, card) == "On your watchlist"  # a double tap
    assert watchlist(ada) == ["Fargo (1996)"]
    assert ada.tap("✓ Watchlist", card) == "Off your watchlist"
    assert "Watchlist" in ada.again(card).buttons
    assert "is empty" in ada.send("/watchlist").text


def test_newest_first_in_pages_and_back(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    added: list[str] = []
    for _ in range(3):
        for number in range(1, 6):
            card = opened(ada, page, number)
            ada.tap("Watchlist", card)
            added.insert(0, card.head)
            ada.tap("Back", card)
        ada.tap("More", page)
        page = ada.again(page)
    first = ada.send("/watchlist")
    assert first.text.startswith("🔖 Your watchlist: 15 films, newest first")
    assert first.films == added[:10]
    assert first.labels[-1] == ["Older"]
    ada.tap("Older", first)
    second = ada.again(first)
    assert second.films == added[10:]
    assert second.labels == [["1", "2", "3", "4", "5"], ["Newer"]]
    card = opened(ada, second, 3)
    assert card.head == added[12]
    ada.tap("Back", card)
    assert ada.again(first).text == second.text
    ada.tap("Newer", second)
    assert ada.again(first).films == added[:10]


def test_seen_it_takes_it_off_and_asks_for_stars(ada: Person) -> None:
    watch(ada, "Fargo", "Heat (1995)")
    page = ada.send("/watchlist")
    card = opened(ada, page, 2)
    assert card.head == "Fargo (1996)"
    assert ada.tap("Seen it", card) == "Seen, and off your watchlist. How many stars?"
    card = ada.again(card)
    assert card.text.endswith("You have seen it: how many stars?")
    assert card.labels[0] == ["1★", "2★", "3★", "4★", "5★"]
    ada.tap("4★", card)
    assert "how many stars" not in ada.again(card).text
    ada.tap("Back", card)
    assert ada.again(card).films == ["Heat (1995)"]
    assert ada.history() == {"Fargo (1996)": "4★"}


def test_remove_leads_back_to_the_list(ada: Person) -> None:
    watch(ada, "Fargo", "Heat (1995)")
    page = ada.send("/watchlist")
    card = opened(ada, page, 1)
    remove = card.data("Remove")
    assert ada.tap("Remove", card) == "Off your watchlist"
    assert ada.again(page).films == ["Fargo (1996)"]
    ada.tap_data(remove, page)
    assert ada.again(page).films == ["Fargo (1996)"]
    assert "Seen it" in ada.send("Heat (1995)").buttons


def test_stars_and_a_refusal_take_it_off_and_wanting_it_takes_a_refusal_back(ada: Person) -> None:
    watch(ada, "Fargo", "Heat (1995)")
    card = ada.send("Fargo")
    ada.tap("2★", card)
    assert "Watchlist" in ada.again(card).buttons
    card = ada.send("Heat (1995)")
    assert ada.tap("Not interested", card) == "Not interested: off your watchlist, and it won't come back"
    assert watchlist(ada) == []
    ada.tap("Watchlist", card)
    assert {"Not interested", "✓ Watchlist"} <= set(ada.again(card).buttons)
    assert watchlist(ada) == ["Heat (1995)"]


def test_a_rating_card_has_it_too_and_stays(ada: Person) -> None:
    card = ada.begin()
    film = card.head
    assert ada.tap("Watchlist", card) == "On your watchlist"
    card = ada.again(card)
    assert card.head == film
    assert card.text.endswith("0 of 5")
    assert card.labels[1] == ["Haven't seen", "✓ Watchlist"]
    ada.tap("Haven't seen", card)
    assert ada.again(card).labels[1] == ["Haven't seen", "Watchlist"]
    assert watchlist(ada) == [film]


def test_it_is_recommended_still_and_marked(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    card = opened(ada, page, 3)
    ada.tap("Watchlist", card)
    ada.tap("Back", card)
    marked = [line for line in ada.again(page).text.splitlines() if line.endswith("· on your watchlist")]
    assert len(marked) == 1
    assert marked[0].startswith(f"3. {page.films[2]} · ")
    ada.tap("Filter", page)
    ada.tap("Apply", page)
    assert page.films[2] in ada.again(page).films


def test_two_peoples_watchlists_are_two(ada: Person, grace: Person) -> None:
    watch(ada, "Fargo")
    assert watchlist(grace) == []
    assert "Watchlist" in grace.send("Fargo").buttons
