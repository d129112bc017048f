"""The use cases of content: add a film while the bot runs, merge two rows that are one film."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.admin.content.reading import Typed, read_film, read_pair
from bot.errors import StaleButton
from bot.films.serving import Serving
from recsys.data.catalog import Film as CatalogFilm
from storage.database import AsyncConnection, Database
from storage.errors import WrongState
from storage.films import editions, merging
from storage.films.films import Film
from storage.people import ratings
from storage.running import audit


@dataclass(frozen=True, slots=True)
class Addition:
    """A film to add: as it was typed, None where it could not be read; and the one that is there already."""

    typed: Typed | None
    there: Film | None


@dataclass(frozen=True, slots=True)
class Merger:
    """Two films that an admin says are one, and how many people rated each.

    `trouble` says why they cannot be merged: what was typed is no pair, a title is not clear (`unclear`, with
    the films that it may mean), or they are one film already.
    """

    film: Film | None = None
    into: Film | None = None
    ratings: tuple[int, int] = (0, 0)
    trouble: Literal["", "form", "unclear", "same"] = ""
    unclear: str = ""
    candidates: tuple[Film, ...] = ()


class ContentEditor:
    """What takes a connection runs inside the caller's transaction. `asker` is Telegram's id of the admin."""

    def __init__(self, database: Database, serving: Serving) -> None:
        self._database = database
        self._serving = serving
        self._library = serving.library

    @property
    def genres(self) -> tuple[str, ...]:
        """Those that the model knows."""
        return self._library.genres

    def addition(self, text: str) -> Addition:
        """What "Title (Year) genres" asks for; nothing is changed."""
        typed = read_film(text, self._library.genres)
        if typed is None or typed.strange or (self._library.genres and not typed.genres):
            return Addition(typed, None)
        found = self._library.find(f"{typed.title} ({typed.year})", limit=3)
        same = [
            film
            for film in found.films
            if film.year == typed.year
            and typed.title.casefold() in {name.casefold() for name in (film.title, *film.alternatives)}
        ]
        return Addition(typed, same[0] if same else None)

    async def add(self, conn: AsyncConnection, asker: int, typed: Typed, at: datetime) -> int:
        """Add a film; its id. `reload_films` once committed."""
        source = self._serving.recommender.catalog.source
        wanted = CatalogFilm(0, typed.title, typed.year, typed.genres)
        film = await editions.add(conn, source, wanted, at)
        await audit.add(conn, "film_added", at, asker, film=film.id, title=film.title, year=film.year)
        return film.id

    async def reload_films(self) -> None:
        """Have the model and the search know of what was added or merged."""
        await self._serving.reload_films()

    async def merger(self, text: str) -> Merger:
        """What "One (Year) = Other (Year)" asks for; nothing is changed."""
        pair = read_pair(text)
        if pair is None:
            return Merger(trouble="form")
        named = []
        for title in pair:
            found = self._library.find(title)
            if not found.clear:
                typed = read_film(title, self._library.genres)
                meant = [film for film in found.films if typed is None or film.year == typed.year]
                return Merger(
                    trouble="unclear", unclear=title, candidates=tuple(meant) if found.matched else ()
                )
            named.append(found.films[0])
        film, into = named
        if film.id == into.id:
            return Merger(film, into, trouble="same")
        async with self._database.read() as conn:
            counts = await ratings.count_of(conn, film.id), await ratings.count_of(conn, into.id)
        return Merger(film, into, counts)

    async def merge(self, conn: AsyncConnection, asker: int, film_id: int, into_id: int, at: datetime) -> int:
        """Make one film another name of a second; how many ratings moved. `reload_films` once committed.

        Raises StaleButton if they are one already.
        """
        film, into = self._library.film(film_id), self._library.film(into_id)
        try:
            moved = await merging.merge(conn, film.id, into.id, at)
        except WrongState as error:
            raise StaleButton(str(error)) from error
        await audit.add(
            conn, "film_merged", at, asker, film=film.id, title=film.title, into=into.id, ratings=moved
        )
        return moved
