"""The order for people who were not in training: ours, EASE, implicit ALS and popularity, person by person.

    python -m benchmarks.order PATH [--seeds 0 1 2] [--quick]

A tenth of the people with 20 ratings or more is held out; they show 80 % of their ratings and are asked for
the rest that they gave 4 stars or more, among all other films. EASE's ridge is chosen in each seed on a
tenth of its training people. Differences are of the same people: their mean, and its standard error.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict

import numpy as np

import recsys
from benchmarks.baselines import EASE, MOST
from benchmarks.held_out import LISTED, METRICS, Split, goodness, listed
from benchmarks.peers.process import NotRun, Peers
from benchmarks.report import Options, Section, about, arguments, log
from recsys import TrainingConfig
from recsys.arrays import Floats
from recsys.evaluation.order import recommended

OURS, POPULARITY, GRADED_EASE, IMPLICIT = "Matinee", "popularity", "EASE, graded", "implicit ALS, 64 factors"
IMPLICIT_SETTINGS = {"factors": 64, "regularisation": 10.0, "alpha": 0.5, "sweeps": 15}  # on other people


def main(options: Options) -> Section:
    dataset = recsys.load_dataset(options.path)
    section = Section(f"Order: {dataset.name}", options.into)
    section.note("about", about(options))
    found: dict[str, dict[str, list[Floats]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[str, list[float]] = defaultdict(list)
    missing: dict[str, str] = {}
    for done, seed in enumerate(options.seeds, start=1):
        split = Split.of(dataset, seed)
        for name, make in (
            (POPULARITY, popularity),
            (GRADED_EASE, ease),
            (IMPLICIT, implicit),
            (OURS, ours),
        ):
            log(f"  {name}, seed {seed}")
            try:
                lists, took = make(split, seed, options.peers)
            except NotRun as why:
                missing[name] = str(why)
                continue
            seconds[name].append(took)
            for metric, values in goodness(lists, split.people).items():
                found[name][metric].append(values)
        section.note("seeds", f"Held-out people of seeds {options.seeds[:done]}:")
        show(found, seconds, missing, section)
    return section


Lists = tuple[list[list[int]], float]


def popularity(split: Split, seed: int, peers: Peers) -> Lists:
    counts = split.popularity.astype(np.float32)
    return [listed(counts, person, split.catalog) for person in split.people], 0.0


def ease(split: Split, seed: int, peers: Peers) -> Lists:
    if min(split.n_users, len(split.catalog)) > MOST:
        raise NotRun(f"it inverts a matrix of more than {MOST:,} rows")
    model = EASE.tuned(split, seed)
    began = time.perf_counter()
    EASE.fit(split, model.ridge)
    seconds = time.perf_counter() - began
    log(f"  ridge {model.ridge:.0f}")
    return model.lists(split), seconds


def implicit(split: Split, seed: int, peers: Peers) -> Lists:
    histories = [split.history(person) for person in split.people]
    answer = peers.ask(
        "implicit_als",
        users=split.users,
        items=split.movies,
        values=split.train.values,
        history_users=np.repeat(np.arange(len(histories)), [len(rows) for rows, _ in histories]),
        history_items=np.concatenate([rows for rows, _ in histories]),
        history_values=np.concatenate([values for _, values in histories]),
        n_items=len(split.catalog),
        seed=seed,
        **IMPLICIT_SETTINGS,
    )
    lists = [
        listed(own, each, split.catalog) for own, each in zip(answer["scores"], split.people, strict=True)
    ]
    return lists, float(answer["seconds"])


def ours(split: Split, seed: int, peers: Peers) -> Lists:
    config = TrainingConfig(device="cpu", seed=seed, parts=("ranker",))
    began = time.perf_counter()
    model = recsys.fit(split.train, split.catalog, config)
    seconds = time.perf_counter() - began
    return [recommended(model, model.fold_in(each.history), each, LISTED) for each in split.people], seconds


def show(
    found: dict[str, dict[str, list[Floats]]],
    seconds: dict[str, list[float]],
    missing: dict[str, str],
    section: Section,
) -> None:
    rows = [
        [
            name,
            *(f"{np.mean([each.mean() for each in own[metric]]):.4f}" for metric in METRICS),
            f"{np.median(seconds[name]):.1f}",
        ]
        for name, own in found.items()
    ]
    rows += [[name, f"not run: {why}", *[""] * len(METRICS)] for name, why in missing.items()]
    section.rows("figures", ["method", *METRICS, "training, s"], rows)
    pairs = [
        [f"{OURS} - {name}", *differences(found[OURS], own)] for name, own in found.items() if name != OURS
    ]
    section.rows("paired", ["paired difference", *METRICS], pairs)


def differences(ours: dict[str, list[Floats]], theirs: dict[str, list[Floats]]) -> list[str]:
    """Mean over the seeds of the difference, and its standard error over people."""
    cells = []
    for metric in METRICS:
        apart = [one - other for one, other in zip(ours[metric], theirs[metric], strict=True)]
        pooled = np.concatenate(apart)
        mean = np.mean([each.mean() for each in apart])
        cells.append(f"{mean:+.4f} ± {pooled.std(ddof=1) / len(pooled) ** 0.5:.4f}")
    return cells


if __name__ == "__main__":
    sys.stdout.write(main(arguments(__doc__ or "", (0, 1, 2), (0,))).markdown())
