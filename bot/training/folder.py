"""The work folder of a training: what the parent hands the child, and what the child leaves there.

job.json, films.json, ratings.safetensors      by the parent; the folder gets its name when all are there
artifact/, then outcome.json                   by the child; the second one, last, says that it is done
number.json                                    by the parent; the version under which this model is published
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bot.errors import TrainingFailed
from recsys.arrays import AnyArray, Floats, Ints
from recsys.data.catalog import Film

if TYPE_CHECKING:  # SQL, which the child has no use for
    from storage.running.jobs import Kind

# Person 7 of the bot is 1,000,000,000,007 in training: above every number that a data set gives its people,
# and the same at each training, so that the holdout stays what it is.
PEOPLE_FROM = 10**12
_LARGEST = 1 << 28  # bytes of a file of JSON; a hundred thousand films have 20 MB

_T = TypeVar("_T")

_TASK, _FILMS, _RATINGS = "job.json", "films.json", "ratings.safetensors"
_OUTCOME, _NUMBER, _ARTIFACT = "outcome.json", "number.json", "artifact"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be trained. `live` is the folder of the live artifact and `live_version` its number,
    `dataset` the name or path of the data set, `data` where a named one is or comes; its films are those of
    `source` and `fingerprint`.

    `margin` is the gate's. `threads` is how many the child may use, None as many as it likes.
    """

    kind: Kind
    seed: int
    margin: float
    live: str
    live_version: int
    dataset: str
    data: str
    source: str
    fingerprint: str
    threads: int | None
    scale: int = 5  # of the data set's ratings; a task of 0.2.0 does not say


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The bot's ratings as training takes them: parallel arrays of shape (n,).

    People have their numbers in training. `kept_out` are those from whom nothing is learned, `let_in` those
    whom an admin trusts whatever is found. `granted` has a row for each person and film of a flag that was
    let in, shape (n, 2). `merged` has a row for each film that is another name of a second, shape (n, 2).
    `films` are those of the database, by their numbers in the data set; negative ones are the admins' own.
    """

    user_ids: Ints
    movie_ids: Ints
    values: Floats
    timestamps: Ints
    kept_out: Ints
    let_in: Ints
    granted: Ints
    merged: Ints
    films: tuple[Film, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out. `metrics` are on the permanent holdout; `verdict` is the gate's, `passed` what it says;
    `live` is the version that it was compared with.

    `brigades` are those that were found, as plain values: people by their numbers in training, films by those
    of the data set.
    """

    passed: bool
    live: int
    metrics: dict[str, float]
    verdict: dict[str, Any]
    brigades: list[dict[str, Any]]


def work_folders(home: Path) -> Path:
    """Where the work folders of a home are."""
    return home / "work"


def work_folder(home: Path, job_id: int) -> Path:
    """Where the work folder of a training is."""
    return work_folders(home) / f"job-{job_id}"


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill; it takes its place, and that of one before it, at the end of the block."""
    making = folder.with_name(f".{folder.name}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    yield making
    shutil.rmtree(folder, ignore_errors=True)
    making.replace(folder)


def artifact_of(folder: Path) -> Path:
    """Where the child writes its model."""
    return folder / _ARTIFACT


def write_task(folder: Path, task: Task) -> None:
    """Leave the task for the child."""
    _write(folder / _TASK, asdict(task))


def read_task(folder: Path) -> Task:
    """The task. Raises TrainingFailed."""
    path = folder / _TASK
    return _made(lambda said: Task(**said), path, _read(path))


def write_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Leave the ratings and the films for the child."""
    arrays = {each.name: getattr(snapshot, each.name) for each in fields(snapshot) if each.name != "films"}
    save_file(arrays, folder / _RATINGS)
    _write(folder / _FILMS, [astuple(film) for film in snapshot.films])


def read_snapshot(folder: Path) -> Snapshot:
    """Ratings and films. Raises TrainingFailed."""
    try:
        arrays: dict[str, AnyArray] = load_file(folder / _RATINGS)
    except (OSError, SafetensorError) as error:
        raise TrainingFailed(f"{folder / _RATINGS}: {error}") from error
    listed = folder / _FILMS
    films = _made(lambda said: tuple(starmap(_film, said)), listed, _read(listed))
    return Snapshot(**arrays, films=films)


def _film(  # as `astuple` writes it
    movie_id: int,
    title: str,
    year: int | None,
    genres: list[str],
    imdb_id: str | None,
    tmdb_id: int | None,
    alternatives: list[str],
) -> Film:
    return Film(movie_id, title, year, tuple(genres), imdb_id, tmdb_id, tuple(alternatives))


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """The last thing that the child does: it is there whole, or not at all."""
    _write(folder / _OUTCOME, asdict(outcome))


def read_outcome(folder: Path) -> Outcome | None:
    """What came out; None as long as nothing has."""
    path = folder / _OUTCOME
    if not path.exists():
        return None
    return _made(lambda said: Outcome(**said), path, _read(path))


def write_number(folder: Path, version: int) -> None:
    """Note which version the model in this folder becomes."""
    _write(folder / _NUMBER, version)


def read_number(folder: Path) -> int | None:
    """The version that was noted; None for a model that has no number yet."""
    path = folder / _NUMBER
    if not path.exists():
        return None
    return _made(int, path, _read(path))


def _write(path: Path, content: object) -> None:
    making = path.with_name(f".{path.name}")
    with making.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    making.replace(path)


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"more than {_LARGEST:,} bytes")
        return json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingFailed(f"{path}: {str(error)[:200]}") from error


def _made(kind: Callable[..., _T], path: Path, said: object) -> _T:
    """What was read as a record. Raises TrainingFailed where it is not one."""
    try:
        return kind(said)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise TrainingFailed(f"{path}: not what was written there ({error})") from error
