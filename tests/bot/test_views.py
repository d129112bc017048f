"""Screens from sample data: escaped, short enough, and as Telegram would take them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import recsys
from bot.cards import Card, Origin, card_screen, film_page, film_preview
from bot.discover.service import ListItem, ListPage
from bot.discover.views import MoreOfList, candidates_screen, list_screen
from bot.films.library import FoundFilms, genre_code
from bot.films.reasons import Kinship, Reason
from bot.help import COMMANDS, help_screen, menu
from bot.onboarding.service import Bookcase, Questionnaire, Shelf
from bot.onboarding.views import PickShelf, SetGenre, noted_toast, questionnaire_screen, shelves_screen
from bot.profile.history.service import HistoryPage, Rated
from bot.profile.history.views import history_screen
from bot.rating.service import RoundState
from bot.rating.views import UndoInRound, round_screen
from bot.telegram.screen import Button, Screen
from bot.texts import translator
from bot.ways import ShowHistory, ShowList
from bot.wording import expected_text, film_label, stars_text
from sandbox.text.markup import parse_html
from storage.films.films import Film

T = translator("en")
LONGEST = 4096  # of a message, in UTF-16 units
MakeFilm = Callable[..., Film]


def shown(screen: Screen) -> str:
    """The text as a person reads it; fails on what Telegram would not take."""
    text, _ = parse_html(screen.text)
    assert 1 <= len(text.encode("utf-16-le")) // 2 <= LONGEST
    markup = screen.markup
    for row in markup.inline_keyboard if markup else ():
        for button in row:
            assert button.text.strip()
    assert screen.preview
    return text


def labels(screen: Screen) -> list[list[str]]:
    return [[button.label for button in row] for row in screen.rows]


def button(screen: Screen, label: str) -> Button:
    return next(each for row in screen.rows for each in row if each.label == label)


def item(film: Film, position: int, **fields: object) -> ListItem:
    known: dict[str, object] = {
        "stars": None,
        "expected": 4.26,
        "reason": Reason(None, None, None),
    }
    return ListItem(position=position, film=film, **{**known, **fields})  # type: ignore[arg-type]  # by name


def page(*items: ListItem, **fields: object) -> ListPage:
    known: dict[str, object] = {
        "id": 40,
        "kind": "recommend",
        "seed": None,
        "parent_id": None,
        "anonymous": False,
    }
    return ListPage(items=items, **{**known, **fields})  # type: ignore[arg-type]  # by name


def test_titles_are_shown_letter_by_letter_everywhere(make_film: MakeFilm) -> None:
    film, other = make_film(), make_film("</b></i>&amp;{0}%s")
    label = '<b>Fast & "Furious" <3 (1996)'
    assert film_label(film) == label
    card = Card(film, Origin("l", 3), 4.0, None, frozenset())
    listed = page(item(film, 1, reason=Reason(other, 5.0, None)), item(other, 2))
    similar = page(item(other, 1), kind="similar", seed=film)
    asked = candidates_screen(FoundFilms((film, other), False, True), "<i>&", True, T)
    for screen in (
        card_screen(card, T, None),
        list_screen(listed, T),
        list_screen(similar, T),
        history_screen(HistoryPage(0, 2, (Rated(film, 4.0, False), Rated(other, 0.5, True))), T),
        round_screen(RoundState(1, "rate", film, 1, other, False), T),
    ):
        assert label in shown(screen)
    assert "because you gave </b></i>&amp;{0}%s 5★" in shown(list_screen(listed, T))
    assert "“<i>&”" in shown(asked)
    assert labels(asked) == [[label], ["</b></i>&amp;{0}%s (1996)"]]


def test_a_card_has_what_it_needs(make_film: MakeFilm) -> None:
    film = make_film("Heat", 1995)
    screen = card_screen(Card(film, Origin("h", 10), None, 4.26, frozenset({"seen"})), T, ShowHistory(10))
    assert shown(screen).splitlines() == [
        "Heat (1995)",
        "Drama, Sci-Fi",
        "IMDb",
        "I think you would give it 4.3★",
        "You have seen it: how many stars?",
    ]
    assert labels(screen) == [
        ["1★", "2★", "3★", "4★", "5★"],
        ["Not interested", "✓ Seen it"],
        ["Watchlist", "More like this"],
        ["Back"],
    ]
    rated = card_screen(Card(film, Origin(), 3.5, 4.0, frozenset()), T, None)
    assert "You gave it 3.5★" in shown(rated)
    assert "I think" not in shown(rated)
    assert labels(rated)[-1] == ["Remove"]


@pytest.mark.parametrize(
    ("fields", "url", "preview"),
    [
        ({"tmdb_id": 949, "imdb_id": "tt0113277"}, "https://www.themoviedb.org/movie/949", True),
        ({"imdb_id": "tt0113277"}, "https://www.imdb.com/title/tt0113277/", True),
        ({}, "https://www.imdb.com/find/?s=tt&q=Heat+%26+Dust+%281983%29", False),
    ],
)
def test_where_a_film_has_its_page(
    make_film: MakeFilm, fields: dict[str, object], url: str, preview: bool
) -> None:
    film = make_film("Heat & Dust", 1983, **fields)
    assert film_page(film)[0] == url
    assert film_preview(film) == (url if preview else None)
    screen = card_screen(Card(film, Origin(), None, None, frozenset()), T, None)
    _, entities = parse_html(screen.text)
    assert [entity["url"] for entity in entities if entity["type"] == "text_link"] == [url]
    assert bool(screen.preview.is_disabled) is not preview


def test_a_film_of_which_little_is_known(make_film: MakeFilm) -> None:
    film = make_film("Blank", None, genres=())
    assert shown(card_screen(Card(film, Origin(), None, None, frozenset()), T, None)).splitlines() == [
        "Blank",
        "IMDb",
    ]


WAYS_ON = [["Pick shelves instead"], ["Done", "Skip"]]


def test_the_questionnaire_has_three_columns_and_the_next_answer_on_each_button() -> None:
    answers = tuple(zip(["Action", "Comedy", "Crime", "Drama"], [0, 1, -1, 0], strict=True))
    screen = questionnaire_screen(Questionnaire(answers), T)
    shown(screen)
    assert labels(screen) == [["Action", "👍 Comedy", "👎 Crime"], ["Drama"], *WAYS_ON]
    actions = [each.action for row in screen.rows[:-2] for each in row]
    assert actions == [
        SetGenre(genre_code("Action"), 1),
        SetGenre(genre_code("Comedy"), -1),
        SetGenre(genre_code("Crime"), 0),
        SetGenre(genre_code("Drama"), 1),
    ]


@pytest.mark.parametrize(
    ("answers", "toast"),
    [
        ((1, 1), "The same for every genre"),
        ((-1, -1), "The same for every genre"),
        ((0, 0), "No genres then"),
        ((1, 0), "Noted: 1 👍 and 0 👎"),
        ((1, -1), "Noted: 1 👍 and 1 👎"),
    ],
)
def test_what_is_made_of_the_answers(answers: tuple[int, int], toast: str) -> None:
    questionnaire = Questionnaire(tuple(zip(("Action", "Comedy"), answers, strict=True)))
    assert noted_toast(questionnaire, T).startswith(toast)


def test_shelves_are_lines_of_titles_and_numbered_toggles(make_film: MakeFilm) -> None:
    shelves = [Shelf((make_film(), make_film("Heat")), picked=number == 2) for number in range(1, 6)]
    screen = shelves_screen(Bookcase(tuple(shelves)), T)
    lines = shown(screen).split("\n\n")
    assert lines[1] == '1. <b>Fast & "Furious" <3\N{NO-BREAK SPACE}· Heat'
    assert lines[2].startswith("2. ✓ ")
    assert labels(screen) == [["1", "✓ 2", "3", "4"], ["5"], ["Genres"], ["Done", "Skip"]]
    assert button(screen, "1").action == PickShelf(shelves[0].films[0].id, 1)
    assert button(screen, "✓ 2").action == PickShelf(shelves[1].films[0].id, 0)


@pytest.mark.parametrize(("shelves", "toast"), [(1, "Noted: 1 shelf"), (2, "Noted: 2 shelves")])
def test_shelves_without_genres_are_noted_too(shelves: int, toast: str) -> None:
    assert noted_toast(Questionnaire((("Action", 0), ("Comedy", 0)), shelves), T) == toast


def test_a_round_shows_how_far_one_is(make_film: MakeFilm) -> None:
    film, last = make_film(), make_film()
    onboarding = round_screen(RoundState(1, "onboarding", film, 3, last, False), T)
    assert shown(onboarding).endswith("3 of 5")
    assert labels(onboarding) == [
        ["1★", "2★", "3★", "4★", "5★"],
        ["Haven't seen", "Watchlist"],
        ["Undo", "Done"],
    ]
    assert button(onboarding, "Undo").action == UndoInRound(1, last.id)
    first = round_screen(RoundState(1, "onboarding", film, 0, None, False), T)
    assert button(first, "Undo").action == UndoInRound(1, 0)
    assert "1 film rated." in shown(round_screen(RoundState(1, "rate", film, 1, last, False), T))
    for rated, ended, begins in (
        (0, True, "✅ Nothing"),
        (2, True, "✅ 2 films"),
        (0, False, "There is no film"),
    ):
        closed = round_screen(RoundState(1, "rate", None, rated, None, ended), T)
        assert shown(closed).startswith(begins)
        assert closed.markup is None


def test_a_list_numbers_its_films_and_gives_reasons(make_film: MakeFilm) -> None:
    films = [make_film(f"Film {number}") for number in range(1, 6)]
    screen = list_screen(
        page(
            item(films[0], 1, reason=Reason(films[4], 4.5, "Drama")),
            item(films[1], 2, reason=Reason(None, None, "Drama")),
            item(films[2], 3),
            item(films[3], 4, stars=2.0),
            item(films[4], 5, expected=None),
            parent_id=39,
        ),
        T,
    )
    assert shown(screen).splitlines()[2:] == [
        "1. Film 1 (1996) · 4.3★",
        "because you gave Film 5 4.5★",
        "2. Film 2 (1996) · 4.3★",
        "because you like Drama",
        "3. Film 3 (1996) · 4.3★",
        "because people with your taste like it",
        "4. Film 4 (1996) · you gave it 2★",
        "5. Film 5 (1996)",
        "because people with your taste like it",
    ]
    assert labels(screen) == [["1", "2", "3", "4", "5"], ["Back", "More", "Filter"]]
    assert button(screen, "More").action == MoreOfList(40)
    assert button(screen, "Back").action == ShowList(39)


def test_neighbours_say_what_they_have_in_common(make_film: MakeFilm) -> None:
    films = [make_film(f"Film {number}") for number in range(1, 6)]
    screen = list_screen(
        page(
            item(films[0], 1, kinship=Kinship("lovers", ("Crime",))),
            item(films[1], 2, kinship=Kinship("genres", ("Crime", "<b>"))),
            item(films[2], 3, kinship=Kinship("years")),
            item(films[3], 4),
            kind="similar",
            seed=films[4],
        ),
        T,
    )
    assert shown(screen).splitlines()[2:] == [
        "1. Film 1 (1996) · 4.3★",
        "Crime, and loved by the same people",
        "2. Film 2 (1996) · 4.3★",
        "the same mood: Crime, <b>",
        "3. Film 3 (1996) · 4.3★",
        "of the same years",
        "4. Film 4 (1996) · 4.3★",
    ]
    card = card_screen(
        Card(films[1], Origin("l", 3), None, 4.0, frozenset(), kinship=Kinship("lovers")), T, None
    )
    assert "people who love one love the other" in shown(card)
    assert "Not because of that" not in str(labels(card))


def test_a_list_with_nothing_left_says_so() -> None:
    assert shown(list_screen(page(), T)).startswith("That is all I have for you")
    assert shown(list_screen(page(kind="similar"), T)).startswith("There is nothing more like it")
    assert labels(list_screen(page(parent_id=39), T)) == [["Back"]]


def test_a_search_that_finds_nothing_has_no_keyboard() -> None:
    screen = candidates_screen(FoundFilms((), False, False), "qwertz", False, T)
    assert shown(screen) == "I know no film called “qwertz”."
    assert screen.markup is None


@pytest.mark.parametrize(
    ("offset", "total", "turns"),
    [
        (0, 3, []),
        (0, 10, []),
        (0, 11, ["Older", "Search"]),
        (10, 21, ["Newer", "Older", "Search"]),
        (20, 21, ["Newer", "Search"]),
    ],
)
def test_history_turns_its_pages(make_film: MakeFilm, offset: int, total: int, turns: list[str]) -> None:
    rated = tuple(Rated(make_film(f"Film {number}"), 4.0, False) for number in range(min(10, total - offset)))
    screen = history_screen(HistoryPage(offset, total, rated), T)
    shown(screen)
    flat = [label for row in labels(screen) for label in row]
    assert flat == [*(str(number) for number in range(1, len(rated) + 1)), *turns]
    for turn, to in (("Older", offset + 10), ("Newer", offset - 10)):
        if turn in turns:
            assert button(screen, turn).action == ShowHistory(to)


def test_help_and_menu_name_every_command() -> None:
    assert [name for name, _ in menu(T)] == list(COMMANDS)
    text = shown(help_screen(T))
    assert all(f"/{name}: " in text for name in COMMANDS)


def test_stars_read_as_people_write_them() -> None:
    assert [stars_text(stars) for stars in (4.0, 4.5, 0.5)] == ["4★", "4.5★", "0.5★"]
    assert [expected_text(stars) for stars in (4.0, 4.26, 3.04)] == ["4.0★", "4.3★", "3.0★"]


def test_the_longest_titles_fit_into_a_message(make_film: MakeFilm, test_data: Path) -> None:
    """Of the real catalogue; every list shows its ten longest."""
    catalog = recsys.load_dataset(str(test_data / "ml-100k")).catalog
    titles = sorted((film.title for film in catalog), key=len, reverse=True)[:10]
    films = [make_film(title, 1996, genres=catalog.genres) for title in titles]
    items = [item(film, n, reason=Reason(films[0], 4.5, None)) for n, film in enumerate(films, start=1)]
    shown(list_screen(page(*items), T))
    shown(list_screen(page(*items, kind="similar", seed=films[0]), T))
    shown(history_screen(HistoryPage(0, 10, tuple(Rated(film, 4.5, True) for film in films)), T))
    shown(card_screen(Card(films[0], Origin(), 4.5, None, frozenset()), T, None))
    shown(candidates_screen(FoundFilms(tuple(films[:5]), False, False), "<" * 4096, True, T))
