"""The watchlist, filters and settings from sample data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.cards import Card, Origin, PutOnWatchlist, RemoveFromWatchlist, card_screen
from bot.discover.service import ListItem, ListPage
from bot.discover.views import list_screen
from bot.films.library import genre_code
from bot.films.reasons import Reason
from bot.filtering.service import FilterPanel
from bot.filtering.views import SetDecade, SetFame, SetGenreFilter, filter_screen
from bot.onboarding.service import Questionnaire
from bot.onboarding.views import SetGenreAgain, revision_screen
from bot.preferences.service import SettingsPanel
from bot.preferences.views import SetTimeZone, ask_zone_screen, closed_screen, settings_screen, zones_screen
from bot.telegram.callbacks import Record
from bot.telegram.screen import Screen
from bot.texts import translator
from bot.watchlist import WatchlistPage, watchlist_screen
from bot.ways import OpenFilters, ShowList, ShowSettings, ShowWatchlist
from bot.wording import filters_text
from bot.zones import LocalTime
from sandbox.text.markup import parse_html
from storage.films.films import Film
from storage.people.filters import NO_FILTERS, Filters

T = translator("en")
MakeFilm = Callable[..., Film]
ODD = "<b>R&B: 音楽 " + "x" * 40  # a genre as a data set of one's own may have it
SOME = Filters(("Comedy", ODD), ("Horror",), (1940, 1990), "deep")
NOON = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)


def read(screen: Screen) -> str:
    """The text as a person reads it; fails on what Telegram, or a button, would not take."""
    assert screen.markup or not screen.rows
    return parse_html(screen.text)[0]


def actions(screen: Screen) -> dict[str, Record | str]:
    return {button.label: button.action for row in screen.rows for button in row}


def there(zone: str) -> LocalTime:
    return LocalTime(zone, NOON.astimezone(ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (SOME, f"Comedy or {ODD} · no Horror · Before 1950 or 1990s · Deep cuts"),
        (Filters(without=("Horror", "War")), "no Horror · no War"),
        (Filters(decades=(1980,)), "1980s"),
        (Filters(fame="known"), "Well known"),
    ],
)
def test_filters_in_words(filters: Filters, words: str) -> None:
    assert filters_text(filters, T) == words


def test_a_panel_has_the_next_choice_on_each_button() -> None:
    panel = FilterPanel(7, 40, SOME, ("Comedy", "Drama", "Horror", ODD), (1940, 1950, 1990))
    screen = filter_screen(panel, T, ShowList(40))
    assert read(screen).endswith(f"Chosen: {filters_text(SOME, T)}")
    found = actions(screen)
    assert found["✓ Comedy"] == SetGenreFilter(7, genre_code("Comedy"), -1)
    assert found["✗ Horror"] == SetGenreFilter(7, genre_code("Horror"), 0)
    assert found["Drama"] == SetGenreFilter(7, genre_code("Drama"), 1)
    assert found["✓ Before 1950"] == SetDecade(7, 1940, 0)
    assert found["1950s"] == SetDecade(7, 1950, 1)
    assert found["✓ Deep cuts"] == SetFame(7, "deep")
    assert found["Well known"] == SetFame(7, "known")
    assert found["Back"] == ShowList(40)
    staying = filter_screen(FilterPanel(7, None, NO_FILTERS, ("Comedy",), (1990,)), T, ShowSettings())
    assert read(staying).startswith("🎛 Filters that stay")
    assert "nothing, so every film passes" in read(staying)


def test_a_filtered_list_says_so_on_top_even_when_it_is_empty(make_film: MakeFilm) -> None:
    film = ListItem(1, make_film("Heat"), None, 4.26, Reason(None, None, None), on_watchlist=True)
    full = list_screen(ListPage(40, "recommend", None, None, (film,), False, SOME), T)
    assert read(full).splitlines()[:2] == ["🍿 For you", f"🎛 {filters_text(SOME, T)}"]
    assert "1. Heat (1996) · 4.3★ · on your watchlist" in read(full)
    assert actions(full)["Filter"] == OpenFilters(40)
    empty = list_screen(ListPage(41, "recommend", None, 40, (), False, SOME), T)
    assert read(empty).splitlines()[1] == f"🎛 {filters_text(SOME, T)}"
    assert list(actions(empty)) == ["Back", "Filter"]


def test_remove_on_a_card_means_the_list_it_was_opened_from(make_film: MakeFilm) -> None:
    film = make_film()
    wanted = card_screen(Card(film, Origin("w", 10), 4.0, None, frozenset(), True), T, ShowWatchlist(10))
    assert actions(wanted)["Remove"] == RemoveFromWatchlist(film.id, 10)
    assert actions(wanted)["✓ Watchlist"] == PutOnWatchlist(film.id, 0, "w10")
    elsewhere = card_screen(Card(film, Origin("l", 4), None, 4.0, frozenset(), True), T, ShowList(4))
    assert "Remove" not in actions(elsewhere)


@pytest.mark.parametrize(
    ("offset", "total", "turns"),
    [(0, 10, {}), (0, 11, {"Older": 10}), (10, 21, {"Newer": 0, "Older": 20}), (20, 21, {"Newer": 10})],
)
def test_the_watchlist_turns_its_pages(
    make_film: MakeFilm, offset: int, total: int, turns: dict[str, int]
) -> None:
    films = tuple(make_film() for _ in range(min(10, total - offset)))
    screen = watchlist_screen(WatchlistPage(offset, total, films), T)
    assert '1. <b>Fast & "Furious" <3 (1996)' in read(screen)
    found = {label: action for label, action in actions(screen).items() if not label.isdecimal()}
    assert found == {label: ShowWatchlist(to) for label, to in turns.items()}


def test_settings_show_what_is_set() -> None:
    panel = SettingsPanel(("Comedy", ODD), ("Horror",), SOME, there("America/New_York"))
    assert read(settings_screen(panel, T)).splitlines()[2:] == [
        f"Genres: 👍 Comedy, 👍 {ODD}, 👎 Horror",
        f"Filters that stay: {filters_text(SOME, T)}",
        "Time zone: America/New York, where it is 07:05",
    ]
    assert closed_screen(T).markup is None


def test_genres_again_lead_back_and_take_any_name() -> None:
    screen = revision_screen(Questionnaire(((ODD, 1), ("Drama", 0))), T)
    assert actions(screen)[f"👍 {ODD}"] == SetGenreAgain(genre_code(ODD), -1)
    assert actions(screen)["Done"] == ShowSettings()
    assert "Welcome" not in read(screen)


def test_places_show_the_time_there() -> None:
    assert "Now: UTC, where it is 12:05" in read(ask_zone_screen(there("UTC"), T))
    screen = zones_screen("<b>&", [there("Asia/Kolkata"), there("Pacific/Honolulu")], T)
    assert "“<b>&”" in read(screen)
    assert actions(screen) == {
        "Kolkata · 17:35": SetTimeZone("Asia/Kolkata"),
        "Honolulu · 02:05": SetTimeZone("Pacific/Honolulu"),
        "Back": ShowSettings(),
    }
    assert len(read(zones_screen("<" * 4096, [], T))) < 400
