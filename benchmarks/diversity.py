"""What the knob `diversity` costs and gains: NDCG@10 against how different the ten films of a list are.

    python benchmarks/diversity.py PATH [--seeds 0 1 2]

PATH is a data set as `recsys.load_dataset` takes it. The people are those of the protocol for the order.
Distance is the mean of 1 - cosine of genres (by idf) over the pairs of a list; genres are those that a list
touches. Prints a Markdown table; the price is paired with the pure order, ± its standard error over people.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

import recsys
from recsys.data.content import genre_matrix, genre_vectors
from recsys.evaluation.metrics import ndcg
from recsys.evaluation.splits import held_out_people

KNOB = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)
LISTED = 10


def main(path: str, seeds: tuple[int, ...]) -> None:
    dataset = recsys.load_dataset(path)
    catalog, kinds, genres = dataset.catalog, genre_vectors(dataset.catalog), genre_matrix(dataset.catalog)
    pairs = np.triu_indices(LISTED, 1)
    found = []  # a row a person: for each setting NDCG@10, distance, genres
    for seed in seeds:
        train, people = held_out_people(dataset.ratings, catalog, seed)
        config = recsys.TrainingConfig(seed=seed, parts=("ranker",))
        recommender = recsys.fit(train, catalog, config)
        for person in people:
            user = recommender.fold_in(person.history)
            row = []
            for diversity in KNOB:
                listed = recommender.recommend(user, LISTED, diversity=diversity)
                ids = [each.movie_id for each in listed]
                at = catalog.rows(ids)
                distance = 1 - (kinds[at] @ kinds[at].T)[pairs].mean()
                row.append((ndcg(ids, person.relevant), distance, genres[at].any(axis=0).sum()))
            found.append(row)
    values = np.array(found)
    write(f"# Diversity on {dataset.name}, {len(values)} people of seeds {seeds}\n")
    write("| diversity | NDCG@10 | price | distance | genres |\n| --- | --- | --- | --- | --- |")
    for diversity, column in zip(KNOB, values.transpose(1, 0, 2), strict=True):
        price = column[:, 0] - values[:, 0, 0]
        quality, distance, touched = column.mean(axis=0)
        error = price.std() / len(price) ** 0.5
        write(
            f"| {diversity} | {quality:.4f} | {price.mean():+.4f} ± {error:.4f} | {distance:.3f} "
            f"| {touched:.1f} |"
        )


def write(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()
    main(arguments.path, tuple(arguments.seeds))
