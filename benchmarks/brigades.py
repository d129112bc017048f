"""Brigades: which attacks are found, which honest crowds are taken for one, and what keeping them out does.

    python -m benchmarks.brigades PATH [--seeds 0 1 ... 19] [--quick]

The crowds are those of `benchmarks.crowds`, mixed into the data set with 30 and with 300 honest people of
the bot. For attacks: in how many worlds the target was flagged, how many of the accounts, and how many honest
people along with them. For honest crowds: in how many worlds anybody was flagged, and how many people. Then
the effect: 200 people who are not in training tell ten famous films, and get a list of ten from a model
trained with the brigade, without those who were flagged, and without any attack. Last, the time it takes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import recsys
from benchmarks.crowds import ASKED, ATTACKS, HONEST, World, aimed, camouflaged, copied, lone
from benchmarks.report import Options, Section, about, arguments, log
from recsys import Ratings, TrainingConfig
from recsys.brigades import Brigade, find_brigades
from recsys.data.dataset import Dataset
from recsys.data.sources.generate import generate

HONEST_PEOPLE = (30, 300)
STRANGERS = 200
LISTED = 10
EFFECT_SEEDS = 3
PUSHING = (aimed, camouflaged, copied, lone)
SIZES = (2_000, 20_000)  # people of the bot, for the time it takes
YEAR = 365 * 86_400

Crowd = Callable[[World], None]  # adds itself to a world


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found in one world: the target?, how many of the attack's `accounts`, and of the honest."""

    found: list[Brigade]
    target: bool
    accounts: int
    caught: int
    honest: int


def outcome(dataset: Dataset, crowd: Crowd | None, honest: int, seed: int) -> Outcome:
    """One world: so many honest people, and `crowd` among them."""
    world = World.of(dataset, honest, seed)
    if crowd is not None:
        crowd(world)
    found = find_brigades(world.ratings, world.suspects)
    flagged = {user_id for each in found for user_id in each.user_ids}
    target = any(world.target in each.movie_ids for each in found)
    caught, honest_caught = (len(flagged & set(each)) for each in (world.brigade, world.honest))
    return Outcome(found, target, len(world.brigade), caught, honest_caught)


def effect(
    dataset: Dataset, attack: Crowd, seed: int, config: TrainingConfig, honest: int = 300
) -> dict[str, int]:
    """How many of 200 strangers have the target in their first ten: with the brigade in training, with those
    who were flagged out, and without any attack."""
    world = World.of(dataset, honest, seed)
    attack(world)
    base = dataset.ratings
    free = np.setdiff1d(base.people(), [*world.taken, *base.user_ids[base.movie_ids == world.target]])
    strangers = np.random.default_rng(seed).permutation(free)[:STRANGERS]
    ratings = world.ratings
    ratings = ratings.take(~np.isin(ratings.user_ids, strangers))
    flagged = [user_id for each in find_brigades(ratings, world.suspects) for user_id in each.user_ids]
    histories = [_famous(base.take(base.user_ids == each), base) for each in strangers.tolist()]
    counted = {}
    for name, left_out in (("in", []), ("out", flagged), ("no attack", world.brigade)):
        model = recsys.fit(ratings.take(~np.isin(ratings.user_ids, left_out)), dataset.catalog, config)
        lists = [model.recommend(model.fold_in(each), LISTED) for each in histories]
        counted[name] = sum(world.target in [one.movie_id for one in listed] for listed in lists)
    return counted


def _famous(own: Ratings, among: Ratings) -> dict[int, float]:
    """The ten films of a person that most people rated, with their stars."""
    popularity = np.bincount(among.movie_ids)
    first = own.take(np.argsort(-popularity[own.movie_ids], kind="stable")[:ASKED])
    return dict(zip(first.movie_ids.tolist(), first.values.tolist(), strict=True))


def main(options: Options) -> Section:
    dataset = recsys.load_dataset(options.path)
    section = Section(f"Brigades: {dataset.name}", options.into)
    section.note("about", about(options))
    columns = [
        "attack",
        "honest people",
        "target flagged",
        "accounts flagged",
        "at least",
        "honest with them",
    ]
    rows = [attacked(dataset, each, n, options.seeds) for n in HONEST_PEOPLE for each in ATTACKS]
    section.rows("attacks", columns, rows)
    columns = ["honest crowd", "honest people", "worlds with a false alarm", "people flagged"]
    rows = [peaceful(dataset, each, n, options.seeds) for n in HONEST_PEOPLE for each in (None, *HONEST)]
    section.rows("honest", columns, rows)
    columns = [f"of {STRANGERS} strangers, by seed", "brigade in", "flagged out", "no attack"]
    section.rows("effect", columns, [moved(dataset, each, options.seeds[:EFFECT_SEEDS]) for each in PUSHING])
    section.rows("time", ["people of the bot", "ratings", "s", "flagged"], [timed(size) for size in SIZES])
    return section


def attacked(dataset: Dataset, attack: Crowd, honest: int, seeds: tuple[int, ...]) -> list[str]:
    log(f"  {attack.__name__}, {honest}")
    of = [outcome(dataset, attack, honest, seed) for seed in seeds]
    caught = [each.caught for each in of]
    return [
        words(attack),
        str(honest),
        f"{sum(each.target for each in of)} of {len(of)}",
        f"{np.mean(caught):.1f} of {of[0].accounts}",
        str(min(caught)),
        f"{np.mean([each.honest for each in of]):.2f}",
    ]


def peaceful(dataset: Dataset, crowd: Crowd | None, honest: int, seeds: tuple[int, ...]) -> list[str]:
    log(f"  {words(crowd)}, {honest}")
    flagged = [outcome(dataset, crowd, honest, seed).honest for seed in seeds]
    return [
        words(crowd),
        str(honest),
        f"{np.count_nonzero(flagged)} of {len(flagged)}",
        f"{np.mean(flagged):.2f}",
    ]


def moved(dataset: Dataset, attack: Crowd, seeds: tuple[int, ...]) -> list[str]:
    log(f"  effect of {attack.__name__}")
    config = TrainingConfig(device="cpu", parts=("ranker",))
    counted = [effect(dataset, attack, seed, config) for seed in seeds]
    return [words(attack), *(", ".join(str(each[name]) for each in counted) for name in counted[0])]


def timed(people: int) -> list[str]:
    """Generated people of the bot, who arrive over a year, beside 1,000 of a data set."""
    made = generate(people + 1_000, 1_682, 100_000 + 40 * people).ratings
    arrived = np.random.default_rng(0).integers(0, YEAR, people + 1_001)[made.user_ids]
    first = np.full(people + 1_001, np.iinfo(np.int64).max)
    np.minimum.at(first, made.user_ids, made.timestamps)
    times = arrived + made.timestamps - first[made.user_ids]
    ratings = Ratings.from_arrays(made.user_ids, made.movie_ids, made.values, times)
    began = time.perf_counter()
    found = find_brigades(ratings, np.arange(1_001, people + 1_001))
    took = time.perf_counter() - began
    return [f"{people:,}", f"{len(ratings):,}", f"{took:.1f}", str(sum(len(each.user_ids) for each in found))]


def words(crowd: Crowd | None) -> str:
    """What a crowd does."""
    return "people as they come" if crowd is None else (crowd.__doc__ or "").strip().rstrip(".")


if __name__ == "__main__":
    sys.stdout.write(main(arguments(__doc__ or "", tuple(range(20)), (0, 1, 2))).markdown())
