"""What a newcomer says before the first rating: genres they like and dislike, shelves that are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import StaleButton
from bot.films.library import Library
from bot.films.taste import Taste
from storage.database import AsyncConnection, Database
from storage.films.films import Film
from storage.people import genres, shelves


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Every genre with its answer: 1 liked, -1 disliked, 0 neither; and how many shelves are picked.

    `offered`: whether there are shelves to pick from.
    """

    answers: tuple[tuple[str, int], ...]
    shelves: int = 0
    offered: bool = True

    @property
    def says_nothing(self) -> bool:
        """Everything liked, or everything disliked, tells one genre from another no better than silence."""
        values = {value for _, value in self.answers}
        return len(self.answers) > 1 and len(values) == 1 and values != {0}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Films that go together, and whether somebody picked them. The first film stands for all."""

    films: tuple[Film, ...]
    picked: bool


@dataclass(frozen=True, slots=True)
class Bookcase:
    """The shelves to choose from: the model's, then those picked when there was another model.

    `genres`: whether the films have any, to be asked about instead.
    """

    shelves: tuple[Shelf, ...]
    genres: bool = True


class Onboarding:
    """What takes a connection runs inside the caller's transaction; the rest reads by itself."""

    def __init__(self, database: Database, library: Library, taste: Taste) -> None:
        self._database = database
        self._library = library
        self._taste = taste

    async def questionnaire(self, person_id: int) -> Questionnaire:
        """The questionnaire as this person has filled it in so far."""
        async with self._database.read() as conn:
            answers = await genres.of(conn, person_id)
            picked = await shelves.of(conn, person_id)
        values = tuple((genre, answers.get(genre, 0)) for genre in self._library.genres)
        return Questionnaire(values, len(picked), offered=bool(self._taste.shelves()))

    async def answer(
        self, conn: AsyncConnection, person_id: int, genre: str, value: int, at: datetime
    ) -> None:
        """Like (1), dislike (-1) or neither (0). Raises StaleButton for a genre that there is no more."""
        if genre not in self._library.genres or value not in (-1, 0, 1):
            raise StaleButton(f"no answer {value} to genre {genre!r}")
        await genres.answer(conn, person_id, genre, value, at)

    async def bookcase(self, person_id: int) -> Bookcase:
        """The shelves with this person's picks so far."""
        async with self._database.read() as conn:
            mine = {films[0]: films for films in await shelves.of(conn, person_id)}
        offered = {films[0]: films for films in self._taste.shelves()}
        return Bookcase(
            tuple(
                Shelf(tuple(map(self._library.film, films)), first_id in mine)
                for first_id, films in (offered | mine).items()
            ),
            genres=bool(self._library.genres),
        )

    async def pick(
        self, conn: AsyncConnection, person_id: int, first_id: int, picked: bool, at: datetime
    ) -> None:
        """Take the shelf with this first film, or put it back. Raises StaleButton for one that is gone."""
        if not picked:
            await shelves.drop(conn, person_id, first_id)
            return
        for films in self._taste.shelves():
            if films[0] == first_id:
                await shelves.pick(conn, person_id, films, at)
                return
        raise StaleButton(f"no shelf that begins with film {first_id}")
