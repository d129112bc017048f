"""Filter on lists: genres in or out, decades, well known or deep cuts."""

from __future__ import annotations

import json
import re

from tests.e2e.driving import Message, Person

STALE = "This menu was refreshed. /help shows where things are."


def choose(person: Person, page: Message, *labels: str) -> Message:
    """Open the panel of a list, tap, apply; the list that the message has become."""
    for label in ("Filter", *labels, "Apply"):
        person.tap(label, page)
    return person.again(page)


def about(person: Person, page: Message) -> list[tuple[str, set[str], int]]:
    """Title, genres and year of each film of a list, from the bot's own rows."""
    found = []
    for film in page.films:
        title, year = re.fullmatch(r"(.+) \((\d{4})\)", film).groups()  # type: ignore[union-attr]  # fails where there is none
        ((genres,),) = person.bot.rows(
            "SELECT genres FROM films WHERE title = ? AND year = ? LIMIT 1", title, int(year)
        )
        found.append((title, set(json.loads(genres) if isinstance(genres, str) else genres), int(year)))
    return found


def test_the_panel_shows_each_choice_in_place(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    ada.tap("Filter", page)
    panel = ada.again(page)
    assert panel.text.startswith("🎛 Filter this list")
    assert panel.labels[-2:] == [["Well known", "✓ Anything", "Deep cuts"], ["Apply", "Clear", "Back"]]
    for before, after, chosen in (
        ("Comedy", "✓ Comedy", "Comedy"),
        ("✓ Comedy", "✗ Comedy", "no Comedy"),
        ("✗ Comedy", "Comedy", "nothing, so every film passes"),
        ("1980s", "✓ 1980s", "1980s"),
        ("✓ 1980s", "1980s", "nothing, so every film passes"),
        ("Deep cuts", "✓ Deep cuts", "Deep cuts"),
        ("Anything", "✓ Anything", "nothing, so every film passes"),
        ("Before 1950", "✓ Before 1950", "Before 1950"),
    ):
        place = ada.again(page).buttons.index(before)
        ada.press(before, page)
        ada.bot.settle()
        assert ada.again(page).buttons[place] == after
        assert ada.again(page).text.endswith(f"Chosen: {chosen}")
    ada.tap("Clear", page)
    assert ada.again(page).labels == panel.labels
    ada.tap("Drama", page)
    ada.tap("Back", page)
    assert ada.again(page).text == page.text
    assert ada.again(page).labels == page.labels


def test_a_filtered_list_says_so_and_keeps_to_it_on_every_page(ada: Person) -> None:
    page = choose(ada, ada.join(5, 4, 3, 2, 1), "Comedy", "Drama", "✓ Drama", "1980s", "1990s")
    seen: list[str] = []
    for _ in range(3):
        title, told, *_ = page.text.splitlines()
        assert (title, told) == ("🍿 For you", "🎛 Comedy · no Drama · 1980s or 1990s")
        assert len(page.films) == 5
        for _, genres, year in about(ada, page):
            assert "Comedy" in genres
            assert "Drama" not in genres
            assert 1980 <= year <= 1999
        seen += page.films
        ada.tap("More", page)
        page = ada.again(page)
    assert len(set(seen)) == len(seen)
    ada.tap("Filter", page)
    assert {"✓ Comedy", "✗ Drama", "✓ 1980s", "✓ 1990s"} <= set(ada.again(page).buttons)


def test_clearing_brings_the_first_list_back(ada: Person) -> None:
    """Narrowed and widened again, it is one wish: what it showed does not step back."""
    page = ada.join(5, 4, 3, 2, 1)
    narrow = choose(ada, page, "Horror")
    assert narrow.films != page.films
    assert choose(ada, page, "Clear").text == page.text
    assert not set(ada.send("/recommend").films) & set(page.films)


def test_well_known_and_deep_cuts_are_apart(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    known = choose(ada, page, "Well known")
    deep = choose(ada, page, "Deep cuts")
    assert known.text.splitlines()[1] == "🎛 Well known"
    assert deep.text.splitlines()[1] == "🎛 Deep cuts"
    assert len(known.films) == len(deep.films) == 5
    assert not set(known.films) & set(deep.films)


def test_neighbours_are_filtered_too(ada: Person) -> None:
    page = ada.send("/like Star Wars")
    narrow = choose(ada, page, "Before 1950")
    assert narrow.text.startswith("🎞 More like Star Wars (1977)\n🎛 Before 1950")
    assert len(narrow.films) == 10
    assert all(year < 1950 for _, _, year in about(ada, narrow))
    ada.tap("More", narrow)
    following = ada.again(narrow)
    assert not set(following.films) & set(narrow.films)
    assert all(year < 1950 for _, _, year in about(ada, following))


def test_when_nothing_passes_the_filter_is_at_hand(ada: Person) -> None:
    page = choose(ada, ada.join(5, 4, 3, 2, 1), "Western", "Sci-Fi", "✓ Sci-Fi", "Before 1950", "Well known")
    assert page.text.endswith("No other film passes this filter. Loosen it with Filter.")
    assert page.buttons == ["Filter"]
    assert len(choose(ada, page, "Clear").films) == 5


def test_a_double_tap_on_apply_makes_one_list(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    ada.tap("Filter", page)
    ada.tap("Comedy", page)
    panel = ada.again(page)
    ada.press("Apply", page)
    ada.press_data(panel.data("Apply"), page)
    ada.bot.settle()
    listed = ada.again(page)
    assert len(listed.films) == 5
    ((count,),) = ada.bot.rows(
        "SELECT count(*) FROM lists JOIN people ON people.id = person_id WHERE telegram_id = ?", ada.id
    )
    assert count == 2
    assert ada.tap_data(panel.data("Drama"), page) == STALE
    assert ada.again(page).text == listed.text


def test_another_persons_filters_are_theirs(ada: Person, grace: Person) -> None:
    hers, his = ada.join(5, 4, 3, 2, 1), grace.join(5, 4, 3, 2, 1)
    filter_hers = hers.data("Filter")
    ada.tap("Filter", hers)
    panel = ada.again(hers)
    for data in (
        filter_hers,
        *(panel.data(each) for each in ("Comedy", "1990s", "Deep cuts", "Clear", "Apply")),
    ):
        assert grace.tap_data(data, his) == STALE
    assert ada.again(hers).text == panel.text
    assert grace.again(his).text == his.text


def test_a_panel_survives_a_kill(ada: Person) -> None:
    page = ada.join(5, 4, 3, 2, 1)
    ada.tap("Filter", page)
    ada.tap("Comedy", page)
    ada.bot.kill()
    ada.bot.start()
    ada.tap("1990s", page)
    ada.tap("Apply", page)
    assert ada.again(page).text.splitlines()[1] == "🎛 Comedy · 1990s"
