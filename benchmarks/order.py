"""The order for people who were not in training, and for newcomers: ours, popularity, and EASE as a peer.

    python benchmarks/order.py PATH [--seeds 0 1 2]

PATH is a data set as `recsys.load_dataset` takes it. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time

import numpy as np
import torch

import recsys
from recsys.catalog import Catalog
from recsys.data.datasets import Dataset
from recsys.evaluation import Measure, evaluate
from recsys.evaluation.metrics import ndcg, recall
from recsys.evaluation.splits import held_out_people
from recsys.ranker import FloatArray, graded

EASE_RIDGE = 100.0
TARGET_SLOPE = 0.25


def main(path: str, seeds: tuple[int, ...]) -> None:
    dataset = recsys.load_dataset(path)
    began = time.perf_counter()
    ours = evaluate(dataset, seeds, protocols=("order", "newcomers"), progress=tell).measures
    tell(f"{time.perf_counter() - began:.0f} s, fits included")
    write(f"# Order on {dataset.name}\n")
    write(
        f"{len(dataset.ratings):,} ratings, {len(dataset.catalog):,} films, seeds {seeds}; "
        f"mean ± deviation over them. {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}.\n"
    )
    write("| protocol | method | metric | value |\n| --- | --- | --- | --- |")
    for measure in [*ours, *ease(dataset, seeds)]:
        write(
            f"| {measure.protocol} | {measure.method} | {measure.metric} "
            f"| {measure.mean:.4f} ± {measure.spread:.4f} |"
        )


def ease(dataset: Dataset, seeds: tuple[int, ...]) -> list[Measure]:
    """Steck, *Embarrassingly Shallow Autoencoders*, 2019, on graded targets, for the same held-out people.

    With K = XXᵀ + λI and q_j = x_jᵀK⁻¹x_j, the score of a film j that a person x has not rated is
    (xXᵀK⁻¹X)_j / (1 - q_j): the inverse is people × people.
    """
    found = []
    for seed in seeds:
        train, people = held_out_people(dataset.ratings, dataset.catalog, seed)
        users = np.unique(train.user_ids, return_inverse=True)[1]
        X = np.zeros((users.max() + 1, len(dataset.catalog)), np.float32)
        X[users, dataset.catalog.rows(train.movie_ids)] = graded(train.values, TARGET_SLOPE)
        KX = np.linalg.solve(X @ X.T + EASE_RIDGE * np.eye(len(X), dtype=np.float32), X)
        rest = 1 - np.einsum("un,un->n", X, KX)
        pairs = []
        for person in people:
            x = targets(person.history, dataset.catalog)
            scores = (X @ x) @ KX / rest
            scores[x != 0] = -np.inf
            top = np.argsort(-scores, kind="stable")[:20]
            pairs.append((dataset.catalog.movie_ids[top].tolist(), person.relevant))
        found.append([np.mean([metric(*pair) for pair in pairs]) for metric in (ndcg, recall)])
    by_metric = np.array(found).T.tolist()
    return [
        Measure("order", "EASE", name, tuple(values))
        for name, values in zip(("NDCG@10", "Recall@20"), by_metric, strict=True)
    ]


def targets(history: dict[int, float], catalog: Catalog) -> FloatArray:
    x = np.zeros(len(catalog), np.float32)
    x[catalog.rows(list(history))] = graded(np.array(list(history.values()), np.float32), TARGET_SLOPE)
    return x


def write(text: str) -> None:
    sys.stdout.write(text + "\n")


def tell(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()
    main(arguments.path, tuple(arguments.seeds))
