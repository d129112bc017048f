"""What trainings have in common: joining what is learned from, and measuring and saving what came out.

Called by `child` and by `preparing`, never in the process that answers people.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.errors import TrainingFailed
from bot.training.folder import PEOPLE_FROM, Snapshot
from recsys.arrays import Ints
from recsys.data.catalog import Catalog
from recsys.data.ratings import Ratings
from recsys.recommender import Recommender

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.evaluation.holdout import Holdout


def join(dataset: Dataset, snapshot: Snapshot) -> tuple[Ratings, Catalog]:
    """All ratings, of the data set and of the bot, and all films: those that are one count as one.

    Of two ratings by one person of one film, under two of its names, the later one counts. Raises
    TrainingFailed if the data set numbers its people as the bot's are numbered.
    """
    base = dataset.ratings
    if len(base) and int(base.user_ids.max()) >= PEOPLE_FROM:
        raise TrainingFailed(f"{dataset.name} numbers a person {int(base.user_ids.max())}: too high")
    users = np.concatenate([base.user_ids, snapshot.user_ids])
    movies = _renamed(np.concatenate([base.movie_ids, snapshot.movie_ids]), snapshot.merged)
    values = np.concatenate([base.values, snapshot.values])
    times = np.concatenate([base.timestamps, snapshot.timestamps])
    order = np.lexsort((times, movies, users))
    last = np.ones(len(order), np.bool_)
    last[:-1] = (np.diff(users[order]) != 0) | (np.diff(movies[order]) != 0)
    kept = np.sort(order[last])
    ratings = Ratings.from_arrays(users[kept], movies[kept], values[kept], times[kept])
    added = [film for film in snapshot.films if film.movie_id not in dataset.catalog]
    return ratings, Catalog((*dataset.catalog, *added), dataset.catalog.source)


def without(ratings: Ratings, user_ids: Iterable[int]) -> Ratings:
    """The ratings of all others."""
    return ratings.take(~np.isin(ratings.user_ids, list(user_ids)))


def measure_and_save(
    recommender: Recommender, holdout: Holdout, folder: Path, *, origin: str, preliminary: bool = False
) -> dict[str, float]:
    """Measure a model on what it has not seen, write it to `folder`, and read it back once; the figures.

    They are in the manifest, too, as "holdout_rmse" and so on; none where the holdout is too small.
    """
    from recsys.evaluation import measure_holdout

    metrics = measure_holdout(recommender, holdout)
    figures = {f"holdout_{name}": value for name, value in metrics.items()}
    recommender.save(folder, metrics=figures, preliminary=preliminary, origin=origin)
    Recommender.load(folder)  # reads all of it back, and checks it
    return metrics


def _renamed(movie_ids: Ints, merged: Ints) -> Ints:
    """The ids with every film that was merged under the name of the other."""
    if not len(merged):
        return movie_ids
    old, new = merged[np.argsort(merged[:, 0])].T
    at = np.searchsorted(old, movie_ids).clip(max=len(old) - 1)
    return np.where(old[at] == movie_ids, new[at], movie_ids)
