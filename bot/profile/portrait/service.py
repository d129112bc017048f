"""What the bot makes of a person, with the evidence that they can check."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.films.library import Library
from bot.films.profiles import Profile
from bot.films.taste import Guess, Taste
from recsys.portrait import Leaning, generosity, leanings
from storage.database import Database
from storage.films.films import Film
from storage.night import ledger

_FAVOURITES = 5
_FAVOURITE = 4.0  # stars from which a film may be one
_QUESTIONS = 5


@dataclass(frozen=True, slots=True)
class Portrait:
    """One person as the bot sees them. Ratings that are `set_aside` (muted) count in `ratings` alone.

    `mean` is None without evidence, `generosity` (stars above what others give the same films) with too
    little. `questions` are what the bot would like to ask, with its guess.
    `nights` are movie nights of which it is known how they went: `satisfaction` is their mean from 0 to 1,
    which the best film for this person alone would have been.
    """

    ratings: int
    set_aside: int
    mean: float | None
    generosity: float | None
    genres: tuple[Leaning, ...]
    decades: tuple[Leaning, ...]
    genre_answers: tuple[tuple[str, int], ...]
    favourites: tuple[tuple[Film, float], ...]
    questions: tuple[Guess, ...]
    nights: int = 0
    satisfaction: float | None = None


class Portraits:
    """Reads only."""

    def __init__(self, database: Database, library: Library, taste: Taste) -> None:
        self._database = database
        self._library = library
        self._taste = taste

    async def of(self, person_id: int) -> Portrait:
        """The person as they are now."""
        async with self._database.read() as conn:
            profile = await self._taste.of(conn, person_id)
            went = [each.satisfaction for each in await ledger.of(conn, person_id)]
        known = [each for each in went if each is not None]
        evidence = {f: stars for f, stars in profile.ratings.items() if f not in profile.muted}
        typical = self._taste.typical(evidence)
        films = [self._library.film(film_id) for film_id in evidence]
        stars = list(evidence.values())
        return Portrait(
            ratings=len(profile.ratings),
            set_aside=len(profile.muted),
            mean=sum(stars) / len(stars) if stars else None,
            generosity=generosity([evidence[f] for f in typical], list(typical.values())),
            genres=tuple(leanings(stars, [film.genres for film in films])),
            decades=tuple(leanings(stars, [_decade(film) for film in films])),
            genre_answers=tuple(sorted(self._library.informative(profile.genres).items())),
            favourites=_favourites(films, evidence, typical),
            questions=self._questions(profile),
            nights=len(known),
            satisfaction=sum(known) / len(known) if known else None,
        )

    def _questions(self, profile: Profile) -> tuple[Guess, ...]:
        return tuple(self._taste.guesses(profile, self._taste.next_questions(profile, _QUESTIONS)))


def _decade(film: Film) -> Collection[str]:
    return () if film.year is None else (f"{film.year // 10 * 10}s",)


def _favourites(
    films: Sequence[Film], stars: dict[int, float], typical: dict[int, float]
) -> tuple[tuple[Film, float], ...]:
    """The best rated; of equally rated ones those that others like less, since these are most their own."""
    loved = [film for film in films if stars[film.id] >= _FAVOURITE]
    loved.sort(key=lambda film: (-stars[film.id], typical.get(film.id, 0.0), film.id))
    return tuple((film, stars[film.id]) for film in loved[:_FAVOURITES])
