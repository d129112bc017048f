"""Lists, cards, marks, and what never comes back."""

from __future__ import annotations

from tests.e2e.driving import Message, Person

CARD = [
    ["1★", "2★", "3★", "4★", "5★"],
    ["Not interested", "Seen it"],
    ["Watchlist", "More like this"],
    ["Not because of that"],
    ["Back"],
]


def open_card(person: Person, page: Message, number: int) -> Message:
    """Tap a number on a list; the card that the message has become."""
    person.tap(str(number), page)
    return person.again(page)


def test_a_number_opens_the_card_and_back_returns(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    for number in (1, 5):
        card = open_card(ada, page, number)
        assert card.head == page.films[number - 1]
        assert card.labels == CARD
        assert "I think you would give it" in card.text
        ada.tap("Back", card)
        assert ada.again(page).text == page.text
        assert ada.again(page).labels == page.labels


def test_marks_are_set_and_taken_back(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    card = open_card(ada, page, 1)
    for plain, toast in (
        ("Seen it", "Seen: it won't be recommended"),
        ("Not interested", "Not interested: it won't come back"),
    ):
        assert ada.tap(plain, card) == toast
        assert f"✓ {plain}" in ada.again(card).buttons
        assert ada.tap(f"✓ {plain}", card) == "Taken back"
        assert ada.again(card).labels == CARD
    ada.tap("Seen it", card)
    ada.tap("Not interested", card)
    assert {"✓ Seen it", "✓ Not interested"} <= set(ada.again(card).buttons)
    ada.tap("Back", card)
    assert {"✓ Seen it", "✓ Not interested"} <= set(open_card(ada, page, 1).buttons)


def test_a_mark_taken_back_lets_the_film_return(ada: Person) -> None:
    """It is not in the next list, since it was shown lately; it is among the neighbours of another."""
    ada.join(5, 4, 3, 2, 1)
    neighbours = ada.send("/like Star Wars")
    film = neighbours.films[0]
    card = open_card(ada, neighbours, 1)
    ada.tap("Seen it", card)
    assert film not in ada.send("/like Star Wars").films
    ada.tap("✓ Seen it", card)
    assert ada.send("/like Star Wars").films[0] == film


def test_more_brings_others(ada: Person) -> None:
    """Four pages in place, no film twice; Back walks through them."""
    page = ada.join(5, 4, 3, 2, 1)
    seen, texts = list(page.films), [page.text]
    for _ in range(3):
        ada.tap("More", page)
        page = ada.again(page)
        assert len(page.films) == 5
        assert page.labels[-1] == ["Back", "More", "Filter"]
        seen += page.films
        texts.append(page.text)
    assert len(set(seen)) == len(seen)
    for text in texts[-2::-1]:
        ada.tap("Back", page)
        assert ada.again(page).text == text
    assert ada.again(page).labels[-1] == ["More", "Filter"]


def test_more_from_an_older_page_finds_the_same_next_page(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    ada.tap("More", page)
    following = ada.again(page).text
    ada.tap("Back", page)
    ada.tap("More", page)
    assert ada.again(page).text == following


def test_what_is_done_with_never_comes_back(ada: Person) -> None:
    """Rated, seen and refused films stay away from five lists and from what follows More."""
    page = ada.join(5, 4, 3, 2, 1)
    done_with = set(ada.history())
    for number, tap in ((1, "Not interested"), (2, "Seen it"), (3, "4★")):
        card = open_card(ada, page, number)
        ada.tap(tap, card)
        ada.tap("Back", card)
        done_with.add(page.films[number - 1])
    assert "· you gave it 4★" in ada.again(page).text
    assert len(done_with) == 8
    for _ in range(5):
        page = ada.send("/recommend")
        assert len(page.films) == 5
        assert not done_with & set(page.films)
        ada.tap("More", page)
        assert not done_with & set(ada.again(page).films)


def test_what_was_shown_steps_back(ada: Person) -> None:
    first = ada.join(5, 4, 3, 2, 1)
    second, third = ada.send("/recommend"), ada.send("/recommend")
    assert not set(first.films) & set(second.films)
    assert not set(second.films) & set(third.films)


def test_a_rating_names_itself_as_the_reason(ada: Person) -> None:
    ada.begin()
    ada.tap("Done")
    card = ada.send("Star Wars (1977)")
    assert ada.tap("5★", card) == "Star Wars (1977): 5★"
    assert "because you gave Star Wars 5★" in ada.send("/recommend").text


def test_more_like_this_lists_neighbours(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    card = open_card(ada, page, 2)
    ada.tap("More like this", card)
    neighbours = ada.last()
    assert neighbours.id > card.id
    assert neighbours.text.startswith(f"🎞 More like {card.head}")
    assert len(neighbours.films) == 10
    assert card.head not in neighbours.films
    assert neighbours.labels == [
        ["1", "2", "3", "4", "5"],
        ["6", "7", "8", "9", "10"],
        ["More", "Filter"],
    ]
    reasons = [
        line
        for line in neighbours.text.splitlines()
        if line.startswith(("people who", "the same mood", "of the same years"))
        or line.endswith("loved by the same people")
    ]
    assert len(reasons) == 10
    tenth = open_card(ada, neighbours, 10)
    assert tenth.head == neighbours.films[9]
    assert reasons[9] in tenth.text
    ada.tap("Back", tenth)
    assert ada.again(neighbours).text == neighbours.text


def test_a_stranger_is_answered_too(ada: Person) -> None:
    """/recommend before /start: the films that many like, and it says so."""
    page = ada.send("/recommend")
    assert len(page.films) == 5
    assert "I know nothing of you yet" in page.text
