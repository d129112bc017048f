"""A round of rating cards as one message."""

from __future__ import annotations

from typing import Annotated

from bot.cards import film_preview, film_text, rating_row, watchlist_label
from bot.rating.service import FIRST_ANSWERS, RoundState
from bot.telegram.callbacks import FilmId, Owned, Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from storage.films.films import Film

ROUND = Owned("round")
RoundId = Annotated[int, ROUND]


@record("rr")
class RateInRound(Record):
    """Stars for the film that a round shows."""

    round_id: RoundId
    film_id: FilmId
    stars: int


@record("rn")
class UnseenInRound(Record):
    """Haven't seen the film that a round shows."""

    round_id: RoundId
    film_id: FilmId


@record("rw")
class WatchInRound(Record):
    """Put the film that a round shows on the watchlist (on=1), or take it off (on=0)."""

    round_id: RoundId
    film_id: FilmId
    on: int


@record("ru")
class UndoInRound(Record):
    """Take the answer to this very film back; film 0: there is none to take back."""

    round_id: RoundId
    film_id: FilmId


@record("re")
class EndRound(Record):
    """Enough for now."""

    round_id: RoundId


def round_screen(state: RoundState, t: Translator) -> Screen:
    """The card that a round shows now, or what remains of a round that is over."""
    if state.film is None:
        return Screen(_closing(state, t))
    text = f"{film_text(state.film, t)}\n\n{_progress(state, t)}"
    return Screen(text, _rows(state, state.film, t), film_preview(state.film))


def _rows(state: RoundState, film: Film, t: Translator) -> tuple[tuple[Button, ...], ...]:
    round_id, film_id = state.id, film.id
    return (
        rating_row(t, lambda stars: RateInRound(round_id, film_id, stars)),
        (
            Button(t.plain("button.unseen"), UnseenInRound(round_id, film_id)),
            Button(
                watchlist_label(state.on_watchlist, t),
                WatchInRound(round_id, film_id, int(not state.on_watchlist)),
            ),
        ),
        (
            Button(t.plain("button.undo"), UndoInRound(round_id, state.last.id if state.last else 0)),
            Button(t.plain("button.done"), EndRound(round_id)),
        ),
    )


def _progress(state: RoundState, t: Translator) -> str:
    if state.kind == "onboarding":
        return t.html("round.progress", rated=state.rated, goal=FIRST_ANSWERS)
    return t.html("round.so_far", count=state.rated)


def _closing(state: RoundState, t: Translator) -> str:
    if state.rated == 0:
        return t.html("round.closed.empty" if state.ended else "round.nothing_left")
    return t.html("round.closed", count=state.rated)
