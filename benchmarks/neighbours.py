"""More like this: our cosine beside genres alone and factors alone.

    python -m benchmarks.neighbours PATH [--pairs FILE.csv]

FILE.csv holds pairs that people have judged, as `movie_id_a,movie_id_b,label` with 1 for "fits" and 0 for
"does not"; the figure is the area under the ROC curve (the chance that a fitting pair gets more than one
that does not). Without it only proxies are measured, which need no judges and replace none: whether the ten
nearest hold another part of a film's own series, recognised by its title; and how many of the ten nearest
were liked by the same held-out people who liked the film.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import recsys
from benchmarks.baselines import ImplicitALS
from benchmarks.held_out import Split
from benchmarks.report import Options, Section, about, arguments, log
from recsys import Catalog, Recommender, TrainingConfig
from recsys.arrays import Floats
from recsys.data.content import genre_matrix, genre_vectors, unit_rows
from recsys.errors import InvalidData
from recsys.titles import normalise

NEAREST = 10
KNOWN = 20  # ratings of a film that a proxy asks about
LIKED = 4.0  # stars
_PART = re.compile(r"(?: \d{1,2}| part .*| chapter .*| episode .*)+$")

Cosines = Callable[[int], Floats]  # of a film (row) with all films, shape (n_films,)
Nearest = Callable[[int], list[int]]  # the rows of the NEAREST films, best first


@dataclass(frozen=True, slots=True)
class Pairs:
    """Judged pairs by row; `labels` are true where the second film fits the first."""

    first: list[int]
    second: list[int]
    labels: Floats


def main(options: Options) -> Section:
    dataset = recsys.load_dataset(options.path)
    section = Section(f"Neighbours: {dataset.name}", options.into)
    section.note("about", about(options))
    seed = options.seeds[0]
    split = Split.of(dataset, seed)
    log("  fitting")
    config = TrainingConfig(device="cpu", seed=seed, parts=("ranker", "similar"))
    methods = methods_of(recsys.fit(split.train, dataset.catalog, config), split)
    pairs_file = options.extra.get("pairs")
    if pairs_file is None:
        section.note("judged", "Judged pairs: not run: no file of judged pairs (`--pairs`).")
    else:
        pairs = read_pairs(Path(pairs_file), dataset.catalog)
        rows = [[name, f"{auc_of(cosines, pairs):.3f}"] for name, (cosines, _) in methods.items()]
        section.note("judged", f"{len(pairs.first)} pairs judged by people:")
        section.rows("auc", ["method", "AUC"], rows)
    log("  proxies")
    series = series_of(split)
    likes = likes_of(split)
    rows = []
    for name, (_, near) in methods.items():
        nearest = {row: near(row) for row in {*series, *(row for row, _ in likes)}}
        found = [bool(set(nearest[row]) & others) for row, others in series.items()]
        shared = [len(set(nearest[row]) & liked) / NEAREST for row, liked in likes]
        popularity = np.mean([split.popularity[own].mean() for own in nearest.values()])
        rows.append([name, f"{np.mean(found):.1%}", f"{np.mean(shared):.2%}", f"{popularity:.0f}"])
    section.note(
        "proxy",
        f"Proxies, which no human judged: {len(series)} films of a series, {len(likes)} likes of held-out "
        f"people (seed {seed}), films with {KNOWN} ratings or more.",
    )
    columns = [
        "method",
        "own series among the ten nearest",
        "of them liked too",
        "ratings of the nearest, mean",
    ]
    section.rows("proxies", columns, rows)
    return section


def methods_of(model: Recommender, split: Split) -> dict[str, tuple[Cosines, Nearest]]:
    idf = genre_vectors(split.catalog)
    genres = genre_matrix(split.catalog).astype(np.float32)
    factors = unit_rows(ImplicitALS.fit(split, factors=64).V)
    counts = genres.sum(axis=1)

    def ours(row: int) -> Floats:
        found: Floats = np.zeros(len(split.catalog), np.float32)
        near = model.similar([int(split.catalog.movie_ids[row])], n=len(split.catalog))
        rows = split.catalog.rows([each.movie_id for each in near])
        found[rows] = [each.similarity for each in near]
        return found

    def jaccard(row: int) -> Floats:
        shared = genres @ genres[row]
        either: Floats = shared / np.maximum(counts + counts[row] - shared, 1)
        return either

    def nearest(row: int) -> list[int]:
        near = model.similar([int(split.catalog.movie_ids[row])], n=NEAREST)
        rows: list[int] = split.catalog.rows([each.movie_id for each in near]).tolist()
        return rows

    others: dict[str, Cosines] = {
        "genres, Jaccard": jaccard,
        "genres, idf cosine": lambda row: idf @ idf[row],
        "iALS-64, cosine": lambda row: factors @ factors[row],
    }
    found: dict[str, tuple[Cosines, Nearest]] = {"Matinee": (ours, nearest)}
    for name, cosines in others.items():
        found[name] = (cosines, partial(best, cosines))
    return found


def best(cosines: Cosines, row: int) -> list[int]:
    """The nearest films but itself; of equal ones those that come first in the catalog."""
    order = np.argsort(-cosines(row), kind="stable")[: NEAREST + 1]
    return [each for each in order.tolist() if each != row][:NEAREST]


def auc_of(cosines: Cosines, pairs: Pairs) -> float:
    of_film: dict[int, Floats] = {row: cosines(row) for row in set(pairs.first)}
    return auc(
        np.array([of_film[a][b] for a, b in zip(pairs.first, pairs.second, strict=True)]), pairs.labels
    )


def auc(scores: Floats, labels: Floats) -> float:
    """The chance that a true one scores above a false one, ties counting half."""
    ranks = np.unique(scores, return_inverse=True)[1]
    middle = np.cumsum(np.bincount(ranks)) - (np.bincount(ranks) - 1) / 2
    true = labels > 0
    n_true, n_false = np.count_nonzero(true), np.count_nonzero(~true)
    if not n_true or not n_false:
        raise InvalidData("judged pairs need some that fit and some that do not")
    return float((middle[ranks][true].sum() - n_true * (n_true + 1) / 2) / (n_true * n_false))


def read_pairs(path: Path, catalog: Catalog) -> Pairs:
    """Raises InvalidData for a line that is none, UnknownMovie for a film that the catalog lacks."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    try:
        columns = [[int(line[name]) for line in lines] for name in ("movie_id_a", "movie_id_b", "label")]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidData(
            f"{path}: expected movie_id_a,movie_id_b,label, all whole numbers ({error})"
        ) from error
    first, second = (catalog.rows(column).tolist() for column in columns[:2])
    return Pairs(first, second, np.array(columns[2], np.float32))


def series_of(split: Split) -> dict[int, set[int]]:
    """Of each known film of a series, the other known ones: their titles differ in which part it is."""
    by_name: dict[str, set[int]] = defaultdict(set)
    known = split.popularity >= KNOWN
    for row, film in enumerate(split.catalog):
        name = _PART.sub("", normalise(film.title.split(":")[0]))
        if known[row] and len(name) >= 4:
            by_name[name].add(row)
    return {row: others - {row} for others in by_name.values() if len(others) > 1 for row in others}


def likes_of(split: Split) -> list[tuple[int, set[int]]]:
    """Known films that a held-out person liked, each with all that this person liked besides."""
    known, found = split.popularity >= KNOWN, []
    for person in split.people:
        stars = {**person.history, **person.withheld}
        liked = set(split.catalog.rows([film for film, given in stars.items() if given >= LIKED]).tolist())
        found += [(row, liked - {row}) for row in sorted(liked) if known[row]]
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--pairs", help="CSV of judged pairs: movie_id_a,movie_id_b,label")
    sys.stdout.write(main(arguments(__doc__ or "", (0,), (0,), parser)).markdown())
