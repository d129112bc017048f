"""Genre answers: what a newcomer likes and dislikes before the first rating."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import StaleButton
from bot.library import Library
from storage import genres
from storage.database import AsyncConnection, Database

__all__ = ["Onboarding", "Questionnaire"]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Every genre with this person's answer: 1 liked, -1 disliked, 0 neither."""

    answers: tuple[tuple[str, int], ...]

    @property
    def says_nothing(self) -> bool:
        """Everything liked, or everything disliked, tells one genre from another no better than silence."""
        values = {value for _, value in self.answers}
        return len(self.answers) > 1 and len(values) == 1 and values != {0}


class Onboarding:
    """Reads and writes genre answers."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    async def questionnaire(self, person_id: int) -> Questionnaire:
        """The questionnaire as this person has filled it in so far."""
        async with self._database.read() as conn:
            answers = await genres.of(conn, person_id)
        return Questionnaire(tuple((genre, answers.get(genre, 0)) for genre in self._library.genres))

    async def answer(
        self, conn: AsyncConnection, person_id: int, genre: str, value: int, at: datetime
    ) -> None:
        """Like (1), dislike (-1) or neither (0). Raises StaleButton for a genre that there is no more."""
        if genre not in self._library.genres or value not in (-1, 0, 1):
            raise StaleButton(f"no answer {value} to genre {genre!r}")
        await genres.answer(conn, person_id, genre, value, at)
