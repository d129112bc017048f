"""From rows to figures: read some at a time, computed in a thread, so that people are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.films.library import Library
from bot.films.taste import Taste
from recsys.data.ratings import Ratings
from recsys.monitoring import RECOMMENDED, RIPE, Events, Figures, watch
from recsys.recommender import Recommender
from storage.database import Database
from storage.people import exposures

_RIPE = timedelta(seconds=RIPE)

_Columns = list[npt.NDArray[Any]]  # people, films, stars if it is about them, Unix seconds


async def measure(
    database: Database, library: Library, taste: Taste, start: datetime, end: datetime
) -> Figures:
    """What recsys.monitoring.watch says of `start` until before `end`.

    Films that the model in use does not know are left out.
    """
    async with database.read() as conn:
        shown = [np.array(rows) async for rows in exposures.shown(conn, RECOMMENDED, start - _RIPE, end)]
        rated = [np.array(rows) async for rows in exposures.rated(conn, end)]
        wished = [np.array(rows) async for rows in exposures.wished(conn, start - _RIPE, end)]
    tables = await asyncio.to_thread(lambda: (_joined(shown, 3), _joined(rated, 4), _joined(wished, 3)))
    film_ids = await asyncio.to_thread(
        lambda: np.unique(np.concatenate([films for _, films, *_ in tables])).tolist()
    )
    # The model may have been swapped meanwhile: it and its numbers of films are taken at one moment.
    recommender = taste.recommender
    numbers = {film_id: number for film_id in film_ids if (number := library.movie_id(film_id)) is not None}
    span = int(start.timestamp()), int(end.timestamp())
    return await asyncio.to_thread(_figures, tables, numbers, recommender, span)


def _figures(
    tables: Iterable[_Columns], numbers: Mapping[int, int], recommender: Recommender, span: tuple[int, int]
) -> Figures:
    shown, rated, wished = (_renumber(columns, numbers) for columns in tables)
    people, films, stars, times = rated
    ratings = Ratings.from_arrays(people, films, stars, times)
    catalog, popularity = recommender.catalog, recommender.popularity
    return watch(Events(*shown), ratings, Events(*wished), catalog, popularity, *span)


def _renumber(columns: _Columns, numbers: Mapping[int, int]) -> _Columns:
    """Films as the model numbers them, without those that it does not know."""
    people, films, *others = columns
    ours, row = np.unique(films, return_inverse=True)
    theirs = np.array([numbers.get(film_id, -1) for film_id in ours.tolist()], np.int64)
    known = np.array([film_id in numbers for film_id in ours.tolist()], np.bool_)[row]
    return [people[known], theirs[row][known], *(column[known] for column in others)]


def _joined(chunks: Sequence[npt.NDArray[Any]], width: int) -> _Columns:
    """The columns of rows that came some at a time; floats hold ids and seconds exactly, too."""
    table = np.concatenate([np.zeros((0, width), np.int64), *chunks])
    kinds = [np.int64, np.int64, np.float64, np.int64] if width == 4 else [np.int64] * width
    return [column.astype(kind) for column, kind in zip(table.T, kinds, strict=True)]
