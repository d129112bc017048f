"""The movie card: one film, its stars, and what can be done with it. Used by every feature."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote_plus

from bot.errors import StaleButton
from bot.films.reasons import Kinship, Reason
from bot.telegram.callbacks import FilmId, Owned, Record, record
from bot.telegram.screen import Button, Screen, in_rows
from bot.texts import Html, Translator
from bot.wording import expected_text, film_label, stars_text
from storage.films.films import Film

_STARS = (1, 2, 3, 4, 5)
_PER_ROW = 5  # numbers under a list
_ORIGIN = re.compile(r"(?P<kind>[lhw])(?P<ref>[0-9]{1,18})|s(?P<search>[0-9]{1,18})\+(?P<offset>[0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Origin:
    """The screen that a card was opened from, and `Back` returns to: a list, history or watchlist at an
    offset, or a search of history (a list without films) at an offset."""

    kind: str = ""  # "", "l" (list id), "h" or "w" (offset) or "s" (list id, offset)
    ref: int = 0
    offset: int = 0

    def pack(self) -> str:
        """As a field of a callback record."""
        if not self.kind:
            return ""
        return f"{self.kind}{self.ref}" + (f"+{self.offset}" if self.kind == "s" else "")

    @classmethod
    def unpack(cls, packed: str) -> Origin:
        """Raises StaleButton for anything else than `pack` gives."""
        if not packed:
            return cls()
        found = _ORIGIN.fullmatch(packed)
        if found is None:
            raise StaleButton(f"unknown origin {packed!r}")
        return cls(found["kind"] or "s", int(found["ref"] or found["search"]), int(found["offset"] or 0))


ORIGIN = Owned("origin")
PackedOrigin = Annotated[str, ORIGIN]


@record("co")
class OpenCard(Record):
    """Show a film's card."""

    film_id: FilmId
    origin: PackedOrigin


@record("cr")
class RateFilm(Record):
    """Stars tapped on a card."""

    film_id: FilmId
    stars: int
    origin: PackedOrigin


@record("cm")
class MarkFilm(Record):
    """Set (on=1) or take back (on=0) a mark: "seen" or "refused"."""

    film_id: FilmId
    kind: str
    on: int
    origin: PackedOrigin


@record("cx")
class RemoveRating(Record):
    """Take a rating back."""

    film_id: FilmId
    origin: PackedOrigin


@record("cn")
class NotBecause(Record):
    """Not because of that: the rating of `reason_id` is no evidence; `film_id` is the film of the card."""

    reason_id: FilmId
    film_id: FilmId
    origin: PackedOrigin


@record("cv")
class UseAgain(Record):
    """Let a film's rating be evidence again."""

    film_id: FilmId
    origin: PackedOrigin


@record("cl")
class MoreLikeThis(Record):
    """List the films nearest to this one."""

    film_id: FilmId


@record("cw")
class PutOnWatchlist(Record):
    """Put on the watchlist (on=1), or take off (on=0)."""

    film_id: FilmId
    on: int
    origin: PackedOrigin


@record("cq")
class RemoveFromWatchlist(Record):
    """Take off the watchlist, and back to its page at this offset."""

    film_id: FilmId
    offset: int


@dataclass(frozen=True, slots=True)
class Card:
    """One film and one person. `stars` is the person's own rating, `expected` the predicted one; `muted`:
    the rating is no evidence; `reason` or `kinship` says why the film is in the list that the card was
    opened from."""

    film: Film
    origin: Origin
    stars: float | None
    expected: float | None
    marks: frozenset[str]
    on_watchlist: bool = False
    muted: bool = False
    reason: Reason | None = None
    kinship: Kinship | None = None


def card_screen(card: Card, t: Translator, back: Record | None) -> Screen:
    """The card as a message; `back` is where its `Back` button leads."""
    rows = _card_rows(card, t)
    if back is not None:
        rows.append((Button(t.plain("button.back"), back),))
    return Screen("\n".join(_card_lines(card, t)), tuple(rows), film_preview(card.film))


def _card_lines(card: Card, t: Translator) -> list[str]:
    lines: list[str] = [film_text(card.film, t)]
    if card.stars is not None:
        lines.append(t.html("card.yours", stars=stars_text(card.stars)))
        return [*lines, t.html("card.muted")] if card.muted else lines
    if card.expected is not None:
        lines.append(t.html("card.expected", stars=expected_text(card.expected)))
    if "seen" in card.marks:
        lines.append(t.html("card.how_many"))
    if card.reason is not None:
        lines.append(reason_text(card.reason, t))
    if card.kinship is not None:
        lines.append(kinship_text(card.kinship, t))
    return lines


def _card_rows(card: Card, t: Translator) -> list[tuple[Button, ...]]:
    film_id, origin = card.film.id, card.origin.pack()
    watchlist = PutOnWatchlist(film_id, int(not card.on_watchlist), origin)
    rows: list[tuple[Button, ...]] = [
        rating_row(t, lambda stars: RateFilm(film_id, stars, origin)),
        tuple(_mark_button(card, kind, t) for kind in ("refused", "seen")),
        (
            Button(watchlist_label(card.on_watchlist, t), watchlist),
            Button(t.plain("button.more_like_this"), MoreLikeThis(film_id)),
        ),
    ]
    if card.stars is None and card.reason is not None and card.reason.film is not None:
        because = NotBecause(card.reason.film.id, film_id, origin)
        rows.append((Button(t.plain("button.not_because"), because),))
    if card.muted:
        rows.append((Button(t.plain("button.use_again"), UseAgain(film_id, origin)),))
    if card.on_watchlist and card.origin.kind == "w":
        rows.append((Button(t.plain("button.remove"), RemoveFromWatchlist(film_id, card.origin.ref)),))
    elif card.stars is not None:
        rows.append((Button(t.plain("button.remove"), RemoveRating(film_id, origin)),))
    return rows


def reason_text(reason: Reason, t: Translator) -> Html:
    """Why a film is recommended, as a line."""
    if reason.fresh:
        return t.html("reason.fresh")
    if reason.film is not None and reason.stars is not None:
        return t.html("reason.rated", film=reason.film.title, stars=stars_text(reason.stars))
    if reason.genre is not None:
        return t.html("reason.genre", genre=reason.genre)
    return t.html("reason.loved" if reason.anonymous else "reason.popular")


def kinship_text(kinship: Kinship, t: Translator) -> Html:
    """Why a film is like another, as a line."""
    if kinship.because == "genres":
        return t.html("kinship.genres", genres=", ".join(kinship.genres))
    if kinship.because == "lovers" and kinship.genres:
        return t.html("kinship.lovers_of", genres=", ".join(kinship.genres))
    return t.html("kinship.lovers" if kinship.because == "lovers" else "kinship.years")


def film_text(film: Film, t: Translator) -> Html:
    """The head of every card: title with year, genres, link."""
    lines = [t.html("film.head", label=film_label(film))]
    if film.genres:
        lines.append(t.html("film.genres", genres=", ".join(film.genres)))
    url, site = film_page(film)
    lines.append(t.html("film.link", url=url, site=site))
    return Html("\n".join(lines))


def film_page(film: Film) -> tuple[str, str]:
    """The film's page and the name of its site; without ids, a search for the title."""
    if film.tmdb_id is not None:
        return f"https://www.themoviedb.org/movie/{film.tmdb_id}", "TMDB"
    if film.imdb_id is not None:
        return f"https://www.imdb.com/title/{film.imdb_id}/", "IMDb"
    return f"https://www.imdb.com/find/?s=tt&q={quote_plus(film_label(film))}", "IMDb"


def film_preview(film: Film) -> str | None:
    """The page whose preview shows a poster; a page of search results has none worth showing."""
    return film_page(film)[0] if film.tmdb_id is not None or film.imdb_id is not None else None


def watchlist_label(on: bool, t: Translator) -> str:
    """The label of the toggle, which shows its state."""
    label = t.plain("button.watchlist")
    return t.plain("button.set", label=label) if on else label


def rating_row(t: Translator, action: Callable[[int], Record]) -> tuple[Button, ...]:
    """The buttons 1★ to 5★, each with the record that `action` gives for its stars."""
    return tuple(Button(t.plain("button.stars", stars=stars), action(stars)) for stars in _STARS)


def number_rows(actions: Sequence[Record | str], t: Translator) -> list[tuple[Button, ...]]:
    """Buttons 1, 2, 3 …, five in a row, with what each does: a record, or a link to open."""
    numbered = enumerate(actions, start=1)
    return in_rows([Button(t.plain("button.number", number=n), action) for n, action in numbered], _PER_ROW)


def _mark_button(card: Card, kind: str, t: Translator) -> Button:
    on = kind in card.marks
    label = t.plain(f"button.{kind}")
    record = MarkFilm(card.film.id, kind, 0 if on else 1, card.origin.pack())
    return Button(t.plain("button.set", label=label) if on else label, record)
