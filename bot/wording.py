"""How films, stars and filters are put into words: plain text, the same on every screen."""

from __future__ import annotations

from bot.films.library import EARLIEST_DECADE
from bot.texts import Translator
from storage.films.films import Film
from storage.people.filters import Filters

_LONGEST_ECHO = 100  # characters of what was asked for; a message may be as long as our answer may


def film_label(film: Film) -> str:
    """Title and year."""
    return film.title if film.year is None else f"{film.title} ({film.year})"


def stars_text(stars: float) -> str:
    """A rating as people gave it: 4★, 4.5★."""
    return f"{stars:g}★"


def expected_text(stars: float) -> str:
    """A predicted rating: 4.3★."""
    return f"{stars:.1f}★"


def filters_text(filters: Filters, t: Translator) -> str:
    """Filters in words: "Comedy or Drama · no Horror · 1990s · deep cuts"."""
    either = t.plain("filter.or")
    parts = []
    if filters.genres:
        parts.append(f" {either} ".join(filters.genres))
    parts += [t.plain("filter.no", genre=genre) for genre in filters.without]
    if filters.decades:
        parts.append(f" {either} ".join(decade_text(decade, t) for decade in filters.decades))
    if filters.fame != "any":
        parts.append(t.plain(f"fame.{filters.fame}"))
    return " · ".join(parts)


def decade_text(decade: int, t: Translator) -> str:
    """1990s; the earliest one takes in all before it."""
    if decade == EARLIEST_DECADE:
        return t.plain("filter.before", year=EARLIEST_DECADE + 10)
    return t.plain("filter.decade", decade=decade)


def echo(asked: str) -> str:
    """What somebody asked for, cut to what fits into an answer."""
    return asked if len(asked) <= _LONGEST_ECHO else asked[: _LONGEST_ECHO - 1] + "…"
