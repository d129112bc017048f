"""A rating that is no evidence: seen and rated still, but nothing follows from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from bot.cards import NotBecause, Origin, UseAgain, card_screen
from bot.discover.service import Discover
from bot.errors import StaleButton
from bot.films.taste import Taste
from bot.rating.service import Rating
from bot.texts import translator
from storage.database import Database
from storage.people import ratings
from storage.people.people import Person

Rate = Callable[[Person, str, int], Awaitable[None]]
FilmId = Callable[[str], int]
NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
T = translator("en")


async def test_a_muted_rating_is_no_evidence(
    database: Database,
    taste: Taste,
    rating: Rating,
    rate: Rate,
    film_id: FilmId,
    ann: Person,
    bob: Person,
) -> None:
    """Muted, the model hears nothing of it: as of somebody who never rated the film. It is still rated."""
    for person in (ann, bob):
        await rate(person, "Casino", 5)
        await rate(person, "Shrek", 2)
    await rate(ann, "Heat", 5)
    heat = film_id("Heat")
    async with database.write() as conn:
        before = await taste.of(conn, ann.id)
        await rating.mute(conn, ann.id, heat, NOW)
        muted, never = await taste.of(conn, ann.id), await taste.of(conn, bob.id)
        other = [film_id(title) for title in ("Se7en", "Alien", "Amélie")]
        assert taste.guesses(muted, other) == taste.guesses(never, other) != taste.guesses(before, other)
        assert muted.ratings == before.ratings
        assert heat in muted.done_with
        picks = taste.recommend(muted, 20, exclude=(), penalties={})
        assert picks
        assert heat not in {pick.film.id for pick in picks}
        assert heat not in {pick.because.id for pick in picks if pick.because}
        assert heat not in taste.next_questions(muted, 20)
        await rating.unmute(conn, ann.id, heat)
        again = await taste.of(conn, ann.id)
    assert taste.guesses(again, other) == taste.guesses(before, other)


async def test_the_card_of_a_pick_says_why_until_that_is_denied(
    database: Database,
    rating: Rating,
    discover: Discover,
    rate: Rate,
    film_id: FilmId,
    ann: Person,
    bob: Person,
) -> None:
    """On the list too the reason is gone; the card of the reason itself turns it back on."""
    for title in ("Casino", "Heat"):
        await rate(ann, title, 5)
    async with database.write() as conn:
        list_id = await discover.recommend(conn, ann.id, NOW)
    item = (await discover.page(ann.id, list_id)).items[0]
    reason = item.reason.film
    assert reason is not None
    origin = Origin("l", list_id)
    card = await discover.card(ann.id, item.film.id, origin)
    screen = card_screen(card, T, None)
    assert f"<i>because you gave {reason.title} 5★</i>" in screen.text
    button = next(b for row in screen.rows for b in row if b.label == "Not because of that")
    assert button.action == NotBecause(reason.id, item.film.id, origin.pack())
    assert (await discover.card(ann.id, item.film.id, Origin())).reason is None
    assert (await discover.card(bob.id, item.film.id, origin)).reason is None
    async with database.write() as conn:
        await rating.mute(conn, ann.id, reason.id, NOW)
    screen = card_screen(await discover.card(ann.id, item.film.id, origin), T, None)
    assert reason.title not in screen.text
    assert "Not because of that" not in [b.label for row in screen.rows for b in row]
    for shown in (await discover.page(ann.id, list_id)).items:
        assert shown.reason.film is None or shown.reason.film.id != reason.id
    screen = card_screen(await discover.card(ann.id, reason.id, Origin("h", 0)), T, None)
    assert "not used as evidence" in screen.text
    again = next(b for row in screen.rows for b in row if b.label == "Use as evidence again")
    assert again.action == UseAgain(reason.id, "h0")


async def test_a_rating_that_was_taken_back_is_no_reason(
    database: Database, discover: Discover, rate: Rate, ann: Person
) -> None:
    await rate(ann, "Heat", 5)
    async with database.write() as conn:
        list_id = await discover.recommend(conn, ann.id, NOW)
    (reason,) = {item.reason.film for item in (await discover.page(ann.id, list_id)).items} - {None}
    assert reason is not None
    async with database.write() as conn:
        await ratings.remove(conn, ann.id, reason.id)
    assert {item.reason.film for item in (await discover.page(ann.id, list_id)).items} == {None}


async def test_what_is_not_rated_cannot_be_muted(
    database: Database, rating: Rating, film_id: FilmId, ann: Person
) -> None:
    async with database.write() as conn:
        with pytest.raises(StaleButton):
            await rating.mute(conn, ann.id, film_id("Heat"), NOW)
