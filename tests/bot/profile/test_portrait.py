"""What /profile finds in ratings, how it says it, and the round that it offers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from bot.errors import StaleButton
from bot.films.taste import Guess, Taste
from bot.profile.portrait.service import Portrait, Portraits
from bot.profile.portrait.views import AskThese, portrait_screen
from bot.rating.service import Rating
from bot.texts import translator
from recsys.portrait import Leaning
from storage.database import Database
from storage.films.films import Film
from storage.people import genres, lists
from storage.people.people import Person

Rate = Callable[[Person, str, int], Awaitable[None]]
FilmId = Callable[[str], int]
NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
T = translator("en")


async def test_a_portrait_of_ratings(
    database: Database,
    taste: Taste,
    rating: Rating,
    portraits: Portraits,
    rate: Rate,
    film_id: FilmId,
    ann: Person,
) -> None:
    given = {
        "Heat": 5,
        "Casino": 5,
        "Goodfellas": 4,
        "Shrek": 1,
        "Amélie": 2,
        "Notting Hill": 1,
        "Alien": 3,
        "Heathers": 5,
    }
    for title, stars in given.items():
        await rate(ann, title, stars)
    async with database.write() as conn:
        await rating.mute(conn, ann.id, film_id("Heathers"), NOW)
        await genres.answer(conn, ann.id, "Crime", 1, NOW)
        await genres.answer(conn, ann.id, "Horror", -1, NOW)
    portrait = await portraits.of(ann.id)
    assert (portrait.ratings, portrait.set_aside, portrait.mean) == (8, 1, 3.0)
    crime, comedy = portrait.genres
    assert (crime.kind, crime.films) == ("Crime", 3)
    assert (crime.mean, crime.above, crime.strength) == pytest.approx((14 / 3, 5 / 3, 5 / 8))
    assert (comedy.kind, comedy.films) == ("Comedy", 3)
    assert comedy.mean == pytest.approx(4 / 3)
    assert portrait.genre_answers == (("Crime", 1), ("Horror", -1))
    assert [film.title for film, _ in portrait.favourites][2:] == ["Goodfellas"]
    assert {film.title for film, _ in portrait.favourites} == {"Heat", "Casino", "Goodfellas"}
    del given["Heathers"]
    typical = taste.typical([film_id(title) for title in given])
    expected = sum(stars - typical[film_id(title)] for title, stars in given.items()) / 7
    assert portrait.generosity == pytest.approx(expected)
    async with database.read() as conn:
        profile = await taste.of(conn, ann.id)
    assert [guess.film.id for guess in portrait.questions] == taste.next_questions(profile, 5)
    assert not {guess.film.id for guess in portrait.questions} & profile.ratings.keys()
    assert all(guess.deviation > 0 for guess in portrait.questions)


async def test_a_stranger_has_no_portrait_but_questions(portraits: Portraits, ann: Person) -> None:
    portrait = await portraits.of(ann.id)
    assert (portrait.ratings, portrait.mean, portrait.generosity, portrait.genres) == (0, None, None, ())
    assert len(portrait.questions) == 5
    screen = portrait_screen(portrait, T)
    assert "I know none of your ratings yet" in screen.text
    assert [[button.label for button in row] for row in screen.rows] == [["Rate these"]]


def _portrait(film: Film, generosity: float | None) -> Portrait:
    return Portrait(
        ratings=12,
        set_aside=1,
        mean=3.8,
        generosity=generosity,
        genres=(
            Leaning("Crime", 7, 4.4, 0.6, 0.35),
            Leaning("War", 5, 4.3, 0.5, 0.25),
            Leaning("Comedy", 4, 3.0, -0.8, -0.36),
        ),
        decades=(Leaning("1990s", 6, 4.3, 0.5, 0.27),),
        genre_answers=(("Crime", 1), ("Horror", -1)),
        favourites=((film, 5.0),),
        questions=(Guess(film, 3.42, 1.06),),
    )


def test_a_portrait_in_words(make_film: Callable[..., Film]) -> None:
    film = make_film()
    screen = portrait_screen(_portrait(film, -0.31), T)
    title = "&lt;b&gt;Fast &amp; &quot;Furious&quot; &lt;3 (1996)"
    assert screen.text.splitlines() == [
        "<b>You, as I see you</b>",
        "",
        "12 ratings · 3.8★ on average",
        "1 of them is not used as evidence: /history marks it 🔇",
        "",
        "You give 0.3★ less than others do for the same films.",
        "",
        "<b>You like</b>",
        "Crime: 7 films, 4.4★ on average, 0.6 above your mean",
        "War: 5 films, 4.3★ on average, 0.5 above your mean",
        "1990s: 6 films, 4.3★ on average, 0.5 above your mean",
        "",
        "<b>You like less</b>",
        "Comedy: 4 films, 3.0★ on average, 0.8 below your mean",
        "",
        "<b>You told me</b>",
        "👍 Crime",
        "👎 Horror",
        "",
        "<b>Your favourites</b>",
        f"{title} 5★",
        "",
        "<b>What I would like to ask</b>",
        f"{title}: I guess 3.4★, give or take 1.1",
    ]
    assert screen.rows[0][0].action == AskThese(str(film.id))


@pytest.mark.parametrize(
    ("generosity", "said"),
    [
        (0.31, "You give 0.3★ more than others do for the same films."),
        (0.04, "You give as many stars as others do for the same films."),
        (-0.04, "You give as many stars as others do for the same films."),
        (None, "With five ratings I can tell how generous you are."),
    ],
)
def test_generosity_in_words(make_film: Callable[..., Film], generosity: float | None, said: str) -> None:
    assert said in portrait_screen(_portrait(make_film(), generosity), T).text.splitlines()


async def test_a_round_asks_exactly_what_it_was_told_to(
    database: Database, rating: Rating, rate: Rate, film_id: FilmId, ann: Person
) -> None:
    """In order, without what is rated by now; an answer taken back is asked again; then it ends."""
    wanted = [film_id(title) for title in ("Undated", "Heat", "Shrek", "Alien")]
    await rate(ann, "Heat", 3)
    async with database.write() as conn:
        number = await rating.ask(conn, ann.id, wanted, NOW)
    asked = []
    for stars in (4, None, 2):
        film = (await rating.state(ann.id, number)).film
        assert film is not None
        asked.append(film.title)
        async with database.write() as conn:
            assert not await rating.answer(conn, ann.id, number, film.id, stars, NOW)
            if stars is None:
                assert await rating.undo(conn, ann.id, number, film.id)
                assert not await rating.answer(conn, ann.id, number, film.id, stars, NOW)
    assert asked == ["Undated", "Shrek", "Alien"]
    ended = await rating.state(ann.id, number)
    assert (ended.film, ended.rated, ended.ended) == (None, 2, True)
    async with database.read() as conn:
        shown = await lists.recent(conn, ann.id, NOW, "question")
    assert set(shown) == {wanted[0], wanted[2], wanted[3]}


async def test_a_round_about_nothing_that_there_is(
    database: Database, rating: Rating, rate: Rate, film_id: FilmId, ann: Person
) -> None:
    await rate(ann, "Heat", 3)
    async with database.write() as conn:
        number = await rating.ask(conn, ann.id, [film_id("Heat")], NOW)
        with pytest.raises(StaleButton):
            await rating.ask(conn, ann.id, [10**9], NOW)
    assert (await rating.state(ann.id, number)).film is None
