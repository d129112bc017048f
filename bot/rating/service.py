"""Rounds of rating cards, and what is tapped on a single card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.errors import StaleButton
from bot.films.library import Library
from bot.films.taste import Taste
from storage.database import AsyncConnection, Database
from storage.films.films import Film
from storage.people import lists, marks, ratings, rounds, watchlist
from storage.people.rounds import Answer, Round

FIRST_ANSWERS = 5  # answers that make a first list worth showing


@dataclass(frozen=True, slots=True)
class RoundState:
    """A round as it is now. `film` is None once nothing is left to ask or the round has ended;
    `last` is the film that `Undo` would bring back."""

    id: int
    kind: str
    film: Film | None
    rated: int
    last: Film | None
    ended: bool
    on_watchlist: bool = False


class Rating:
    """Writes stars and marks. What takes a connection runs inside the caller's transaction."""

    def __init__(self, database: Database, library: Library, taste: Taste) -> None:
        self._database = database
        self._library = library
        self._taste = taste

    async def start(
        self, conn: AsyncConnection, person_id: int, kind: Literal["onboarding", "rate"], at: datetime
    ) -> int:
        """Begin a round of `kind` "onboarding" or "rate", ending any other; its id."""
        film_id = await self._next(conn, person_id, [], at)
        return await rounds.start(conn, person_id, kind, film_id, at)

    async def ask(self, conn: AsyncConnection, person_id: int, film_ids: Sequence[int], at: datetime) -> int:
        """Begin a round that asks about these films and no others, but for those answered by now; its id."""
        profile = await self._taste.of(conn, person_id)
        answered = profile.done_with | profile.unseen
        wanted = [film_id for film_id in film_ids if self._library.film(film_id).id not in answered]
        round_id = await rounds.start(conn, person_id, "rate", wanted[0] if wanted else None, at)
        await rounds.ask(conn, round_id, wanted)
        if wanted:
            await lists.expose(conn, person_id, wanted[0], "question", at)
        return round_id

    async def start_onboarding(self, conn: AsyncConnection, person_id: int, at: datetime) -> int:
        """Begin the first round, or go on with one just begun: `Done` may be tapped twice."""
        current = await rounds.current(conn, person_id)
        if (
            current is not None
            and current.kind == "onboarding"
            and not await rounds.answers(conn, current.id)
        ):
            return current.id
        return await self.start(conn, person_id, "onboarding", at)

    async def state(self, person_id: int, round_id: int) -> RoundState:
        """A round as it is to be shown. Raises StaleButton for somebody else's."""
        async with self._database.read() as conn:
            current = await _own(conn, person_id, round_id)
            answers = await rounds.answers(conn, round_id)
            wanted = await watchlist.of(conn, person_id)
        return RoundState(
            id=current.id,
            kind=current.kind,
            film=self._shown(current),
            rated=_rated(answers),
            last=self._library.film(answers[-1].film_id) if answers else None,
            ended=current.ended_at is not None,
            on_watchlist=(
                current.film_id is not None and self._library.canonical_id(current.film_id) in wanted
            ),
        )

    async def answer(
        self,
        conn: AsyncConnection,
        person_id: int,
        round_id: int,
        film_id: int,
        stars: int | None,
        at: datetime,
    ) -> bool:
        """Stars (None: haven't seen it) for a film of a round; whether the first list is due now.

        A second tap on a card that has moved on changes the answer and moves nothing.
        """
        current = await _own(conn, person_id, round_id)
        self._library.film(film_id)
        given = self._given(await rounds.answers(conn, round_id), film_id)
        if stars is None:
            if given is not None and given.kind == "rated":
                await ratings.remove(conn, person_id, film_id)  # stars of this round, and no others
            await marks.put(conn, person_id, film_id, "unseen", at)
        else:
            await self.rate(conn, person_id, film_id, stars, at)
        noted = film_id if given is None else given.film_id
        await rounds.answer(conn, round_id, noted, "unseen" if stars is None else "rated")
        if current.ended_at is not None or current.film_id is None:
            return False
        if self._library.canonical_id(current.film_id) != self._library.canonical_id(film_id):
            return False
        answers = await rounds.answers(conn, round_id)
        enough = current.kind == "onboarding" and _rated(answers) >= FIRST_ANSWERS
        following = None if enough else await self._next(conn, person_id, answers, at, round_id)
        await rounds.show(conn, round_id, following)
        if following is None:
            await rounds.end(conn, round_id, at)
        return following is None and current.kind == "onboarding"

    async def undo(self, conn: AsyncConnection, person_id: int, round_id: int, film_id: int) -> bool:
        """Take the answer to this film back and show it again; False if there is none."""
        current = await _own(conn, person_id, round_id)
        given = self._given(await rounds.answers(conn, round_id), film_id)
        if current.ended_at is not None or given is None:
            return False
        await rounds.take_back(conn, round_id, given.film_id)
        await ratings.remove(conn, person_id, film_id)
        await marks.take_back(conn, person_id, film_id, "unseen")
        await rounds.show(conn, round_id, film_id)
        return True

    async def end(self, conn: AsyncConnection, person_id: int, round_id: int, at: datetime) -> bool:
        """End a round; whether the first list is due now."""
        current = await _own(conn, person_id, round_id)
        if current.ended_at is not None:
            return False
        await rounds.end(conn, round_id, at)
        return current.kind == "onboarding"

    async def cancel(self, conn: AsyncConnection, person_id: int, at: datetime) -> bool:
        """End whatever round is open; False if none was."""
        current = await rounds.current(conn, person_id)
        if current is None:
            return False
        await rounds.end(conn, current.id, at)
        return True

    async def rate(
        self, conn: AsyncConnection, person_id: int, film_id: int, stars: int, at: datetime
    ) -> None:
        """Stars for a film. It is neither unseen nor refused any more, and leaves the watchlist."""
        self._library.film(film_id)
        if not 1 <= stars <= 5:
            raise StaleButton(f"{stars} stars")
        await ratings.rate(conn, person_id, film_id, float(stars), at)
        for mark in ("unseen", "refused"):
            await marks.take_back(conn, person_id, film_id, mark)
        await watchlist.remove(conn, person_id, film_id)

    async def remove(self, conn: AsyncConnection, person_id: int, film_id: int) -> bool:
        """Forget a rating; False if there was none."""
        return await ratings.remove(conn, person_id, film_id)

    async def mute(self, conn: AsyncConnection, person_id: int, film_id: int, at: datetime) -> None:
        """Let a rating be no evidence of taste any more. Raises StaleButton if there is none."""
        if not await ratings.mute(conn, person_id, film_id, at):
            raise StaleButton(f"person {person_id} has not rated film {film_id}")

    async def unmute(self, conn: AsyncConnection, person_id: int, film_id: int) -> None:
        """Let a rating be evidence again."""
        await ratings.unmute(conn, person_id, film_id)

    async def mark(
        self, conn: AsyncConnection, person_id: int, film_id: int, kind: str, on: bool, at: datetime
    ) -> bool:
        """Set or take back "seen" or "refused"; whether the film left the watchlist for it."""
        self._library.film(film_id)
        if kind not in ("seen", "refused"):
            raise StaleButton(f"unknown mark {kind!r}")
        if not on:
            await marks.take_back(conn, person_id, film_id, kind)
            return False
        await marks.put(conn, person_id, film_id, kind, at)
        if kind == "seen":
            await marks.take_back(conn, person_id, film_id, "unseen")
        return await watchlist.remove(conn, person_id, film_id)

    def _given(self, answers: Sequence[Answer], film_id: int) -> Answer | None:
        """The answer about a film, under whatever number it was given then."""
        canonical_id = self._library.canonical_id
        return next((each for each in answers if canonical_id(each.film_id) == canonical_id(film_id)), None)

    def _shown(self, current: Round) -> Film | None:
        if current.film_id is None or current.ended_at is not None:
            return None
        return self._library.film(current.film_id)

    async def _next(
        self,
        conn: AsyncConnection,
        person_id: int,
        answers: list[Answer],
        at: datetime,
        round_id: int | None = None,
    ) -> int | None:
        """The film to show next: what the round is still to ask, else the one most worth asking about."""
        canonical_id = self._library.canonical_id
        asked = {canonical_id(answer.film_id) for answer in answers}
        chosen = await rounds.questions(conn, round_id) if round_id is not None else []
        if chosen:
            film_id = next((film_id for film_id in chosen if canonical_id(film_id) not in asked), None)
        else:
            film_id = self._taste.next_question(await self._taste.of(conn, person_id), asked)
        if film_id is not None:
            await lists.expose(conn, person_id, film_id, "question", at)
        return film_id


async def _own(conn: AsyncConnection, person_id: int, round_id: int) -> Round:
    found = await rounds.get(conn, round_id)
    if found is None or found.person_id != person_id:
        raise StaleButton(f"no round {round_id} of person {person_id}")
    return found


def _rated(answers: list[Answer]) -> int:
    return sum(answer.kind == "rated" for answer in answers)
