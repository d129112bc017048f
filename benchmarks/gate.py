"""Whom the gate lets through: honest candidates, and such as were made worse on purpose.

    python -m benchmarks.gate PATH [--seeds 0 1 ...] [--margin 0.02]

PATH is a data set as `recsys.load_dataset` takes it. Under each seed models are fitted by quick settings and
judged against a live one of another seed, on the permanent holdout; and again with ten people of it, drawn
three times, as a small bot would have. Every other seed also brings the worsened ones, to be refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Section, about, arguments, log
from recsys import Catalog, Dataset, Ratings, Recommender, TrainingConfig, fit, load_dataset
from recsys.arrays import Floats
from recsys.evaluation import Verdict, judge
from recsys.evaluation.holdout import Holdout, split
from recsys.serving.parts import Parts
from recsys.serving.ranker import Ranker

PEOPLE, TIMES = 10, 3  # of a small bot, and how often they are drawn
MEASURES = ("rmse", "ndcg@10", "coverage")
Make = Callable[[], Recommender]


@dataclass(frozen=True, slots=True)
class World:
    """What the models of one seed are made from."""

    dataset: Dataset
    holdout: Holdout
    seed: int

    def fitted(self, ratings: Ratings, catalog: Catalog | None = None, *, seed: int = 0) -> Recommender:
        config = replace(TrainingConfig.quick(), seed=2 * self.seed + seed)
        return fit(ratings, catalog or self.dataset.catalog, config)

    def some(self, share: float) -> Ratings:
        """So many of the ratings in training, at random."""
        train = self.holdout.train
        kept = np.random.default_rng(self.seed).random(len(train)) < share
        return train.take(kept)


@dataclass(slots=True)
class Row:
    """All verdicts on one kind of candidate."""

    whole: list[Verdict] = field(default_factory=list)
    small: list[Verdict] = field(default_factory=list)


def main(path: str, seeds: tuple[int, ...], margin: float, section: Section) -> None:
    dataset = load_dataset(path)
    holdout = split(dataset.ratings)
    rows: dict[str, Row] = {}
    for at, seed in enumerate(seeds):
        world = World(dataset, holdout, seed)
        live = world.fitted(holdout.train)
        makers = [*honest(world)]
        if at % 2 == 0:
            makers += worsened(world, live)
        for name, make, older in makers:
            log(f"seed {seed}: {name}")
            candidate, against = make(), live if older is None else older()
            row = rows.setdefault(name, Row())
            row.whole.append(verdict(candidate, against, holdout, dataset, margin))
            for draw in range(TIMES):
                few = cut(holdout, np.random.default_rng([seed, draw]))
                row.small.append(verdict(candidate, against, few, dataset, margin))
        columns = ["candidate", "promoted", f"by {PEOPLE} people", *MEASURES, "fails"]
        section.rows("verdicts", columns, [cells(name, row) for name, row in rows.items()])
    seen = next(iter(rows.values())).whole[0]
    section.note(
        "of",
        f"Margin {margin}; {seen.people} people, {seen.ratings} ratings. Differences are means in per "
        "cent of the live figure, above 0 where the candidate is better.",
    )


def verdict(
    candidate: Recommender, live: Recommender, holdout: Holdout, dataset: Dataset, margin: float
) -> Verdict:
    return judge(candidate, live, holdout, movie_ids=dataset.catalog.movie_ids, margin=margin)


def cut(holdout: Holdout, rng: np.random.Generator) -> Holdout:
    """The same holdout with PEOPLE people in all."""
    everybody = np.concatenate([holdout.people.people(), holdout.ratings.people()])
    some = rng.choice(everybody, PEOPLE, replace=False)
    return replace(
        holdout,
        people=holdout.people.take(np.isin(holdout.people.user_ids, some)),
        ratings=holdout.ratings.take(np.isin(holdout.ratings.user_ids, some)),
    )


def honest(world: World) -> Iterator[tuple[str, Make, Make | None]]:
    """A name, how it is made, and the live model if it is one of its own."""
    train = world.holdout.train
    refit = cache(partial(world.fitted, train, seed=1))
    yield "another seed", refit, None
    yield "5 % more ratings, another seed", refit, partial(world.fitted, world.some(0.95))


def worsened(world: World, live: Recommender) -> Iterator[tuple[str, Make, None]]:
    """The same, all against the usual live model."""
    train, rng = world.holdout.train, np.random.default_rng(world.seed)
    yield "a fifth of the stars shuffled", lambda: world.fitted(shuffled(train, 0.2, rng), seed=1), None
    yield "a half of the ratings", lambda: world.fitted(world.some(0.5), seed=1), None
    yield "a tenth of the ratings", lambda: world.fitted(world.some(0.1), seed=1), None
    yield "noise half as large as film factors", lambda: noisy(live, 0.5, rng), None
    yield "noise as large as film factors", lambda: noisy(live, 1.0, rng), None
    yield "order reversed, stars as they are", lambda: ordered(live, np.negative), None
    yield "by popularity, stars as they are", lambda: ordered(live, lambda _: live.popularity.copy()), None
    yield "stars of other films, order as it is", lambda: of_other_films(live, rng), None
    yield "one number that is none", lambda: with_nan(live), None
    yield "a film missing", lambda: without_a_film(world), None


def shuffled(train: Ratings, share: float, rng: np.random.Generator) -> Ratings:
    at = np.flatnonzero(rng.random(len(train)) < share)
    values = train.values.copy()
    values[at] = values[rng.permutation(at)]
    return Ratings.from_arrays(train.user_ids, train.movie_ids, values)


def rebuilt(model: Recommender, **arrays: Any) -> Recommender:
    """The same model with some of its arrays, named as in an artifact (dots as two underscores), replaced."""
    given = model.arrays() | {name.replace("__", "."): array for name, array in arrays.items()}
    catalog = model.catalog
    parts = Parts.from_arrays(given, model.config, n_films=len(catalog), n_genres=len(catalog.genres))
    return Recommender(catalog, parts, model.config)


def noisy(model: Recommender, times: float, rng: np.random.Generator) -> Recommender:
    def noised(name: str) -> Floats:
        array = model.arrays()[name]
        return np.asarray(array + times * array.std() * rng.standard_normal(array.shape), np.float32)

    return rebuilt(
        model,
        ranker__film_factors=noised("ranker.film_factors"),
        stars__movie_factors=noised("stars.movie_factors"),
        stars__movie_bias=noised("stars.movie_bias"),
    )


def of_other_films(model: Recommender, rng: np.random.Generator) -> Recommender:
    """Biases and factors of the stars go to other films, together."""
    other = rng.permutation(len(model.catalog))
    names = ("stars.movie_factors", "stars.movie_bias")
    return rebuilt(model, **{name.replace(".", "__"): model.arrays()[name][other] for name in names})


def with_nan(model: Recommender) -> Recommender:
    factors = model.arrays()["ranker.film_factors"].copy()
    factors[-1, -1] = np.nan
    return rebuilt(model, ranker__film_factors=factors)


def without_a_film(world: World) -> Recommender:
    missing = world.dataset.catalog.movie_ids[0]
    films = [film for film in world.dataset.catalog if film.movie_id != missing]
    train = world.holdout.train
    kept = train.take(train.movie_ids != missing)
    return world.fitted(kept, Catalog(films, world.dataset.catalog.source), seed=1)


def ordered(model: Recommender, order: Callable[[Floats], Floats]) -> Recommender:
    """The same model, whose scores of all films are what `order` makes of them."""

    class Ordered(Ranker):
        def scores(self, vector: Floats) -> Floats:
            return order(Ranker.scores(self, vector))

    catalog = model.catalog
    parts = Parts.from_arrays(
        model.arrays(), model.config, n_films=len(catalog), n_genres=len(catalog.genres)
    )
    ranker = parts.ranker
    if ranker is None:
        raise ValueError("a model without an order cannot have it changed")
    changed = Ordered(*(getattr(ranker, each.name) for each in fields(ranker)))
    return Recommender(catalog, replace(parts, ranker=changed), model.config)


def cells(name: str, row: Row) -> list[str]:
    promoted = (
        f"{sum(each.passed for each in verdicts)} of {len(verdicts)}" for verdicts in (row.whole, row.small)
    )
    differences = (in_per_cent(row.whole, measure) for measure in MEASURES)
    reasons = sorted({reason for each in row.whole for reason in each.reasons})
    return [name, *promoted, *differences, ", ".join(reasons)]


def in_per_cent(verdicts: list[Verdict], name: str) -> str:
    """The mean difference, over the live figure; nothing where it was not measured."""
    found = [
        check.difference / check.live
        for verdict in verdicts
        for check in verdict.checks
        if check.name == name and check.difference is not None and check.live
    ]
    return f"{100 * float(np.mean(found)):+.1f}" if found else ""


if __name__ == "__main__":
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--margin", type=float, default=0.02, help="what may be lost, as a share")
    options = arguments(__doc__ or "", tuple(range(8)), (0, 1), own)
    section = Section(f"Gate: {Path(options.path).name}", options.into)
    section.note("about", about(options))
    main(options.path, options.seeds, options.extra["margin"], section)
    sys.stdout.write(section.markdown())
