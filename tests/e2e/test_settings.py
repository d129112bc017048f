"""/settings: genres again, filters that stay, the time zone."""

from __future__ import annotations

import re

import pytest

from tests.e2e.driving import Person


def setting(person: Person, name: str) -> str:
    """What the panel says of one setting."""
    lines = person.send("/settings").text.splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith(f"{name}:"))


def test_the_panel_and_its_end(ada: Person) -> None:
    panel = ada.send("/settings")
    title, _, genres, filters, zone = panel.text.splitlines()
    assert (title, genres, filters) == ("⚙️ Settings", "Genres: none chosen", "Filters that stay: none")
    assert re.fullmatch(r"Time zone: UTC, where it is \d\d:\d\d", zone)
    assert panel.labels == [["Genres", "Filters", "Time zone"], ["Close"]]
    ada.tap("Close", panel)
    assert ada.again(panel).text == "⚙️ Settings closed. /settings opens them again."
    assert ada.again(panel).labels == []


def test_genres_are_asked_again_and_lead_back(ada: Person) -> None:
    ada.send("/start")
    ada.tap("Comedy")
    panel = ada.send("/settings")
    assert "Genres: 👍 Comedy" in panel.text
    ada.tap("Genres", panel)
    asked = ada.again(panel)
    assert asked.labels[-1] == ["Done"]
    assert ada.tap("👍 Comedy", panel) == "👎 Less Comedy"
    assert ada.tap("Drama", panel) == "👍 More Drama"
    ada.tap("Done", panel)
    assert "Genres: 👍 Drama, 👎 Comedy" in ada.again(panel).text
    assert len(ada.messages()) == 4


def test_filters_that_stay_hold_for_new_lists_unless_changed_there(ada: Person) -> None:
    ada.join(5, 4, 3, 2, 1)
    panel = ada.send("/settings")
    for label in ("Filters", "Horror", "✓ Horror", "1990s"):
        ada.tap(label, panel)
    assert ada.tap("Apply", panel) == "Kept for every new /recommend"
    assert "Filters that stay: no Horror · 1990s" in ada.again(panel).text
    page = ada.send("/recommend")
    assert page.text.splitlines()[1] == "🎛 no Horror · 1990s"
    for label in ("Filter", "Clear", "Apply"):
        ada.tap(label, page)
    assert "🎛" not in ada.again(page).text
    ada.tap("More", page)
    assert "🎛" not in ada.again(page).text
    assert "🎛 no Horror · 1990s" in ada.send("/recommend").text
    assert "🎛" not in ada.send("/like Fargo").text
    for label in ("Filters", "Clear", "Apply"):
        ada.tap(label, panel)
    assert "Filters that stay: none" in ada.again(panel).text
    assert "🎛" not in ada.send("/recommend").text


def test_back_from_filters_keeps_nothing(ada: Person) -> None:
    panel = ada.send("/settings")
    for label in ("Filters", "Horror", "Back"):
        ada.tap(label, panel)
    assert ada.again(panel).text == panel.text


@pytest.mark.parametrize(
    ("place", "city", "zone"),
    [
        ("new york", "New York", "America/New York"),
        ("germany", "Berlin", "Europe/Berlin"),
        ("Lissbon", "Lisbon", "Europe/Lisbon"),
    ],
)
def test_a_time_zone_by_city_country_or_name(ada: Person, place: str, city: str, zone: str) -> None:
    panel = ada.send("/settings")
    ada.tap("Time zone", panel)
    assert "Write a city or a country" in ada.again(panel).text
    found = ada.send(place)
    label = found.buttons[0]
    assert re.fullmatch(rf"{city} · \d\d:\d\d", label)
    assert found.buttons[-1] == "Back"
    assert ada.tap(label, found) == f"Time zone: {zone}"
    assert re.search(rf"Time zone: {zone}, where it is \d\d:\d\d", ada.again(found).text)
    assert setting(ada, "Time zone").startswith(zone)
    assert ada.send("Heat (1995)").head == "Heat (1995)"


def test_a_place_may_be_tried_again(ada: Person) -> None:
    ada.tap("Time zone", ada.send("/settings"))
    assert ada.send("qwertzuiop").text.startswith("I know no time zone for “qwertzuiop”")
    assert ada.send("<b>" * 200).text.startswith("I know no time zone for “<b><b>")
    assert ada.send("Tokyo").buttons[0].startswith("Tokyo · ")


@pytest.mark.parametrize("end", ["/cancel", "/nosuch", "Back"])
def test_any_command_or_tap_ends_the_question(ada: Person, end: str) -> None:
    panel = ada.send("/settings")
    ada.tap("Time zone", panel)
    if end == "Back":
        ada.tap("Back", panel)
        assert ada.again(panel).text == panel.text
    else:
        answer = ada.send(end)
        assert end != "/cancel" or answer.text == "All right, everything stays as it is."
    assert ada.send("Fargo").head == "Fargo (1996)"
    assert ada.send("/cancel").text == "There is nothing to cancel."


def test_the_question_survives_a_kill(ada: Person) -> None:
    ada.tap("Time zone", ada.send("/settings"))
    ada.bot.kill()
    ada.bot.start()
    assert ada.send("Tokyo").buttons[0].startswith("Tokyo · ")


def test_two_peoples_settings_are_two(ada: Person, grace: Person) -> None:
    ada.tap("Time zone", ada.send("/settings"))
    assert "Which of these" in grace.send("star trek").text
    ada.tap(ada.send("Tokyo").buttons[0])
    assert setting(grace, "Time zone").startswith("UTC")
    assert setting(ada, "Time zone").startswith("Asia/Tokyo")
