"""How good the recommender is, measured on what is served, through the public API.

Three protocols, each over several seeds, beside popularity on the same people, over the full catalog:
stars of a random fifth of the ratings; the order for people who were not in training; the same for newcomers
of whom only genre answers and a few ratings are known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recsys.config import TrainingConfig
from recsys.data.datasets import Dataset
from recsys.errors import InvalidData
from recsys.evaluation.holdout import Holdout, falls
from recsys.evaluation.metrics import mean_squared_error, ndcg, recall
from recsys.evaluation.splits import RELEVANT, Person, held_out_people, random_fifth
from recsys.ratings import Ratings
from recsys.recommender import Recommender, User
from recsys.training import fit

__all__ = ["PROTOCOLS", "Measure", "Report", "evaluate", "measure_holdout"]

PROTOCOLS = ("stars", "order", "newcomers")
NEWCOMER_RATINGS = (0, 3, 5, 10, 20)
LISTED = 20  # films asked for: enough for Recall@20
DEFAULTS = TrainingConfig()

Key = tuple[str, str, str]  # protocol, method, metric
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number per seed: `metric` of `method` under `protocol`."""

    protocol: str
    method: str
    metric: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.values))

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds."""
        return float(np.std(self.values))


@dataclass(frozen=True, slots=True)
class Report:
    """All measures of one data set."""

    dataset: str
    seeds: tuple[int, ...]
    measures: tuple[Measure, ...]

    def measure(self, protocol: str, method: str, metric: str) -> Measure:
        """One measure by its names. Raises KeyError."""
        for each in self.measures:
            if (each.protocol, each.method, each.metric) == (protocol, method, metric):
                return each
        raise KeyError(f"{protocol}, {method}, {metric}")


def evaluate(
    dataset: Dataset,
    seeds: Sequence[int] = (0, 1, 2),
    *,
    config: TrainingConfig = DEFAULTS,
    protocols: Sequence[str] = PROTOCOLS,
    progress: Say | None = None,
) -> Report:
    """Fit and measure under each protocol and seed; `progress` hears of each fit before it starts.

    Raises InvalidData for an unknown protocol, or too few people to hold some out.
    """
    if unknown := sorted(set(protocols) - set(PROTOCOLS)):
        raise InvalidData(f"no protocol {unknown[0]!r}: there are {', '.join(PROTOCOLS)}")
    say = progress or (lambda _: None)
    found: dict[Key, list[float]] = {}
    for seed in seeds:
        for key, value in _measure(dataset, replace(config, seed=seed), protocols, say).items():
            found.setdefault(key, []).append(value)
    measures = tuple(Measure(*key, tuple(values)) for key, values in found.items())
    return Report(dataset.name, tuple(seeds), measures)


def measure_holdout(recommender: Recommender, holdout: Holdout) -> dict[str, float]:
    """What the permanent holdout says: "rmse" in stars on its ratings, "ndcg@10", "recall@20" on its people.

    Of each person one rating in five, by hash, is to be found; the others are their history. A measure for
    which the holdout has nothing is left out. Models of one data set compare by these.
    """
    metrics: dict[str, float] = {}
    known = holdout.ratings.take(np.isin(holdout.ratings.user_ids, recommender.user_ids))
    if len(known):
        predicted = recommender.predict(known.user_ids, known.movie_ids)
        metrics["rmse"] = mean_squared_error(predicted, known.values) ** 0.5
    people = [
        _by_hash(holdout.people.take(holdout.people.user_ids == user)) for user in holdout.people.people()
    ]
    people = [person for person in people if person.relevant]
    if people:
        lists = [_recommended(recommender, recommender.fold_in(each.history), each) for each in people]
        metrics |= {metric.lower(): value for metric, value in _order_metrics(lists, people).items()}
    return metrics


def _measure(
    dataset: Dataset, config: TrainingConfig, protocols: Sequence[str], say: Say
) -> dict[Key, float]:
    scores: dict[Key, float] = {}
    if "stars" in protocols:
        say(f"stars, seed {config.seed}")
        scores |= _stars(dataset, config)
    if "order" in protocols or "newcomers" in protocols:
        say(f"held-out people, seed {config.seed}")
        train, people = held_out_people(dataset.ratings, dataset.catalog, config.seed)
        recommender = fit(train, dataset.catalog, replace(config, parts=("ranker",)))
        popular = dataset.catalog.movie_ids[np.argsort(-recommender.popularity, kind="stable")]
        if "order" in protocols:
            scores |= _order(recommender, people, popular)
        if "newcomers" in protocols:
            scores |= _newcomers(recommender, people, popular)
    return scores


def _stars(dataset: Dataset, config: TrainingConfig) -> dict[Key, float]:
    """MSE and RMSE, predictions clipped to the stars that people give; strangers are folded in."""
    train, test = random_fifth(dataset.ratings, config.seed)
    recommender = fit(train, dataset.catalog, replace(config, parts=("stars",)))
    known = np.isin(test.user_ids, recommender.user_ids)
    predicted = np.empty(len(test), np.float32)
    predicted[known] = recommender.predict(test.user_ids[known], test.movie_ids[known])
    predicted[~known] = recommender.predict_for(recommender.fold_in(), test.movie_ids[~known])[0]
    mse = mean_squared_error(predicted.clip(train.values.min(), train.values.max()), test.values)
    return {("stars", config.model, "MSE"): mse, ("stars", config.model, "RMSE"): mse**0.5}


def _order(
    recommender: Recommender, people: list[Person], popular: npt.NDArray[np.int64]
) -> dict[Key, float]:
    ours = [_recommended(recommender, recommender.fold_in(each.history), each) for each in people]
    theirs = [_popular(popular, each) for each in people]
    scores: dict[Key, float] = {}
    for method, lists in (("recommender", ours), ("popularity", theirs)):
        scores |= {("order", method, name): value for name, value in _order_metrics(lists, people).items()}
    return scores


def _newcomers(
    recommender: Recommender, people: list[Person], popular: npt.NDArray[np.int64]
) -> dict[Key, float]:
    """Strict: the candidates are the same however much is revealed, what most people rated first."""
    scores: dict[Key, float] = {}
    rank = {movie_id: at for at, movie_id in enumerate(popular.tolist())}
    theirs = _order_metrics([_popular(popular, each) for each in people], people)
    for k in NEWCOMER_RATINGS:
        protocol = f"newcomers, {k} ratings"
        scores[protocol, "popularity", "NDCG@10"] = theirs["NDCG@10"]
        for method, asked in (("without genres", False), ("recommender", True)):
            lists = []
            for person in people:
                revealed = sorted(person.history, key=rank.__getitem__)[:k]
                ratings = {movie_id: person.history[movie_id] for movie_id in revealed}
                user = recommender.fold_in(ratings, person.answers if asked else None)
                lists.append(_recommended(recommender, user, person))
            scores[protocol, method, "NDCG@10"] = _order_metrics(lists, people)["NDCG@10"]
    return scores


def _recommended(recommender: Recommender, user: User, person: Person) -> list[int]:
    return [each.movie_id for each in recommender.recommend(user, n=LISTED, exclude=person.history)]


def _popular(popular: npt.NDArray[np.int64], person: Person) -> list[int]:
    return [movie_id for movie_id in popular.tolist() if movie_id not in person.history][:LISTED]


def _order_metrics(lists: list[list[int]], people: list[Person]) -> dict[str, float]:
    pairs = [(listed, person.relevant) for listed, person in zip(lists, people, strict=True)]
    return {
        "NDCG@10": float(np.mean([ndcg(*pair) for pair in pairs])),
        "Recall@20": float(np.mean([recall(*pair) for pair in pairs])),
    }


def _by_hash(own: Ratings) -> Person:
    withheld = np.array(
        [
            falls(f"withheld {user} {movie}", 5)
            for user, movie in zip(own.user_ids, own.movie_ids, strict=True)
        ]
    )
    shown, rest = own.take(~withheld), own.take(withheld)
    history = dict(zip(shown.movie_ids.tolist(), shown.values.tolist(), strict=True))
    return Person(history, {}, frozenset(rest.movie_ids[rest.values >= RELEVANT].tolist()))
