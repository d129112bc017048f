"""From rows to figures: read some at a time, computed in a thread, so that people are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.library import Library
from bot.taste import Taste
from recsys.monitoring import RECOMMENDED, RIPE, Events, Figures, watch
from recsys.ratings import Ratings
from recsys.recommender import Recommender
from storage import exposures
from storage.database import Database

__all__ = ["measure"]

_RIPE = timedelta(seconds=RIPE)

Columns = list[npt.NDArray[Any]]  # people, films, stars if it is about them, Unix seconds


async def measure(
    database: Database, library: Library, taste: Taste, start: datetime, end: datetime
) -> Figures:
    """What recsys.monitoring.watch says of `start` until before `end`.

    Films that the model in use does not know are left out.
    """
    async with database.read() as conn:
        tables = [
            await _columns(exposures.shown(conn, RECOMMENDED, start - _RIPE, end)),
            await _columns(exposures.rated(conn, end), stars=True),
            await _columns(exposures.wished(conn, start - _RIPE, end)),
        ]
    # The model may have been swapped meanwhile: it and its numbers of films are taken at one moment.
    recommender = taste.recommender
    met = np.unique(np.concatenate([films for _, films, *_ in tables]))
    numbers = {
        film_id: number for film_id in met.tolist() if (number := library.movie_id(film_id)) is not None
    }
    span = int(start.timestamp()), int(end.timestamp())
    return await asyncio.to_thread(_figures, tables, numbers, recommender, span)


def _figures(
    tables: list[Columns], numbers: Mapping[int, int], recommender: Recommender, span: tuple[int, int]
) -> Figures:
    shown, rated, wished = (_renumber(columns, numbers) for columns in tables)
    ratings = Ratings.from_arrays(*rated)
    catalog, popularity = recommender.catalog, recommender.popularity
    return watch(Events(*shown), ratings, Events(*wished), catalog, popularity, *span)


def _renumber(columns: Columns, numbers: Mapping[int, int]) -> Columns:
    """Films as the model numbers them, without those that it does not know."""
    people, films, *others = columns
    ours, row = np.unique(films, return_inverse=True)
    theirs = np.array([numbers.get(film_id, -1) for film_id in ours.tolist()], np.int64)
    known = np.array([film_id in numbers for film_id in ours.tolist()], np.bool_)[row]
    return [people[known], theirs[row][known], *(column[known] for column in others)]


async def _columns(helpings: AsyncIterator[Sequence[tuple[Any, ...]]], *, stars: bool = False) -> Columns:
    kinds = (np.int64, np.int64, np.float32, np.int64) if stars else (np.int64,) * 3
    parts: list[list[npt.NDArray[Any]]] = [[np.zeros(0, kind)] for kind in kinds]
    async for rows in helpings:
        *values, times = zip(*rows, strict=True)
        for part, kind, column in zip(parts, kinds, [*values, [at.timestamp() for at in times]], strict=True):
            part.append(np.array(column).astype(kind))
    return [np.concatenate(part) for part in parts]
