"""Fine-tuning against fits in full: time and what is lost, and whether it drifts when done again and again.

    python -m benchmarks.fine_tuning PATH [--seeds 0] [--quick]

Each model is fitted in full, all parts, on the training ratings, and on those without some 5,000: single ones
at random, or all of people who are new then. From the latter, saved and loaded, it is fine-tuned with all.
Test ratings are a random fifth, and those of the permanent holdout. Then five rounds of a thousand ratings
each are taken in one after the other: MSE on the fifth, and NDCG@10 for people who were held out whole.
A full fit of each model comes first, to warm up; then a timed one on the old ratings, and three fine-tunings
beside it: their median against it, and the median of that over the seeds. MSE is a mean over the seeds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import recsys
from benchmarks.report import Options, Section, about, arguments, log
from recsys import Catalog, Ratings, Recommender, TrainingConfig
from recsys.arrays import Doubles, Ints
from recsys.config import MODELS
from recsys.data.dataset import Dataset
from recsys.evaluation.holdout import split
from recsys.evaluation.metrics import mean_squared_error
from recsys.evaluation.order import order_metrics, recommended
from recsys.evaluation.splits import held_out_people, random_fifth

NEW_RATINGS, NEW_PEOPLE = 5000, 50
TUNED = 3  # fine-tunings beside each full fit
ROUNDS, OF_A_ROUND = 5, 1000
QUICK = ("dot_bias", "pmf")  # the others take as long, and are served by nobody


@dataclass(frozen=True, slots=True)
class Timed:
    model: Recommender
    seconds: float  # of the processor
    wall: float


def main(options: Options) -> Section:
    dataset = recsys.load_dataset(options.path)
    config = TrainingConfig(model=MODELS[0], device="cpu", parts=("similar",))
    recsys.fit(dataset.ratings, dataset.catalog, config)  # imports are not timed
    section = Section(f"Fine-tuning: {dataset.name}", options.into)
    section.note("about", about(options))
    models = QUICK if options.quick else MODELS
    rows = []
    for model in models:
        for test in ("random fifth", "permanent holdout"):
            rows += once(dataset, model, test, options)
            columns = [
                "model",
                "test",
                "new",
                "MSE before",
                "fine-tuned",
                "in full",
                "lost",
                "CPU s",
                "in full",
                "",
                "wall s",
                "in full",
                "",
            ]
            section.rows("once", columns, rows)
    again = []
    for model in models:
        for line in rounds(dataset, model, options.seeds[0]):
            again.append(line)
            section.rows("rounds", ["model", "rounds", "MSE", "in full", "NDCG@10", "in full"], again)
    return section


def once(dataset: Dataset, model: str, test_name: str, options: Options) -> list[list[str]]:
    """One round of each kind of new ratings; a line each."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in options.seeds:
        log(f"  {model}, {test_name}, seed {seed}")
        if test_name == "random fifth":
            train, test = random_fifth(dataset.ratings, seed)
        else:
            parted = split(dataset.ratings)
            train, test = parted.train, parted.ratings
        config = TrainingConfig(model=model, device="cpu", seed=seed)
        full = timed(train, dataset.catalog, config)  # the first of this model in this process warms it up
        for kind, old in parts(train, seed).items():
            fit_before = timed(train.take(old), dataset.catalog, config)
            before = reloaded(fit_before.model)
            again = [timed(train, dataset.catalog, config, before) for _ in range(TUNED)]
            errors = [error(each, test) for each in (before, again[0].model, full.model)]
            times = []
            for of in ("seconds", "wall"):
                in_full = getattr(fit_before, of)  # on a twentieth less, right beside the fine-tunings
                tuned = float(np.median([getattr(each, of) for each in again]))
                times += [tuned, in_full, in_full / tuned]
            found.setdefault(kind, []).append((*errors, *times))
    return [line(model, test_name, kind, np.array(seeds)) for kind, seeds in found.items()]


def line(model: str, test_name: str, kind: str, seeds: Doubles) -> list[str]:
    """Errors as means over the seeds (n_seeds, 9), times as medians."""
    before, tuned, full = seeds[:, :3].mean(axis=0)
    times = np.median(seeds[:, 3:], axis=0)
    cells = [
        f"1/{number:.1f}" if at % 3 == 2 else f"{number:.2f}" for at, number in enumerate(times.tolist())
    ]
    return [
        model,
        test_name,
        kind,
        f"{before:.4f}",
        f"{tuned:.4f}",
        f"{full:.4f}",
        f"{tuned - full:+.4f}",
        *cells,
    ]


def parts(train: Ratings, seed: int) -> dict[str, Ints]:
    """Positions of the old ratings: without single ones, and without some people."""
    rng = np.random.default_rng([seed, 5])
    single = np.sort(rng.permutation(len(train))[NEW_RATINGS:])
    people = rng.permutation(train.people())[:NEW_PEOPLE]
    of_others = np.flatnonzero(~np.isin(train.user_ids, people))
    return {f"{NEW_RATINGS:,} ratings": single, f"{NEW_PEOPLE} people": of_others}


def rounds(dataset: Dataset, model: str, seed: int) -> Iterator[list[str]]:
    """Fine-tuning of what fine-tuning gave; a line a round."""
    catalog, config = dataset.catalog, TrainingConfig(model=model, device="cpu", seed=seed)
    others, people = held_out_people(dataset.ratings, catalog, seed)
    train, test = random_fifth(others, seed)
    order = np.random.default_rng([seed, 6]).permutation(len(train))
    live = recsys.fit(train.take(np.sort(order[ROUNDS * OF_A_ROUND :])), catalog, config)
    for number in range(1, ROUNDS + 1):
        log(f"  {model}, round {number}")
        so_far = train.take(np.sort(order[(ROUNDS - number) * OF_A_ROUND :]))
        live = recsys.fit(so_far, catalog, config, start=reloaded(live))
        full = recsys.fit(so_far, catalog, config)
        both = (live, full)
        mse = [f"{error(each, test):.4f}" for each in both]
        lists = [[recommended(each, each.fold_in(one.history), one) for one in people] for each in both]
        ndcg = [f"{order_metrics(own, people)['NDCG@10']:.4f}" for own in lists]
        yield [model, str(number), *mse, *ndcg]


def timed(
    ratings: Ratings, catalog: Catalog, config: TrainingConfig, start: Recommender | None = None
) -> Timed:
    began, clock = time.process_time(), time.perf_counter()
    model = recsys.fit(ratings, catalog, config, start=start)
    return Timed(model, time.process_time() - began, time.perf_counter() - clock)


def reloaded(model: Recommender) -> Recommender:
    """All that a fine-tuning may know: what is served."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder)
        return Recommender.load(folder)


def error(model: Recommender, test: Ratings) -> float:
    """MSE; who is not known is folded in without ratings."""
    known = np.isin(test.user_ids, model.user_ids)
    predicted = np.empty(len(test), np.float32)
    predicted[known] = model.predict(test.user_ids[known], test.movie_ids[known])
    predicted[~known] = model.predict_for(model.fold_in(), test.movie_ids[~known])[0]
    return mean_squared_error(predicted.clip(test.values.min(), test.values.max()), test.values)


if __name__ == "__main__":
    sys.stdout.write(main(arguments(__doc__ or "", (0,), (0,))).markdown())
