"""The films, under ids of our own: ratings and buttons carry these, whatever data set numbers them today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import UnknownRow
from storage.films.matching import akin, match
from storage.schema import additions, exposures, merges, ratings
from storage.schema import films as rows


@dataclass(frozen=True, slots=True)
class NewFilm:
    """A film as a data set has it. `source_id` is that data set's number; titles are in natural order.

    A number below 0 is ours: of a film that no data set has.
    """

    source_id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    imdb_id: str | None
    tmdb_id: int | None
    alternatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Film:
    """A film as we keep it. `source` names the data set that had it last.

    `source_id` is None for a film that is not in the data set of today.
    """

    id: int
    source: str
    source_id: int | None
    title: str
    year: int | None
    genres: tuple[str, ...]
    imdb_id: str | None
    tmdb_id: int | None
    alternatives: tuple[str, ...]


async def get(conn: AsyncConnection, film_id: int) -> Film:
    """The film with this id. Raises UnknownRow."""
    row = (await conn.execute(select(rows).where(rows.c.id == film_id))).one_or_none()
    if row is None:
        raise UnknownRow(f"no film {film_id}")
    return _film(row)


async def every(conn: AsyncConnection) -> list[Film]:
    """All films, by id."""
    return [_film(row) for row in await conn.execute(select(rows).order_by(rows.c.id))]


async def fill(conn: AsyncConnection, source: str, films: Sequence[NewFilm], *, update: bool = True) -> None:
    """Insert the films of a data set that are missing, and update those that changed, if it is to `update`.

    A film is known by (source, source_id) alone. One that left the data set stays as it is. A number of ours
    that no film has any more is of one that a data set numbers by now, and no film is missing for it.
    """
    known = await _numbered(conn, source)
    if update:
        await _update(conn, source, [(known[new.source_id], new) for new in films if new.source_id in known])
    missing = [new for new in films if new.source_id not in known]
    own = [-new.source_id for new in missing if is_own(new)]
    there = set(await conn.scalars(select(rows.c.id))) if own else set()
    await _insert(conn, source, [new for new in missing if -new.source_id not in there])


async def check_same(conn: AsyncConnection, source: str, films: Sequence[NewFilm]) -> NewFilm | None:
    """The first film whose number is another film's here; None where the numbers mean the same films."""
    known = await _numbered(conn, source)
    for new in films:
        old = known.get(new.source_id)
        if old is not None and (old.title, old.year) != (new.title, new.year) and not akin(old, new):
            return new
    return None


async def add(conn: AsyncConnection, source: str, film: NewFilm, at: datetime) -> Film:
    """A film that no data set has, beside those of `source`; its number there becomes ours: -id."""
    row = {"source": source, **_columns(film), "source_id": None}
    film_id = (await conn.execute(insert(rows).values(row).returning(rows.c.id))).scalar_one()
    await conn.execute(update(rows).where(rows.c.id == film_id).values(source_id=-film_id))
    await _remember(conn, [film_id], at)
    return await get(conn, film_id)


async def correct(conn: AsyncConnection, pairs: Sequence[tuple[Film, NewFilm]]) -> int:
    """Write what somebody says of films that are there; of how many it differs. Numbers stay, and so does
    what they do not say: genres, ids, other titles."""
    told = [
        (
            old,
            replace(
                new,
                source_id=old.source_id,
                year=new.year or old.year,
                genres=new.genres or old.genres,
                alternatives=tuple(dict.fromkeys([*old.alternatives, *new.alternatives])),
            ),
        )
        for old, new in pairs
        if old.source_id is not None
    ]
    changed = 0
    for source in {old.source for old, _ in told}:
        changed += await _update(conn, source, [pair for pair in told if pair[0].source == source])
    return changed


async def renew(
    conn: AsyncConnection, source: str, films: Sequence[NewFilm], at: datetime
) -> tuple[int, int]:
    """Take a newer edition of the data set in: how many films are new, and how many changed.

    A film that an admin had added and the data set has by now keeps its id, and takes the data set's number.
    """
    known = await _numbered(conn, source)
    strange = [new for new in films if new.source_id not in known]
    own = [film for film in known.values() if is_own(film)]
    pairs = match(own, strange, source)
    pairs += [(known[new.source_id], new) for new in films if new.source_id in known]
    changed = await _update(conn, source, pairs)
    found = {new.source_id for _, new in pairs}
    missing = [new for new in strange if new.source_id not in found]
    await _insert(conn, source, missing)
    numbers = {new.source_id for new in missing}
    await _remember(conn, [f.id for n, f in (await _numbered(conn, source)).items() if n in numbers], at)
    return len(missing), changed


async def fresh(
    conn: AsyncConnection, since: datetime, *, most_ratings: int, most_people: int, limit: int
) -> list[int]:
    """The newest films that came after a moment, have fewer ratings than so many, and were in lists of fewer
    people than so many; the newest first."""
    rated = (
        select(ratings.c.film_id)
        .join(additions, additions.c.film_id == ratings.c.film_id)
        .group_by(ratings.c.film_id)
        .having(func.count() >= most_ratings)
    )
    shown = (
        select(exposures.c.film_id)
        .join(additions, additions.c.film_id == exposures.c.film_id)
        .where(exposures.c.list_id.is_not(None))
        .group_by(exposures.c.film_id)
        .having(func.count(exposures.c.person_id.distinct()) >= most_people)
    )
    query = (
        select(additions.c.film_id)
        .where(additions.c.added_at >= since, additions.c.film_id.not_in(rated))
        .where(additions.c.film_id.not_in(shown))
        .where(additions.c.film_id.not_in(select(merges.c.film_id)))
        .order_by(additions.c.added_at.desc(), additions.c.film_id.desc())
        .limit(limit)
    )
    return list(await conn.scalars(query))


def is_own(film: Film | NewFilm) -> bool:
    """Whether no data set numbers this film."""
    return film.source_id is not None and film.source_id < 0


async def migrate(conn: AsyncConnection, source: str, films: Sequence[NewFilm]) -> list[Film]:
    """Move the films onto another data set's numbering; returns those that it does not have, by id.

    `storage.films.matching` says which film is which. Every row keeps its id, and so every rating and mark. A
    row without a match loses its `source_id` and nothing else; an admin's own film keeps our number. Films
    that are new to us are inserted.
    """
    old = await every(conn)
    pairs = match(old, films, source)
    matched = {film.id for film, _ in pairs}
    own = [film for film in old if film.id not in matched and is_own(film)]
    if own:
        await conn.execute(update(rows).where(rows.c.id.in_([film.id for film in own])).values(source=source))
    unmatched = [replace(film, source_id=None) for film in old if film.id not in matched and not is_own(film)]
    if unmatched:
        forget = update(rows).where(rows.c.id == bindparam("row_id")).values(source_id=None)
        await conn.execute(forget, [{"row_id": film.id} for film in unmatched])
    await _update(conn, source, pairs)
    found = {new.source_id for _, new in pairs}
    await _insert(conn, source, [new for new in films if new.source_id not in found])
    return unmatched


async def _insert(conn: AsyncConnection, source: str, films: Sequence[NewFilm]) -> None:
    if films:
        await conn.execute(insert(rows), [{"source": source, **_columns(film)} for film in films])


async def _numbered(conn: AsyncConnection, source: str) -> dict[int, Film]:
    """The films that a data set numbers, by its numbers."""
    query = select(rows).where(rows.c.source == source, rows.c.source_id.is_not(None))
    return {row.source_id: _film(row) for row in await conn.execute(query)}


async def _remember(conn: AsyncConnection, film_ids: Sequence[int], at: datetime) -> None:
    if film_ids:
        await conn.execute(insert(additions), [{"film_id": film_id, "added_at": at} for film_id in film_ids])


async def _update(conn: AsyncConnection, source: str, pairs: Sequence[tuple[Film, NewFilm]]) -> int:
    """Write what a data set says of known films, where it differs; of how many it does."""
    now = [_renewed(old, source, new) for old, new in pairs]
    changed = [film for film, (old, _) in zip(now, pairs, strict=True) if film != old]
    if changed:
        names = ("source", "source_id", "title", "year", "genres", "imdb_id", "tmdb_id", "alternatives")
        change = update(rows).where(rows.c.id == bindparam("row_id"))
        await conn.execute(
            change.values({name: bindparam(name) for name in names}),
            [{"row_id": film.id, "source": source, **_columns(film)} for film in changed],
        )
    return len(changed)


def _renewed(old: Film, source: str, new: NewFilm) -> Film:
    """A known film as the data set has it; what the data set lacks is kept: an id, another title."""
    return Film(
        id=old.id,
        source=source,
        source_id=new.source_id,
        title=new.title,
        year=new.year,
        genres=new.genres,
        imdb_id=new.imdb_id or old.imdb_id,
        tmdb_id=new.tmdb_id or old.tmdb_id,
        alternatives=tuple(dict.fromkeys([*new.alternatives, *old.alternatives])),
    )


def _columns(film: Film | NewFilm) -> dict[str, object]:
    return {
        "source_id": film.source_id,
        "title": film.title,
        "year": film.year,
        "genres": film.genres,
        "imdb_id": film.imdb_id,
        "tmdb_id": film.tmdb_id,
        "alternatives": film.alternatives,
    }


def _film(row: Iterable[Any]) -> Film:
    film_id, source, source_id, title, year, genres, imdb_id, tmdb_id, alternatives = row
    return Film(film_id, source, source_id, title, year, tuple(genres), imdb_id, tmdb_id, tuple(alternatives))
