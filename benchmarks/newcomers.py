"""Newcomers: the order and the stars after k ratings, with genre answers; ours, and ways to start without us.

    python -m benchmarks.newcomers PATH [--seeds 0 1 2] [--quick]

The people are those of `benchmarks.order`. They answered five genre questions (simulated: three liked, two
disliked, one answer in five flipped) and then rated the k films of their history that most people rated.
Strict: whatever k is, the candidates are all films but their whole history, and relevant is the same. RMSE
is over all their withheld ratings. The peer in order is implicit ALS with 64 factors, graded, plus a ridge
map from genre answers to vectors that fades as exp(-k / 4). The peer in stars is the film's mean and the
person's, shrunk.
"""

from __future__ import annotations

import sys
from collections import defaultdict

import numpy as np

import recsys
from benchmarks.baselines import GenreAnswers, ImplicitALS
from benchmarks.held_out import LISTED, Split, goodness, listed
from benchmarks.report import Options, Section, about, arguments, log
from recsys import Recommender, TrainingConfig
from recsys.arrays import Floats
from recsys.evaluation.order import recommended
from recsys.evaluation.splits import HeldOutPerson
from recsys.serving.replies import User

SHOWN = (0, 3, 5, 10, 20)
FILM_SHRINK, PERSON_SHRINK = 5, 3  # ratings at the mean, added to each film and person
METRIC = "NDCG@10"
OURS, ALONE, PEER, POPULARITY = (
    "Matinee",
    "Matinee, no genre answers",
    "iALS-64 + fading genre prior",
    "popularity",
)
MEANS = "means of film and person"

Found = dict[str, dict[int, list[Floats]]]  # method, k: a value for each person, seed by seed


def main(options: Options) -> Section:
    dataset = recsys.load_dataset(options.path)
    section = Section(f"Newcomers: {dataset.name}", options.into)
    section.note("about", about(options))
    order: Found = defaultdict(lambda: defaultdict(list))
    errors: Found = defaultdict(lambda: defaultdict(list))
    for done, seed in enumerate(options.seeds, start=1):
        split = Split.of(dataset, seed)
        log(f"  {PEER}, seed {seed}")
        peer(split, seed, order)
        log(f"  {OURS}, seed {seed}")
        config = TrainingConfig(device="cpu", seed=seed, parts=("stars", "ranker"))
        ours(recsys.fit(split.train, dataset.catalog, config), split, order, errors)
        means(split, errors)
        section.note("seeds", f"Held-out people of seeds {options.seeds[:done]}:")
        show(order, errors, section)
    return section


def peer(split: Split, seed: int, order: Found) -> None:
    model = ImplicitALS.fit(split, factors=64)
    prior = GenreAnswers.fit(split, model.U, seed)
    for k in SHOWN:
        vectors = [model.fold_in(*split.history(each, k)) + prior.vector(each, k) for each in split.people]
        lists = [
            listed(model.V @ vector, each, split.catalog)
            for vector, each in zip(vectors, split.people, strict=True)
        ]
        order[PEER][k].append(goodness(lists, split.people)[METRIC])
        popular = [listed(split.popularity.astype(np.float32), each, split.catalog) for each in split.people]
        order[POPULARITY][k].append(goodness(popular, split.people)[METRIC])


def ours(model: Recommender, split: Split, order: Found, errors: Found) -> None:
    for k in SHOWN:
        asked = [folded(model, split, each, k, each.answers) for each in split.people]
        alone = [folded(model, split, each, k, {}) for each in split.people]
        for name, users in ((OURS, asked), (ALONE, alone)):
            lists = [recommended(model, *pair, LISTED) for pair in zip(users, split.people, strict=True)]
            order[name][k].append(goodness(lists, split.people)[METRIC])
            apart = [
                model.predict_for(user, list(each.withheld))[0] - list(each.withheld.values())
                for user, each in zip(users, split.people, strict=True)
            ]
            errors[name][k].append(np.concatenate(apart))


def folded(model: Recommender, split: Split, person: HeldOutPerson, k: int, answers: dict[str, int]) -> User:
    rows, values = split.history(person, k)
    shown = dict(zip(split.catalog.movie_ids[rows].tolist(), values.tolist(), strict=True))
    return model.fold_in(shown, answers)


def means(split: Split, errors: Found) -> None:
    overall, n_films = split.train.values.mean(), len(split.catalog)
    surplus = np.bincount(split.movies, split.train.values - overall, n_films)
    films = overall + surplus / (split.popularity + FILM_SHRINK)
    for k in SHOWN:
        apart = []
        for person in split.people:
            rows, values = split.history(person, k)
            own = (values - films[rows]).sum() / (len(rows) + PERSON_SHRINK)
            asked = films[split.catalog.rows(list(person.withheld))]
            apart.append(asked + own - list(person.withheld.values()))
        errors[MEANS][k].append(np.concatenate(apart))


def show(order: Found, errors: Found, section: Section) -> None:
    columns = [f"k = {k}" for k in SHOWN]
    rows = [[name, *(f"{mean(own[k]):.4f}" for k in SHOWN)] for name, own in order.items()]
    rows.append([f"{OURS} - {PEER}", *(difference(order[OURS][k], order[PEER][k]) for k in SHOWN)])
    rows.append(["in per cent", *(f"{mean(order[OURS][k]) / mean(order[PEER][k]) - 1:+.1%}" for k in SHOWN)])
    section.rows("order", [METRIC, *columns], rows)
    rows = [[name, *(f"{rmse(own[k]):.4f}" for k in SHOWN)] for name, own in errors.items()]
    section.rows("stars", ["RMSE, stars", *columns], rows)


def mean(of_seeds: list[Floats]) -> float:
    """Of the seeds' means."""
    return float(np.mean([each.mean() for each in of_seeds]))


def difference(ours: list[Floats], theirs: list[Floats]) -> str:
    pooled = np.concatenate([one - other for one, other in zip(ours, theirs, strict=True)])
    return f"{mean(ours) - mean(theirs):+.4f} ± {pooled.std(ddof=1) / len(pooled) ** 0.5:.4f}"


def rmse(of_seeds: list[Floats]) -> float:
    """Mean over the seeds."""
    return float(np.mean([np.sqrt(np.mean(each**2)) for each in of_seeds]))


if __name__ == "__main__":
    sys.stdout.write(main(arguments(__doc__ or "", (0, 1, 2), (0,))).markdown())
