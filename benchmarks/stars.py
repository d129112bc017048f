"""How well stars are predicted: a random fifth of the ratings, and newcomers after k ratings.

    python benchmarks/stars.py PATH [--seeds 0 1 2 3 4]

PATH is a data set as `recsys.load_dataset` takes it. Prints Markdown. The protocols are those of
`recsys.evaluation.splits`: a random fifth is the test; newcomers are a tenth of the people, who show
the k films of their history that most people rated, and are tested on the fifth of their ratings that
is not history.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections import defaultdict

import numpy as np
import torch

import recsys
from recsys import Ratings, Recommender, TrainingConfig
from recsys.data.datasets import Dataset
from recsys.evaluation.splits import random_fifth
from recsys.ranker import FloatArray

SHOWN = (0, 3, 5, 10, 20, None)  # ratings that a newcomer shows; None is all of the history
FILM_SHRINK, PERSON_SHRINK = 5, 3  # ratings at the mean, added to each film and person of the baseline


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    arguments = parser.parse_args()
    dataset = recsys.load_dataset(arguments.path)
    recsys.fit(dataset.ratings.take(np.arange(100)), dataset.catalog, settings(0))  # imports are not timed
    write(f"# Stars on {dataset.name}\n")
    write(
        f"{len(dataset.ratings):,} ratings, {len(dataset.catalog):,} films. {os.cpu_count()} cores "
        f"({platform.machine()}), Python {platform.python_version()}, numpy {np.__version__}, torch "
        f"{torch.__version__}.\n"
    )
    random_split(dataset, arguments.seeds)
    newcomers(dataset, arguments.seeds)


def settings(seed: int) -> TrainingConfig:
    return TrainingConfig(device="cpu", seed=seed, parts=("stars",))


def random_split(dataset: Dataset, seeds: list[int]) -> None:
    """Predictions are clipped to the stars that people give; people and films not in training count too."""
    write("| seed | test MSE | RMSE | training, s |\n| --- | --- | --- | --- |")
    errors, times = [], []
    for seed in seeds:
        train, test = random_fifth(dataset.ratings, seed)
        began = time.perf_counter()
        recommender = recsys.fit(train, dataset.catalog, settings(seed))
        times.append(time.perf_counter() - began)
        predicted = predict(recommender, test).clip(train.values.min(), train.values.max())
        errors.append(float(np.mean((predicted - test.values) ** 2)))
        write(f"| {seed} | {errors[-1]:.4f} | {errors[-1] ** 0.5:.4f} | {times[-1]:.2f} |")
    for name, of in (("mean", statistics.mean), ("median", statistics.median)):
        write(f"| {name} | {of(errors):.4f} | {of([each**0.5 for each in errors]):.4f} | {of(times):.2f} |")


def predict(recommender: Recommender, test: Ratings) -> FloatArray:
    known = np.isin(test.user_ids, recommender.user_ids)
    predicted = np.empty(len(test), np.float32)
    predicted[known] = recommender.predict(test.user_ids[known], test.movie_ids[known])
    predicted[~known] = recommender.predict_for(recommender.fold_in(), test.movie_ids[~known])[0]
    return predicted


def newcomers(dataset: Dataset, seeds: list[int]) -> None:
    """Beside ours, the film's shrunk mean plus the person's shrunk deviation from it."""
    errors: dict[int | None, list[FloatArray]] = defaultdict(list)
    baseline: dict[int | None, list[FloatArray]] = defaultdict(list)
    scores: dict[int | None, list[FloatArray]] = defaultdict(list)
    for seed in seeds:
        train, people = held_out(dataset, seed)
        recommender = recsys.fit(train, dataset.catalog, settings(seed))
        means, fame = film_means(train, dataset), recommender.popularity
        for history, rest in people:
            famous = history.take(np.argsort(-fame[dataset.catalog.rows(history.movie_ids)], kind="stable"))
            film = means[dataset.catalog.rows(rest.movie_ids)]
            for k in SHOWN:
                shown = famous.take(np.arange(len(famous))[:k])
                user = recommender.fold_in(
                    dict(zip(shown.movie_ids.tolist(), shown.values.tolist(), strict=True))
                )
                mean, deviation = recommender.predict_for(user, rest.movie_ids)
                errors[k].append(mean - rest.values)
                scores[k].append((mean - rest.values) / deviation)
                own = shown.values - means[dataset.catalog.rows(shown.movie_ids)]
                baseline[k].append(film + own.sum() / (len(shown) + PERSON_SHRINK) - rest.values)
    write("\n| ratings shown | RMSE of means | RMSE | within 1 deviation | within 2 |")
    write("| --- | --- | --- | --- | --- |")
    for k in SHOWN:
        within = np.abs(np.concatenate(scores[k]))
        write(
            f"| {'all' if k is None else k} | {rmse(baseline[k]):.3f} | {rmse(errors[k]):.3f} "
            f"| {np.mean(within < 1):.1%} | {np.mean(within < 2):.1%} |"
        )


def held_out(dataset: Dataset, seed: int) -> tuple[Ratings, list[tuple[Ratings, Ratings]]]:
    """Training ratings, and for each held-out person the history and the rest."""
    order = np.lexsort((dataset.catalog.rows(dataset.ratings.movie_ids), dataset.ratings.user_ids))
    ratings = dataset.ratings.take(order)
    rows = np.unique(ratings.user_ids, return_inverse=True)[1]
    able = np.flatnonzero(np.bincount(rows) >= 20)
    held = np.sort(np.random.default_rng(seed).permutation(able)[: round(0.1 * (rows.max() + 1))])
    people = []
    for row in held.tolist():
        own = ratings.take(rows == row)
        shuffled = np.random.default_rng([seed, row]).permutation(len(own))
        shown = round(0.8 * len(own))
        people.append((own.take(shuffled[:shown]), own.take(shuffled[shown:])))
    return ratings.take(~np.isin(rows, held)), people


def film_means(train: Ratings, dataset: Dataset) -> FloatArray:
    rows, n_films = dataset.catalog.rows(train.movie_ids), len(dataset.catalog)
    sums = np.bincount(rows, train.values - train.values.mean(), minlength=n_films)
    shrunk = sums / (np.bincount(rows, minlength=n_films) + FILM_SHRINK)
    means: FloatArray = (train.values.mean() + shrunk).astype(np.float32)
    return means


def rmse(errors: list[FloatArray]) -> float:
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))


def write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
