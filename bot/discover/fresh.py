"""Films that came lately are shown a little, so that they can earn ratings.

Nobody rated them, so no ranking by taste would put them first. One list in three ends with the one of them
that the person would like best by its genres and year; until it has ratings of its own, or enough people who
did not want it have seen it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.films.library import EARLIEST_DECADE, Library
from bot.films.profiles import Profile
from bot.films.taste import Pick, Taste
from storage.database import AsyncConnection
from storage.films import films
from storage.films.films import Film
from storage.people import lists
from storage.people.filters import Filters

_ONE_LIST_IN = 3
_FRESH_FOR = timedelta(days=90)
_ENOUGH_RATINGS = 10  # at about as many a film has half its weight among its neighbours
_ENOUGH_PEOPLE = 100  # who saw it in a list
_AT_MOST = 200  # of the newest are weighed: a new edition of a data set can bring tens of thousands


async def fresh_pick(
    conn: AsyncConnection,
    person_id: int,
    profile: Profile,
    at: datetime,
    library: Library,
    taste: Taste,
    filters: Filters,
    exclude: Collection[int],
) -> Pick | None:
    """The film to end this list with; None for most lists."""
    if filters.fame == "known" or (await lists.count(conn, person_id, "recommend") + 1) % _ONE_LIST_IN:
        return None
    came = await films.fresh(
        conn, at - _FRESH_FOR, most_ratings=_ENOUGH_RATINGS, most_people=_ENOUGH_PEOPLE, limit=_AT_MOST
    )
    had = {library.canonical_id(film_id) for film_id in profile.done_with.union(exclude)}
    waiting = [library.film(film_id) for film_id in came if film_id not in had]
    fitting = [film for film in waiting if _passes(film, filters, profile.genres)]
    guesses = taste.guesses(profile, [film.id for film in fitting])
    if not guesses:
        return None
    best = max(guesses, key=lambda guess: guess.stars)
    return Pick(best.film, score=None, stars=best.stars)


def _passes(film: Film, filters: Filters, answers: Mapping[str, int]) -> bool:
    genres = set(film.genres)
    decade = None if film.year is None else max(EARLIEST_DECADE, film.year // 10 * 10)
    return (
        (not filters.genres or bool(genres.intersection(filters.genres)))
        and not genres.intersection(filters.without)
        and (not filters.decades or decade in filters.decades)
        and not any(answers.get(genre, 0) < 0 for genre in genres)
    )
