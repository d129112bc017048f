"""People who were not in training, the lists that methods make for them, and how good these are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from recsys import Catalog
from recsys.arrays import Floats, Ints
from recsys.data.dataset import Dataset
from recsys.data.ratings import Ratings
from recsys.evaluation.metrics import ndcg, recall
from recsys.evaluation.splits import HeldOutPerson, held_out_people

LISTED = 100  # films of a list: enough for NDCG@100
METRICS: dict[str, Callable[[list[int], frozenset[int]], float]] = {
    "NDCG@10": lambda listed, relevant: ndcg(listed, relevant, 10),
    "NDCG@100": lambda listed, relevant: ndcg(listed, relevant, 100),
    "Recall@20": lambda listed, relevant: recall(listed, relevant, 20),
}


@dataclass(frozen=True, slots=True)
class Split:
    """One seed's training part by row number, and its held-out people.

    `users` are rows of the people in training, `movies` of the catalog; arrays of shape (n,), in any order.
    """

    catalog: Catalog
    train: Ratings
    people: list[HeldOutPerson]
    users: Ints
    movies: Ints
    n_users: int

    @classmethod
    def of(cls, dataset: Dataset, seed: int) -> Split:
        """As recsys.evaluation.splits parts it."""
        return cls.parted(dataset.ratings, dataset.catalog, seed)

    @classmethod
    def parted(cls, ratings: Ratings, catalog: Catalog, seed: int) -> Split:
        train, people = held_out_people(ratings, catalog, seed)
        user_ids, users = np.unique(train.user_ids, return_inverse=True)
        return cls(catalog, train, people, users, catalog.rows(train.movie_ids), len(user_ids))

    @property
    def popularity(self) -> Ints:
        """Ratings of each film in training; shape (n_films,)."""
        counts: Ints = np.bincount(self.movies, minlength=len(self.catalog))
        return counts

    def history(self, person: HeldOutPerson, k: int | None = None) -> tuple[Ints, Floats]:
        """Rows and stars of what a person shows: all, or the `k` films of it that most people rated."""
        rows = self.catalog.rows(list(person.history))
        values = np.array(list(person.history.values()), np.float32)
        order = np.lexsort((rows, -self.popularity[rows]))[:k]
        return rows[order], values[order]


def listed(scores: Floats, person: HeldOutPerson, catalog: Catalog) -> list[int]:
    """Movie ids of the best films but those of the whole history, best first."""
    own = scores.astype(np.float64)
    own[catalog.rows(list(person.history))] = -np.inf
    best = np.argpartition(-own, min(LISTED, len(own) - 1))[:LISTED]
    best = best[np.lexsort((best, -own[best]))]
    ids: list[int] = catalog.movie_ids[best].tolist()
    return ids


def goodness(lists: Iterable[list[int]], people: list[HeldOutPerson]) -> dict[str, Floats]:
    """Each metric for each person; arrays of shape (n_people,)."""
    pairs = list(zip(lists, people, strict=True))
    return {
        name: np.array([metric(own, person.relevant) for own, person in pairs])
        for name, metric in METRICS.items()
    }
