"""What others say of films, written into our rows: a data set, a newer edition of it, another one, an admin.

A film is known by its data set and its number there; where the numbers change, `storage.films.matching` says
which film is which. Every row keeps its id, and so every rating and mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.films.films import DescribedFilm, Film, every, from_row, get
from storage.films.matching import akin, match
from storage.schema import additions
from storage.schema import films as rows

_BATCH = 1_000  # films that are written at a time; a statement takes a few thousand parameters


async def fill(
    conn: AsyncConnection, source: str, films: Iterable[DescribedFilm], *, overwrite: bool = True
) -> None:
    """Insert the films of a data set that are missing, and, to `overwrite`, update those that changed.

    A film is known by (source, movie_id) alone. One that left the data set stays as it is. A number of ours
    that no film has any more is of one that a data set numbers by now, and no film is missing for it.
    """
    last = await conn.scalar(select(func.max(rows.c.id))) or 0
    waiting = iter(films)
    # A batch at a time: a hundred thousand films twice over would be most of what the process holds.
    while batch := list(islice(waiting, _BATCH)):
        known = await _numbered(conn, source, [new.movie_id for new in batch])
        if overwrite:
            await _take_over(
                conn, source, [(known[new.movie_id], new) for new in batch if new.movie_id in known]
            )
        missing = [new for new in batch if new.movie_id not in known]
        own = [-new.movie_id for new in missing if new.movie_id < 0]
        there = set(await conn.scalars(select(rows.c.id).where(rows.c.id.in_(own), rows.c.id <= last)))
        await _insert(conn, source, [new for new in missing if -new.movie_id not in there])


async def check_same(
    conn: AsyncConnection, source: str, films: Iterable[DescribedFilm]
) -> DescribedFilm | None:
    """The first film whose number is another film's in storage; None where they number films alike."""
    known = await _numbered(conn, source)
    for new in films:
        old = known.get(new.movie_id)
        if old is not None and (old.title, old.year) != (new.title, new.year) and not akin(old, new):
            return new
    return None


async def add(conn: AsyncConnection, source: str, film: DescribedFilm, at: datetime) -> Film:
    """A film that no data set has, beside those of `source`; its number there becomes ours: -id."""
    row = {"source": source, "source_id": None, **_description(film)}
    film_id = (await conn.execute(insert(rows).values(row).returning(rows.c.id))).scalar_one()
    await conn.execute(update(rows).where(rows.c.id == film_id).values(source_id=-film_id))
    await _note_additions(conn, [film_id], at)
    return await get(conn, film_id)


async def correct(conn: AsyncConnection, pairs: Iterable[tuple[Film, DescribedFilm]]) -> int:
    """Write what somebody says of films that are there; of how many it differs. Numbers stay, and so does
    what they do not say: genres, ids, other titles."""
    return await _write(
        conn,
        [
            (
                old,
                replace(
                    old,
                    title=new.title,
                    year=new.year or old.year,
                    genres=new.genres or old.genres,
                    imdb_id=new.imdb_id or old.imdb_id,
                    tmdb_id=new.tmdb_id or old.tmdb_id,
                    alternatives=_each_once(old.alternatives, new.alternatives),
                ),
            )
            for old, new in pairs
            if old.source_id is not None
        ],
    )


async def renew(
    conn: AsyncConnection, source: str, films: Iterable[DescribedFilm], at: datetime
) -> tuple[int, int]:
    """Take a newer edition of the data set in: how many films are new, and how many changed.

    A film that an admin had added and the data set has by now keeps its id, and takes the data set's number.
    """
    films = list(films)
    known = await _numbered(conn, source)
    strange = [new for new in films if new.movie_id not in known]
    own = [film for film in known.values() if _is_own(film)]
    pairs = match(own, strange, source)
    pairs += [(known[new.movie_id], new) for new in films if new.movie_id in known]
    changed = await _take_over(conn, source, pairs)
    found = {new.movie_id for _, new in pairs}
    missing = [new for new in strange if new.movie_id not in found]
    await _insert(conn, source, missing)
    numbered = await _numbered(conn, source)
    await _note_additions(conn, [numbered[new.movie_id].id for new in missing], at)
    return len(missing), changed


async def migrate(conn: AsyncConnection, source: str, films: Iterable[DescribedFilm]) -> list[Film]:
    """Move the films onto another data set's numbering; returns those that it does not have, by id.

    A row without a match loses its `source_id` and nothing else; an admin's own film keeps our number. Films
    that are new to us are inserted.
    """
    films = list(films)
    old = await every(conn)
    pairs = match(old, films, source)
    matched = {film.id for film, _ in pairs}
    others = [film for film in old if film.id not in matched]
    own = [film for film in others if _is_own(film)]
    if own:
        await conn.execute(update(rows).where(rows.c.id.in_([film.id for film in own])).values(source=source))
    unmatched = [replace(film, source_id=None) for film in others if not _is_own(film)]
    if unmatched:
        forget = update(rows).where(rows.c.id == bindparam("row_id")).values(source_id=None)
        await conn.execute(forget, [{"row_id": film.id} for film in unmatched])
    await _take_over(conn, source, pairs)
    found = {new.movie_id for _, new in pairs}
    await _insert(conn, source, [new for new in films if new.movie_id not in found])
    return unmatched


async def _insert(conn: AsyncConnection, source: str, films: Sequence[DescribedFilm]) -> None:
    if films:
        values = [{"source": source, "source_id": film.movie_id, **_description(film)} for film in films]
        await conn.execute(insert(rows), values)


async def _numbered(
    conn: AsyncConnection, source: str, movie_ids: Sequence[int] | None = None
) -> dict[int, Film]:
    """The films that a data set numbers, by its numbers: all of them, or those with these."""
    query = select(rows).where(rows.c.source == source, rows.c.source_id.is_not(None))
    if movie_ids is not None:
        query = query.where(rows.c.source_id.in_(movie_ids))
    return {row.source_id: from_row(row) for row in await conn.execute(query)}


async def _note_additions(conn: AsyncConnection, film_ids: Sequence[int], at: datetime) -> None:
    if film_ids:
        await conn.execute(insert(additions), [{"film_id": film_id, "added_at": at} for film_id in film_ids])


async def _take_over(conn: AsyncConnection, source: str, pairs: Iterable[tuple[Film, DescribedFilm]]) -> int:
    """Write what a data set says of known films, where it differs; of how many it does.

    What the data set lacks is kept: an id, another title.
    """
    return await _write(
        conn,
        [
            (
                old,
                replace(
                    old,
                    source=source,
                    source_id=new.movie_id,
                    title=new.title,
                    year=new.year,
                    genres=new.genres,
                    imdb_id=new.imdb_id or old.imdb_id,
                    tmdb_id=new.tmdb_id or old.tmdb_id,
                    alternatives=_each_once(new.alternatives, old.alternatives),
                ),
            )
            for old, new in pairs
        ],
    )


async def _write(conn: AsyncConnection, changes: Iterable[tuple[Film, Film]]) -> int:
    """Write the second film of each pair over the first where they differ; of how many they do."""
    changed = [
        {"row_id": new.id, "source": new.source, "source_id": new.source_id, **_description(new)}
        for old, new in changes
        if new != old
    ]
    if changed:
        columns: dict[str, object] = {name: bindparam(name) for name in changed[0] if name != "row_id"}
        await conn.execute(update(rows).where(rows.c.id == bindparam("row_id")).values(columns), changed)
    return len(changed)


def _description(film: Film | DescribedFilm) -> dict[str, object]:
    """The columns that say what a film is, whoever numbers it."""
    return {
        "title": film.title,
        "year": film.year,
        "genres": film.genres,
        "imdb_id": film.imdb_id,
        "tmdb_id": film.tmdb_id,
        "alternatives": film.alternatives,
    }


def _is_own(film: Film) -> bool:
    """Whether no data set numbers this film."""
    return film.source_id is not None and film.source_id < 0


def _each_once(*titles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(title for some in titles for title in some))
