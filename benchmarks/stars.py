"""How well stars are predicted: ours and every peer on the same random fifths, and on the official u1 split.

    python -m benchmarks.stars PATH [--seeds 0 1 2 3 4] [--quick]

PATH is ml-100k. Of each seed's permutation of the ratings the first fifth is the test set; predictions are
clipped to the stars that people give; nothing was tuned on these. The u1 split (u1.base, u1.test) is the
first 20,000 lines of the file against the others; it needs the file in its published order. Times are of
training alone, the median over the seeds. The time to fastai's final MSE is that of a whole fit, made short
by fewer passes and a smaller model.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import recsys
from benchmarks.peers.process import NotRun, Peers
from benchmarks.report import Options, Section, about, arguments, log
from benchmarks.shortened import rounds_of, shortened
from recsys import Ratings, Recommender, TrainingConfig
from recsys.arrays import Floats
from recsys.config import MODELS
from recsys.data.content import genre_matrix
from recsys.data.dataset import Dataset
from recsys.evaluation.splits import random_fifth

BEST_MYFM = "the same, rank 16 for 8, 400 sweeps for 200"
FASTAI = "fastai collab_learner, 5 epochs"
PEERS: dict[str, tuple[str, dict[str, int]]] = {
    "Surprise BaselineOnly": ("baseline_only", {}),
    "Surprise SVD, defaults": ("svd", {}),
    "Surprise SVD, 50 factors, 60 epochs": ("svd_tuned", {}),
    "Surprise SVD++": ("svd_plus_plus", {}),
    "Surprise KNNBaseline, items": ("knn_baseline", {}),
    FASTAI: ("fastai", {}),
    "myFM, ids": ("myfm", {"rank": 8, "sweeps": 200}),
    "myFM, ids and genres": ("myfm_genres", {"rank": 8, "sweeps": 200}),
    "myFM, ids, genres, who rated what": ("myfm_implicit", {"rank": 8, "sweeps": 200}),
    BEST_MYFM: ("myfm_implicit", {"rank": 16, "sweeps": 400}),
}
SLOW = {BEST_MYFM}  # minutes: not with --quick
U1_PEOPLE, U1_FILMS = 459, 1410  # in u1.test: how the published order of the file is recognised
# Models whose time to fastai's final MSE is asked for, and what a short fit does without; with --quick the u1
# split is theirs alone.
REACHING: dict[str, dict[str, int]] = {"pmf": {"implicit": 0, "factors": 8}, "dot_bias": {"ensemble": 4}}
# Epochs or sweeps of a shortened fit.
BUDGETS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 30, 40, 60, 80, 120)


@dataclass(slots=True)
class Scores:
    """Of one method: an MSE and seconds for each seed; `why` it was not run, if so."""

    mse: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    to_fastai: list[float] = field(default_factory=list)
    why: str = ""


def main(options: Options) -> Section:
    dataset = recsys.load_dataset(options.path)
    # Imports are not timed.
    recsys.fit(dataset.ratings, dataset.catalog, shortened(settings(MODELS[0], 0), 1))
    section = Section(f"Stars: {dataset.name}", options.into)
    section.note("about", about(options))
    random_splits(dataset, options, section)
    official_split(dataset, options, section)
    return section


def settings(model: str, seed: int) -> TrainingConfig:
    return TrainingConfig(model=model, device="cpu", seed=seed, parts=("stars",))


def random_splits(dataset: Dataset, options: Options, section: Section) -> None:
    scores: dict[str, Scores] = defaultdict(Scores)
    for seed in options.seeds:
        train, test = random_fifth(dataset.ratings, seed)
        for name, (method, extra) in PEERS.items():
            if options.quick and name in SLOW:
                scores[name].why = "takes minutes, --quick"
            else:
                peer(scores[name], options.peers, method, dataset, train, test, seed=seed, **extra)
        for model in MODELS:
            ours(scores[f"Matinee {model}"], dataset, train, test, settings(model, seed))
        if scores[FASTAI].mse:
            for model in (each for each in MODELS if each in REACHING):
                reach(
                    scores[f"Matinee {model}"],
                    dataset,
                    train,
                    test,
                    settings(model, seed),
                    scores[FASTAI].mse[-1],
                )
        show(scores, options, section)


def ours(scores: Scores, dataset: Dataset, train: Ratings, test: Ratings, config: TrainingConfig) -> None:
    log(f"  fitting {config.model}, seed {config.seed}")
    began = time.perf_counter()
    recommender = recsys.fit(train, dataset.catalog, config)
    scores.seconds.append(time.perf_counter() - began)
    scores.mse.append(error(predict(recommender, test), train, test))


def reach(
    scores: Scores, dataset: Dataset, train: Ratings, test: Ratings, config: TrainingConfig, goal: float
) -> None:
    """Seconds of the shortest whole fit, small as REACHING says, whose test MSE is at most `goal`."""
    settings: Any = replace(getattr(config, config.model), **REACHING[config.model])
    config = replace(config, **{config.model: settings})
    rounds = rounds_of(settings)
    for budget in (each for each in BUDGETS if each <= getattr(settings, rounds)):
        short = shortened(config, budget)
        began = time.perf_counter()
        recommender = recsys.fit(train, dataset.catalog, short)
        seconds = time.perf_counter() - began
        if error(predict(recommender, test), train, test) <= goal:
            log(f"  {config.model} is where fastai ends after {budget} {rounds}, {seconds:.2f} s")
            scores.to_fastai.append(seconds)
            return
    log(f"  {config.model} does not come to {goal:.3f}")


def peer(
    scores: Scores,
    peers: Peers,
    method: str,
    dataset: Dataset,
    train: Ratings,
    test: Ratings,
    **settings: int,
) -> None:
    user_ids = np.unique(dataset.ratings.user_ids)
    try:
        answer = peers.ask(
            method,
            users=np.searchsorted(user_ids, train.user_ids),
            items=dataset.catalog.rows(train.movie_ids),
            values=train.values.astype(np.float64),
            test_users=np.searchsorted(user_ids, test.user_ids),
            test_items=dataset.catalog.rows(test.movie_ids),
            genres=genre_matrix(dataset.catalog),
            n_users=len(user_ids),
            n_items=len(dataset.catalog),
            **settings,
        )
    except NotRun as error_:
        scores.why = str(error_)
        return
    scores.seconds.append(float(answer["seconds"]))
    scores.mse.append(error(answer["predicted"], train, test))


def show(scores: dict[str, Scores], options: Options, section: Section) -> None:
    """The table so far, with what the time is relative to fastai's in the same run."""
    base = np.median(scores[FASTAI].seconds) if scores[FASTAI].mse else np.nan
    rows = []
    for name, own in scores.items():
        if not own.mse:
            rows.append([name, f"not run: {own.why}", "", "", "", "", ""])
            continue
        seconds = float(np.median(own.seconds))
        reached = np.median(own.to_fastai) if len(own.to_fastai) == len(own.mse) else np.nan
        rows.append(
            [
                name,
                f"{np.mean(own.mse):.4f}",
                f"{min(own.mse):.3f}–{max(own.mse):.3f}",
                f"{np.mean(np.sqrt(own.mse)):.4f}",
                f"{seconds:.2f}",
                f"1/{base / seconds:.1f}" if base == base and seconds < base else "",
                f"{reached:.2f} (1/{base / reached:.0f})" if reached == reached else "",
            ]
        )
    columns = [
        "method",
        "test MSE",
        "range",
        "RMSE",
        "training, s",
        "of fastai's time",
        "to fastai's final MSE, s",
    ]
    done = len(next(iter(scores.values())).mse) or len(scores["Matinee " + MODELS[-1]].mse)
    section.note("seeds", f"Random fifths, seeds {options.seeds[:done]}:")
    section.rows("random", columns, rows)


def official_split(dataset: Dataset, options: Options, section: Section) -> None:
    first = np.arange(len(dataset.ratings)) < 20_000
    train, test = dataset.ratings.take(~first), dataset.ratings.take(first)
    found = (len(np.unique(test.user_ids)), len(np.unique(test.movie_ids)))
    if found != (U1_PEOPLE, U1_FILMS):
        section.note("u1", "u1 split: not run: the file is not ml-100k in its published order.")
        return
    scores: dict[str, Scores] = defaultdict(Scores)
    for name, (method, extra) in PEERS.items():
        if not (name.startswith("myFM") or name in (FASTAI, BEST_MYFM)):
            continue  # far behind: see the random splits
        if options.quick:
            scores[name].why = "--quick"
        else:
            peer(scores[name], options.peers, method, dataset, train, test, seed=0, **extra)
    for model in (each for each in MODELS if each in REACHING or not options.quick):
        ours(scores[f"Matinee {model}"], dataset, train, test, settings(model, 0))
    rows = [
        [name, f"{own.mse[0] ** 0.5:.4f}", f"{own.mse[0]:.4f}", f"{own.seconds[0]:.1f}"]
        if own.mse
        else [name, f"not run: {own.why}", "", ""]
        for name, own in scores.items()
    ]
    section.note("u1", "Official u1 split, one seed (published with demographics and dates: RMSE .8808):")
    section.rows("u1 table", ["method", "RMSE", "MSE", "training, s"], rows)


def predict(recommender: Recommender, test: Ratings) -> Floats:
    """For people who are only in the test part, what a stranger would give."""
    known = np.isin(test.user_ids, recommender.user_ids)
    predicted = np.empty(len(test), np.float32)
    predicted[known] = recommender.predict(test.user_ids[known], test.movie_ids[known])
    predicted[~known] = recommender.predict_for(recommender.fold_in(), test.movie_ids[~known])[0]
    return predicted


def error(predicted: Floats, train: Ratings, test: Ratings) -> float:
    """MSE of predictions clipped to the stars that people give."""
    clipped = predicted.clip(train.values.min(), train.values.max())
    return float(np.mean((clipped.astype(np.float64) - test.values) ** 2))


if __name__ == "__main__":
    sys.stdout.write(main(arguments(__doc__ or "", (0, 1, 2, 3, 4), (0,))).markdown())
