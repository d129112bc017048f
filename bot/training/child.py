"""The child process of a training: from a work folder to an artifact and an outcome.

Started by `parent` as `python -m bot.training.child FOLDER`. It knows no database and no Telegram, and ends
when its parent does. Each line on its standard output is a
message to the parent, a JSON object with an "event"; whatever else is printed goes to standard error.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bot.errors import BotError, TrainingFailed
from bot.process.extras import require_training
from bot.training.folder import (
    PEOPLE_FROM,
    Outcome,
    Snapshot,
    Task,
    artifact_of,
    read_snapshot,
    read_task,
    write_outcome,
)
from bot.training.learning import join, measure_and_save, without
from recsys.config import TrainingConfig
from recsys.data.ratings import Ratings
from recsys.errors import RecsysError
from recsys.progress import Step
from recsys.recommender import Recommender
from storage.running.grants import is_granted

if TYPE_CHECKING:
    from recsys.brigades import Brigade
    from recsys.data.dataset import Dataset


_NICE = 19  # people are answered first


class Reporter:
    """Writes messages to the parent."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def phase(self, name: str) -> None:
        """Another phase begins."""
        self._write("phase", phase=name)

    def step(self, step: Step) -> None:
        """An epoch or a sweep has ended."""
        values = {name: None if _is_nan(value) else value for name, value in asdict(step).items()}
        self._write("step", **values)

    def error(self, text: str) -> None:
        """Why there is no model."""
        self._write("error", text=text)

    def _write(self, event: str, **values: Any) -> None:
        print(json.dumps({"event": event, **values}), file=self._out, flush=True)


def main(folder: Path) -> int:
    """Train from a work folder; the exit code. What an operator can mend is a message, not raised."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _step_back()
    reporter = Reporter(_own_output())
    try:
        train(folder, reporter)
    except (BotError, RecsysError, OSError) as error:
        reporter.error(str(error))
        return 1
    except MemoryError:
        reporter.error("there is not enough memory (MemoryError)")
        return 1
    return 0


def train(folder: Path, reporter: Reporter) -> None:
    """From the task in `folder` to its artifact and its outcome. Raises BotError, RecsysError, OSError."""
    import recsys
    from recsys.evaluation.gate import judge
    from recsys.evaluation.holdout import split

    reporter.phase("checking")
    require_training()
    task, snapshot = read_task(folder), read_snapshot(folder)
    _limit_threads(task.threads)
    live = Recommender.load(task.live)
    ratings, catalog = join(_dataset(task), snapshot)
    found = _brigades(ratings, snapshot)
    holdout = split(without(ratings, _outside(found, snapshot)))

    reporter.phase("training")
    fine = task.kind == "fine"
    candidate = recsys.fit(
        holdout.train, catalog, _config(task, live), report=reporter.step, start=live if fine else None
    )

    reporter.phase("gate")
    metrics = measure_and_save(
        candidate,
        holdout,
        artifact_of(folder),
        origin=task.kind,
        preliminary=fine and live.preliminary,  # going on from a quick fit does not make a full one
    )
    known = [film.movie_id for film in snapshot.films]
    verdict = judge(candidate, live, holdout, movie_ids=known, margin=task.margin, seed=task.seed)
    figures = {f"holdout_{name}": value for name, value in metrics.items()}
    brigades = [asdict(each) for each in found]
    write_outcome(folder, Outcome(verdict.passed, task.live_version, figures, verdict.to_dict(), brigades))


def _dataset(task: Task) -> Dataset:
    from recsys.data.sources.datasets import load_dataset

    dataset = load_dataset(task.dataset, folder=Path(task.data), scale=task.scale)
    catalog = dataset.catalog
    if (catalog.source, catalog.fingerprint) != (task.source, task.fingerprint):
        raise TrainingFailed(
            f"{dataset.name} (fingerprint {catalog.fingerprint}) is not the {task.source} "
            f"({task.fingerprint}) that numbers the films: it has changed, or another one is named. "
            "`matinee prepare --again` trains on it, then `matinee catalog migrate` moves the ratings"
        )
    return dataset


def _config(task: Task, live: Recommender) -> TrainingConfig:
    """The live model's settings to go on from it; a full fit has today's for the same kind of model."""
    config = live.config if task.kind == "fine" else TrainingConfig(model=live.config.model)
    return replace(config, seed=task.seed, device="auto")


def _brigades(ratings: Ratings, snapshot: Snapshot) -> list[Brigade]:
    """Groups among the people of the bot whose ratings look arranged, those kept out already included."""
    from recsys.brigades import find_brigades

    return find_brigades(ratings, ratings.user_ids[ratings.user_ids >= PEOPLE_FROM])


def _outside(found: Sequence[Brigade], snapshot: Snapshot) -> set[int]:
    """From whom nothing is learned: as `storage.running.flags.record` decides it when this training ends."""
    out, trusted = set(snapshot.kept_out.tolist()), set(snapshot.let_in.tolist())
    allowed = set(map(tuple, snapshot.granted.tolist()))
    arranged = [set(each.user_ids) - trusted - out for each in found]
    lost = (
        user_ids
        for each, user_ids in zip(found, arranged, strict=True)
        if not is_granted(user_ids, each.movie_ids, allowed)
    )
    return out.union(*lost)


def _limit_threads(threads: int | None) -> None:
    """Of torch; those of numpy are limited by the environment, before it is loaded."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)


def _step_back() -> None:
    """Take only the time that nobody else wants; the least of it where the system knows no such thing."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(_NICE)


def _own_output() -> TextIO:
    """Standard output as it was; what is printed from now on goes to standard error."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _end_with_the_parent() -> None:
    """The parent holds the other end of our standard input, and it closes however the parent ends."""
    while os.read(0, 1):
        pass
    os._exit(1)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
