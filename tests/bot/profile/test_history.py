"""What /history finds, and how its pages are turned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from bot.cards import OpenCard, Origin
from bot.errors import StaleButton
from bot.profile.history.service import History, HistoryPage, Rated, Search
from bot.profile.history.views import SearchHint, history_screen
from bot.texts import translator
from bot.ways import ShowFound, ShowHistory
from storage.database import Database
from storage.films.films import Film
from storage.people.people import Person

Rate = Callable[[Person, str, int], Awaitable[None]]
Minute = Callable[[int], datetime]
T = translator("en")


@pytest.fixture
def find(
    database: Database, history: History, minute: Minute
) -> Callable[[Person, str], Awaitable[list[str]]]:
    """The titles that a search finds for a person, in order."""

    async def search(person: Person, text: str) -> list[str]:
        async with database.write() as conn:
            search_id = await history.search(conn, person.id, text, minute(0))
        page = await history.found(person.id, search_id, 0)
        assert page.total == len(page.rated)
        return [rated.film.title for rated in page.rated]

    return search


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("heat", ["Heat", "Dead Heat", "Heathers"]),
        ("HEAT", ["Heat", "Dead Heat", "Heathers"]),
        ("heat 1995", ["Heat"]),
        ("silense of the lams", ["The Silence of the Lambs"]),
        ("amelie", ["Amélie"]),
        ("crime", ["Casino", "The Silence of the Lambs", "Heat"]),
        ("sci-fi", ["2001: A Space Odyssey"]),
        ("1995", ["Casino", "Heat"]),
        ("90s", ["Casino", "The Silence of the Lambs", "Heat"]),
        ("1990s", ["Casino", "The Silence of the Lambs", "Heat"]),
        ("2000s", ["Amélie"]),
        ("2001", ["2001: A Space Odyssey", "Amélie"]),
        ("goodfellas", []),  # a film, but not one of hers
        ("western", []),
        ("zzz", []),
        ("★", []),
    ],
)
async def test_a_search_among_ones_own_ratings(
    find: Callable[[Person, str], Awaitable[list[str]]],
    rate: Rate,
    ann: Person,
    bob: Person,
    text: str,
    found: list[str],
) -> None:
    """By title the best first, else the newest first; nobody else's ratings are found."""
    for title in (
        "Dead Heat",
        "Amélie",
        "Heathers",
        "Heat",
        "The Silence of the Lambs",
        "2001: A Space Odyssey",
        "Casino",
        "Undated",
    ):
        await rate(ann, title, 4)
    await rate(bob, "Goodfellas", 5)
    assert await find(ann, text) == found


async def test_a_search_is_as_fresh_as_the_ratings_and_nobody_elses(
    database: Database, history: History, rate: Rate, ann: Person, bob: Person, minute: Minute
) -> None:
    async with database.write() as conn:
        search_id = await history.search(conn, ann.id, "heat", minute(0))
    assert (await history.found(ann.id, search_id, 30)).rated == ()
    await rate(ann, "Heat", 3)
    page = await history.found(ann.id, search_id, 30)
    assert (page.offset, page.total, [rated.stars for rated in page.rated]) == (0, 1, [3.0])
    for person, number in ((bob, search_id), (ann, search_id + 1)):
        with pytest.raises(StaleButton):
            await history.found(person.id, number, 0)


def _page(film: Film, count: int, offset: int, total: int, search: Search | None = None) -> HistoryPage:
    return HistoryPage(offset, total, tuple(Rated(film, 4.5, n == 1) for n in range(count)), search)


def test_the_pages_of_a_search_lead_back_to_it(make_film: Callable[..., Film]) -> None:
    film = make_film()
    screen = history_screen(_page(film, 10, 10, 25, Search(7, "<fast>")), T)
    lines = screen.text.splitlines()
    assert lines[0] == "<b>25 of your ratings</b> match “&lt;fast&gt;”"
    assert lines[2] == "1. &lt;b&gt;Fast &amp; &quot;Furious&quot; &lt;3 (1996) 4.5★"
    assert lines[3].endswith(" 4.5★ 🔇")
    assert lines[-1] == "🔇 not used as evidence of what you like"
    assert screen.rows[0][0].action == OpenCard(film.id, Origin("s", 7, 10).pack())
    assert [(button.label, button.action) for button in screen.rows[-1]] == [
        ("Newer", ShowFound(7, 0)),
        ("Older", ShowFound(7, 20)),
        ("All ratings", ShowHistory(0)),
    ]


def test_a_long_history_offers_to_search_and_a_short_one_does_not(make_film: Callable[..., Film]) -> None:
    film = make_film()
    long, short = history_screen(_page(film, 10, 0, 11), T), history_screen(_page(film, 10, 0, 10), T)
    assert [(button.label, button.action) for button in long.rows[-1]] == [
        ("Older", ShowHistory(10)),
        ("Search", SearchHint()),
    ]
    assert [button.label for row in short.rows for button in row] == [str(n) for n in range(1, 11)]


def test_what_is_not_found_is_said(make_film: Callable[..., Film]) -> None:
    screen = history_screen(_page(make_film(), 0, 0, 0, Search(7, "<x>")), T)
    assert screen.text.startswith("None of your ratings matches “&lt;x&gt;”.")
    assert screen.rows == ()


@pytest.mark.parametrize("packed", ["l40", "h0", "s7+10", ""])
def test_origins_come_back(packed: str) -> None:
    assert Origin.unpack(packed).pack() == packed


@pytest.mark.parametrize("packed", ["s7", "s+1", "l", "x1", "l4+1", "s1+2+3", "l-1", "l٣"])
def test_an_origin_that_there_is_not_is_stale(packed: str) -> None:
    with pytest.raises(StaleButton):
        Origin.unpack(packed)
