"""Boards, polls and results from sample data: escaped, short enough, and silent about what is private."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.films.reasons import Reason
from bot.night.result_views import reason_screen, reminder_screen, result_screen, summary_screen
from bot.night.states import Board, Line, PollNow, Result, Seat, TalliedOption
from bot.night.views import (
    CancelNight,
    ClosePoll,
    StartPoll,
    board_screen,
    panel_screen,
    poll_form,
    rating_screen,
)
from bot.telegram.links import Links, film_of, night_of
from bot.telegram.screen import Screen
from bot.texts import translator
from sandbox.text.markup import parse_html
from storage.films.films import Film
from storage.night.nights import Night

T = translator("en")
LINKS = Links("matinee_bot")
MakeFilm = Callable[..., Film]
NOW = datetime(2026, 11, 28, 18, 30, tzinfo=UTC)


def read(screen: Screen) -> str:
    assert screen.markup or not screen.rows
    return parse_html(screen.text)[0]


def actions(screen: Screen) -> dict[str, object]:
    return {button.label: button.action for row in screen.rows for button in row}


def night(**fields: object) -> Night:
    known: dict[str, object] = {
        "id": 7,
        "chat_id": 1,
        "topic_id": 0,
        "state": "gathering",
        "starts_at": None,
        "genres": (),
        "decades": (),
        "version": 1,
        "opened_at": NOW,
        "film_id": None,
        "decided_by": None,
        "decided_at": None,
    }
    return Night(**{**known, **fields})  # type: ignore[arg-type]  # by name


def poll(*options: TalliedOption, **fields: object) -> PollNow:
    known: dict[str, object] = {
        "number": 1,
        "state": "open",
        "options": options,
        "voters": 2,
        "several": True,
        "outsiders": True,
        "closes_at": NOW,
        "unsure": False,
    }
    return PollNow(**{**known, **fields})  # type: ignore[arg-type]  # by name


def test_a_board_says_who_when_and_what(make_film: MakeFilm) -> None:
    films = (make_film(), make_film("Heat", 1995))
    starts_at = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    seats = (Seat("<Ada> & co", True, False), Seat("Bob", False, True))
    board = Board(night(genres=("Crime",), decades=(1990,)), seats, films, starts_at, None, None)
    screen = board_screen(board, T, LINKS)
    assert read(screen).splitlines() == [
        "🎬 Movie night · Sat 28 Nov, 19:30",
        "🎛 Crime · 1990s",
        "",
        "In (2): <Ada> & co (host), Bob (guest)",
        "",
        "On the slate, to be voted on:",
        '• <b>Fast & "Furious" <3 (1996)',
        "• Heat (1995)",
        "",
        "A guest counts as the rest of you do on average. Tell me your taste takes a minute, and then yours "
        "counts.",
    ]
    assert list(actions(screen)) == [
        "Join",
        "Leave",
        "Seen some",
        "Veto",
        "Start poll",
        "Settings",
        "Cancel",
        "Tell me your taste",
    ]
    assert actions(screen)["Start poll"] == StartPoll(7, 1)
    assert actions(screen)["Tell me your taste"] == "https://t.me/matinee_bot?start=n7"


def test_what_to_do_where_there_is_no_slate(make_film: MakeFilm) -> None:
    host, other = Seat("Ada", True, False), Seat("Bob", False, False)
    alone = Board(night(), (host,), (), None, None, None)
    assert "One more" in read(board_screen(alone, T, LINKS))
    few = Board(night(), (host, other), (make_film(),), None, None, None)
    assert "Too few films fit (1)" in read(board_screen(few, T, LINKS))
    assert "Too few films fit (0)" in read(
        board_screen(Board(night(), (host, other), (), None, None, None), T, LINKS)
    )
    empty = read(board_screen(Board(night(), (), (), None, None, None), T, LINKS))
    assert empty.endswith("Nobody is in. Tap Join, and it is your night.")
    guest = Board(night(), (Seat("Ada", True, True),), (), None, None, None)
    assert "the rest of you" not in read(board_screen(guest, T, LINKS))
    assert "Tell me your taste takes a minute" in read(board_screen(guest, T, LINKS))
    assert read(panel_screen(alone, "veto", T)) == "There is no slate yet."


def test_a_board_with_its_poll_out(make_film: MakeFilm) -> None:
    heat, fargo = make_film("Heat", 1995), make_film("Fargo", 1996)
    options = (
        TalliedOption(heat, 2, 1, True),
        TalliedOption(fargo, 1, 1, False),
        TalliedOption(None, None, 0, False),
    )
    seats = (Seat("Ada", True, False),)
    open_now = Board(night(state="polling"), seats, (), None, poll(*options), None)
    screen = board_screen(open_now, T, LINKS)
    assert "It closes on Sat at 18:30 (UTC)." in read(screen)
    assert "2 people have voted." in read(screen)
    assert "🚫 Vetoed, so votes for it are void: Heat (1995)" in read(screen).splitlines()
    assert "newer one counts" not in read(screen)
    assert "frozen" in read(panel_screen(open_now, "seen", T))
    assert list(actions(panel_screen(open_now, "veto", T))) == ["Heat (1995)", "Fargo (1996)"]
    unvoted = Board(night(state="polling"), seats, (), None, poll(*options, voters=0), None)
    assert "Nobody has voted yet." in read(board_screen(unvoted, T, LINKS))
    assert actions(screen)["Close now"] == ClosePoll(7, 1)
    assert actions(screen)["Cancel"] == CancelNight(7)
    assert "Start poll" not in actions(screen)
    unsure = poll(*options, unsure=True, outsiders=False, voters=1)
    screen = board_screen(Board(night(state="polling"), seats, (), None, unsure, None), T, LINKS)
    assert "newer one counts" in read(screen)
    assert "Only votes of people who joined count." in read(screen)
    assert "1 person has voted." in read(screen)
    coming = Board(night(state="polling"), seats, (), None, poll(*options, state="due"), None)
    assert "on its way" in read(board_screen(coming, T, LINKS))
    over = Board(night(state="decided"), seats, (), None, poll(*options, state="closed"), fargo)
    assert read(board_screen(over, T, LINKS)).endswith("🏆 Fargo (1996)")
    assert board_screen(over, T, LINKS).markup is None
    assert "Tap Join" not in read(board_screen(replace(over, seats=()), T, LINKS))
    assert "Called off" in read(
        board_screen(Board(night(state="cancelled"), seats, (), None, None, None), T, LINKS)
    )


def test_the_options_of_a_poll_fit_and_keep_their_year(make_film: MakeFilm) -> None:
    long = make_film("Dr. Strangelove or: " + "How I Learned " * 10, 1964)
    yearless = make_film("x" * 120, None)
    options = [TalliedOption(film, rank, 0, False) for rank, film in enumerate((long, yearless), start=1)]
    board = Board(
        night(state="polling"),
        (),
        (),
        None,
        poll(*options, TalliedOption(None, None, 0, False), several=False),
        None,
    )
    form = poll_form(board, T, LINKS)
    assert [len(option) for option in form.options[:2]] == [100, 100]
    assert form.options[0].endswith("… (1964)")
    assert form.options[1].endswith("x…")
    assert form.options[2] == "None of these"
    assert not form.several
    assert [button.action for row in form.rows for button in row] == [
        f"https://t.me/matinee_bot?start=f{film.id}" for film in (long, yearless)
    ]


def test_a_result_has_a_line_for_each_from_what_all_can_see(make_film: MakeFilm) -> None:
    heat = make_film("Heat", 1995, genres=("Crime", "Drama"))
    fargo = make_film("Fargo", 1996, genres=("Comedy", "Crime"))
    shining = make_film("The Shining", 1980, genres=("Horror",))
    options = (
        TalliedOption(shining, 3, 1, False),
        TalliedOption(heat, 1, 2, False),
        TalliedOption(fargo, 2, 2, True),
        TalliedOption(None, None, 1, False),
    )
    ranked = (options[1], options[0], options[3])
    lines = (
        Line("<Ada>", (heat, fargo), True),
        Line("Bob", (shining,), True),
        Line("Cleo", (fargo,), False),
        Line("Dan", (None,), True),
        Line("Eve", (), True),
    )
    decided = night(state="decided", film_id=heat.id, decided_by="votes")
    result = Result(decided, 1, heat, False, options, ranked, lines, None, None)
    screen = result_screen(result, T, LINKS)
    assert read(screen).splitlines() == [
        "🏆 Heat (1995) wins with 2 votes.",
        "",
        "<Ada> voted for it: Crime / Drama film of the 1990s",
        "Bob voted for The Shining (1980)",
        "Cleo voted for Fargo (1996); this is another Crime film of the 1990s",
        "Dan wanted none of them",
        "Eve left it to the others",
    ]
    why = read(result_screen(result, T, LINKS, why=True)).splitlines()
    assert why[-4:] == [
        "1. Heat (1995): 2 votes, rank 1",
        "2. The Shining (1980): 1 vote, rank 3",
        "3. None of these: 1 vote, no rank",
        "🚫 Fargo (1996): vetoed, 2 votes void",
    ]
    last_time = Result(decided, 1, heat, True, options, ranked, (lines[0], lines[4]), fargo, None)
    told = read(result_screen(last_time, T, LINKS, again=True))
    assert told.startswith("👑 Heat (1995), picked by hand.")
    assert "Eve did not vote" in told
    assert "left it to" not in told
    assert "<Ada> voted for it: Crime film of the 1990s, like Fargo (1996) last time" in told
    assert told.endswith("in case the first one did not arrive.")


def test_a_hundred_people_fit_into_a_message(make_film: MakeFilm) -> None:
    films = tuple(make_film("&" * 90, 1990) for _ in range(9))
    options = tuple(TalliedOption(film, rank, 100, rank == 2) for rank, film in enumerate(films, start=1))
    lines = tuple(Line("<" * 64, films[1:], True) for _ in range(100))
    result = Result(night(state="decided"), 1, films[0], False, options, options, lines, films[1], None)
    told = read(result_screen(result, T, LINKS, why=True, again=True))
    assert len(told) < 4096
    assert "more" in told
    seats = tuple(Seat("<" * 64, False, True) for _ in range(100))
    board = read(board_screen(Board(night(), seats, films, None, None, None), T, LINKS))
    assert "In (100): <" in board
    assert len(board) < 4096


def test_a_result_without_a_winner_offers_another_slate(make_film: MakeFilm) -> None:
    film = make_film("Heat", 1995)
    options = (TalliedOption(film, 1, 1, False), TalliedOption(None, None, 2, False))
    lines = (Line("Ada", (None,), True), Line("Bob", (film,), True), Line("Cleo", (), True))
    result = Result(night(), 1, None, False, options, options[::-1], lines, None, None)
    screen = result_screen(result, T, LINKS)
    assert read(screen).splitlines()[-3:] == [
        "Ada wanted none of them",
        "Bob voted for Heat (1995)",
        "Cleo did not vote",
    ]
    assert actions(screen)["New slate"] == StartPoll(7, 2)
    last = result_screen(replace(result, offers=1), T, LINKS)
    assert "New slate" not in actions(last)
    assert "too few other films" in read(last)
    void = (TalliedOption(film, 1, 1, True), TalliedOption(None, None, 0, False))
    vetoed = Result(night(), 1, None, False, void, void[1:], (), None, None)
    assert read(result_screen(vetoed, T, LINKS)).startswith("🤷 Every film was vetoed.")
    nobody = Result(
        night(),
        1,
        film,
        False,
        (TalliedOption(film, 1, 0, False),),
        (TalliedOption(film, 1, 0, False),),
        (),
        None,
        None,
    )
    assert "nobody voted" in read(result_screen(nobody, T, LINKS))
    only_void = replace(nobody, options=(TalliedOption(film, 2, 0, False), TalliedOption(film, 1, 2, True)))
    told = read(result_screen(only_void, T, LINKS))
    assert "every vote was for a vetoed film" in told
    assert "nobody voted" not in told


def test_what_is_said_before_and_after_the_film(make_film: MakeFilm) -> None:
    heat, fargo = make_film("Heat", 1995), make_film("Fargo", 1996)
    assert read(reminder_screen(heat, NOW, T)) == "⏰ Movie night at 18:30: Heat (1995)"
    assert "start the poll" in read(reminder_screen(None, NOW, T))
    assert "vote!" in read(reminder_screen(None, NOW, T, polling=True))
    private = reason_screen(heat, Reason(fargo, 5.0, None), T)
    assert read(private) == "🎬 Heat (1995) tonight. For you: because you gave Fargo 5★"
    assert (
        read(summary_screen(heat, [5.0, 4.0, 2.0, 4.0], T)) == "⭐ Heat (1995): 4★ on average, from 4 of you."
    )
    for is_private in (True, False):
        asked = rating_screen(7, heat, T, private=is_private)
        assert list(actions(asked)) == ["1★", "2★", "3★", "4★", "5★"]


def test_links_lead_back_to_what_they_mean() -> None:
    assert film_of(LINKS.film(318).partition("start=")[2]) == 318
    assert night_of(LINKS.night(7).partition("start=")[2]) == 7
    for payload in ("", "f", "x7", "f7x", "n-1", "profile", "f" + "9" * 19):
        assert film_of(payload) is None
        assert night_of(payload) is None
