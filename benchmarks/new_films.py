"""Films that nobody has rated: what the map from genres and years makes of them.

    python -m benchmarks.new_films PATH [--seeds 0 1 2] [--quick]

All ratings of one film in twenty, of those with ten or more, are hidden. A model of the rest is then given
these films, by genres and year alone. Stars: the error of the hidden ratings, for people folded in with all
they rated in training. Order: where a hidden film stands among all that a person has not rated, 0 first, for
those who gave it 4 stars or more and for people who never rated it. `--quick` trains quickly.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

import recsys
from benchmarks.report import Options, Section, about, arguments, log
from recsys import Catalog, Film, Ratings, Recommender, TrainingConfig
from recsys.data.dataset import Dataset
from recsys.data.ratings import MAX_STARS, MIN_STARS
from recsys.serving.replies import User

HIDDEN, LEAST = 0.05, 10  # share of the films with so many ratings
PEOPLE = 200  # for whom all films are put in order
LIKED = 4.0
GLOBAL, PERSON, MAPPED = "mean of all ratings", "the person's mean", "Matinee, film added"
TRAINED = "Matinee, film in training without a rating"

Figures = dict[str, dict[str, list[float]]]  # method, figure: a value for each seed


@dataclass(frozen=True, slots=True)
class Split:
    """`added` are the hidden films, `hidden` their ratings by people who rated others, too."""

    catalog: Catalog
    added: list[Film]
    train: Ratings
    hidden: Ratings

    @classmethod
    def of(cls, dataset: Dataset, seed: int) -> Split:
        ratings, catalog = dataset.ratings, dataset.catalog
        counts = np.bincount(catalog.rows(ratings.movie_ids), minlength=len(catalog))
        able = np.random.default_rng(seed).permutation(np.flatnonzero(counts >= LEAST))
        ids = set(catalog.movie_ids[able[: round(HIDDEN * len(able))]].tolist())
        away = np.isin(ratings.movie_ids, list(ids))
        train = ratings.take(np.flatnonzero(~away))
        asked = away & np.isin(ratings.user_ids, train.user_ids)
        rest = Catalog([film for film in catalog if film.movie_id not in ids], catalog.source)
        added = [film for film in catalog if film.movie_id in ids]
        return cls(rest, added, train, ratings.take(np.flatnonzero(asked)))


def main(options: Options) -> Section:
    dataset = recsys.load_dataset(options.path)
    section = Section(f"New films: {dataset.name}", options.into)
    section.note("about", about(options))
    found: Figures = defaultdict(lambda: defaultdict(list))
    for seed in options.seeds:
        log(f"  seed {seed}")
        split = Split.of(dataset, seed)
        chosen = TrainingConfig.quick() if options.quick else TrainingConfig()
        config = replace(chosen, device="cpu", seed=seed, parts=("stars", "ranker"))
        by_means(split, found)
        ours(MAPPED, recsys.fit(split.train, split.catalog, config).extended(split.added), split, seed, found)
        ours(TRAINED, recsys.fit(split.train, dataset.catalog, config), split, seed, found)
        show(found, section)
    return section


def by_means(split: Split, found: Figures) -> None:
    people, users = np.unique(split.train.user_ids, return_inverse=True)
    own = np.bincount(users, split.train.values) / np.bincount(users)
    asked = own[np.searchsorted(people, split.hidden.user_ids)]
    found[GLOBAL]["RMSE"].append(rmse(np.full(len(asked), split.train.values.mean()), split.hidden))
    found[PERSON]["RMSE"].append(rmse(asked, split.hidden))


def ours(name: str, model: Recommender, split: Split, seed: int, found: Figures) -> None:
    people = np.unique(split.hidden.user_ids)
    users = {int(person): folded(model, split.train, int(person)) for person in people}
    stars, deviations = np.empty(len(split.hidden)), np.empty(len(split.hidden))
    for person, user in users.items():
        at = np.flatnonzero(split.hidden.user_ids == person)
        stars[at], deviations[at] = model.predict_for(user, split.hidden.movie_ids[at])
    found[name]["RMSE"].append(rmse(stars, split.hidden))
    found[name]["within one deviation"].append(
        float(np.mean(np.abs(stars - split.hidden.values) <= deviations))
    )
    some = np.random.default_rng(seed).permutation(people)[:PEOPLE].tolist()
    for figure, value in order(model, split, {person: users[person] for person in some}).items():
        found[name][figure].append(value)


def folded(model: Recommender, train: Ratings, person: int) -> User:
    own = train.user_ids == person
    return model.fold_in(dict(zip(train.movie_ids[own].tolist(), train.values[own].tolist(), strict=True)))


def order(model: Recommender, split: Split, users: dict[int, User]) -> dict[str, float]:
    """Mean percentile ranks, and how many of the hidden films are among a person's first ten."""
    ids = {film.movie_id for film in split.added}
    of_lovers, of_others, first = [], [], []
    for person, user in users.items():
        listed = [each.movie_id for each in model.recommend(user, n=len(model.catalog), diversity=0)]
        own = split.hidden.user_ids == person
        rated = dict(
            zip(split.hidden.movie_ids[own].tolist(), split.hidden.values[own].tolist(), strict=True)
        )
        places = {movie: at / len(listed) for at, movie in enumerate(listed) if movie in ids}
        of_lovers += [places[movie] for movie, stars in rated.items() if stars >= LIKED]
        of_others += [place for movie, place in places.items() if movie not in rated]
        first.append(len(ids.intersection(listed[:10])))
    return {
        "rank for lovers": float(np.mean(of_lovers)),
        "rank for others": float(np.mean(of_others)),
        "in a top ten": float(np.mean(first)),
    }


def rmse(stars: np.ndarray[tuple[int], np.dtype[np.floating]], hidden: Ratings) -> float:
    errors = np.clip(stars, MIN_STARS, MAX_STARS) - hidden.values
    return float(np.sqrt(np.mean(np.square(errors))))


def show(found: Figures, section: Section) -> None:
    columns = ["RMSE", "within one deviation", "rank for lovers", "rank for others", "in a top ten"]
    rows = [
        [name, *(f"{np.mean(own[each]):.4f}" if own.get(each) else "" for each in columns)]
        for name, own in found.items()
    ]
    section.rows("figures", ["", *columns], rows)
    gains = np.subtract(found[PERSON]["RMSE"], found[MAPPED]["RMSE"])
    section.note("gain", f"{PERSON} - {MAPPED}, RMSE by seed: {', '.join(f'{gain:+.4f}' for gain in gains)}.")


if __name__ == "__main__":
    sys.stdout.write(main(arguments(__doc__ or "", (0, 1, 2), (0,))).markdown())
