"""From the database to a work folder: what the bot knows at one moment, in the numbers of the data set."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from bot.errors import TrainingFailed
from bot.films.library import catalog_film
from bot.films.numbering import CATALOG_KEY
from bot.films.store import ModelStore
from bot.process.settings import Settings
from bot.training.folder import PEOPLE_FROM, Snapshot, Task, new_folder, write_snapshot, write_task
from recsys.arrays import Floats, Ints
from recsys.data.sources.download import DATASETS
from storage.database import AsyncConnection, Database, facts
from storage.films import merging
from storage.running import evidence, flags, models, standings
from storage.running.evidence import Evidence
from storage.running.jobs import Job

_AT_ONCE = 1000  # rows: in between, people are answered


class _Numbering(TypedDict):
    """The data set whose numbers films have, as the database knows it."""

    source: str
    fingerprint: str


async def take_snapshot(
    database: Database, store: ModelStore, settings: Settings, job: Job, folder: Path, threads: int | None
) -> None:
    """Fill the work folder of a training. Raises TrainingFailed, NotPrepared, StoreFailed, OSError."""
    live = await live_of(database)
    artifact = await asyncio.to_thread(store.fetch, live)
    async with database.read() as conn:
        known = await _numbering(conn)
        snapshot = await _read(conn, known["source"])
    task = Task(
        kind=job.kind,
        seed=job.id,  # another one at each training, and the same if it has to begin again
        margin=settings.gate_margin,
        live=str(artifact),
        live_version=live,
        dataset=_dataset(settings, known["source"]),
        data=str(settings.data),
        source=known["source"],
        fingerprint=known["fingerprint"],
        threads=threads,
        scale=settings.rating_scale,
    )
    await asyncio.to_thread(_write, folder, task, snapshot)


async def live_of(database: Database) -> int:
    """The version that a training goes on from, and is compared with. Raises TrainingFailed."""
    async with database.read() as conn:
        live = await models.live(conn)
    if live is None:
        raise TrainingFailed("no model is live: `matinee run` has never been started on this database")
    return live.version


def _dataset(settings: Settings, source: str) -> str:
    """What the operator named, else what the films are numbered by."""
    if not settings.dataset_chosen and source in DATASETS:
        return source
    named = settings.dataset in DATASETS
    return settings.dataset if named else str(Path(settings.dataset).expanduser().absolute())


async def _numbering(conn: AsyncConnection) -> _Numbering:
    known = await facts.get(conn, CATALOG_KEY)
    if not isinstance(known, dict):
        raise TrainingFailed("the database does not say which data set numbers its films")
    return _Numbering(source=str(known["source"]), fingerprint=str(known["fingerprint"]))


async def _read(conn: AsyncConnection, source: str) -> Snapshot:
    parts = [
        await asyncio.to_thread(_columns, chunk) async for chunk in evidence.in_chunks(conn, source, _AT_ONCE)
    ]
    user_ids, movie_ids, values, timestamps = await asyncio.to_thread(_joined, parts)
    stored = [film async for chunk in evidence.films_in_chunks(conn, source, _AT_ONCE) for film in chunk]
    numbers = {film.id: film.source_id for film in stored}
    pairs = [
        (numbers[old], numbers[new])
        for old, new in (await merging.merged(conn)).items()
        if old in numbers and new in numbers
    ]
    granted = [
        (person_id + PEOPLE_FROM, numbers[film_id])
        for person_id, film_id in sorted(await flags.granted(conn))
        if film_id in numbers
    ]
    return Snapshot(
        user_ids,
        movie_ids,
        values,
        timestamps,
        kept_out=_in_training([each.person_id for each in await standings.every(conn, "kept_out")]),
        let_in=_in_training(sorted(await standings.decided(conn, "let_in"))),
        granted=np.array(granted, np.int64).reshape(-1, 2),
        merged=np.array(pairs, np.int64).reshape(-1, 2),
        films=tuple(map(catalog_film, stored)),
    )


_Columns = tuple[Ints, Ints, Floats, Ints]


def _columns(chunk: Sequence[Evidence]) -> _Columns:
    return (
        _in_training([each.person_id for each in chunk]),
        np.array([each.source_id for each in chunk], np.int64),
        np.array([each.stars for each in chunk], np.float32),
        np.array([each.rated_at.timestamp() for each in chunk], np.float64).astype(np.int64),
    )


def _joined(parts: Sequence[_Columns]) -> _Columns:
    users, movies, values, times = zip(*parts, strict=True) if parts else ((), (), (), ())
    return (
        np.concatenate([np.empty(0, np.int64), *users]),
        np.concatenate([np.empty(0, np.int64), *movies]),
        np.concatenate([np.empty(0, np.float32), *values]),
        np.concatenate([np.empty(0, np.int64), *times]),
    )


def _in_training(person_ids: Sequence[int]) -> Ints:
    return np.array(person_ids, np.int64) + PEOPLE_FROM


def _write(folder: Path, task: Task, snapshot: Snapshot) -> None:
    with new_folder(folder) as making:
        write_snapshot(making, snapshot)
        write_task(making, task)
