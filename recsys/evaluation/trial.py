"""One data set under one seed: what protocols share, made when the first of them asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recsys.arrays import Ints
from recsys.config import TrainingConfig
from recsys.data.dataset import Dataset
from recsys.evaluation.splits import HeldOutPerson, held_out_people
from recsys.recommender import Recommender
from recsys.training import fit

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Strangers:
    """People who were held out whole, and a recommender with a ranker that never saw them.

    `popular` are all movie ids, the most rated in training first.
    """

    recommender: Recommender
    people: list[HeldOutPerson]
    popular: Ints


@dataclass(frozen=True)
class Trial:
    """`config` carries the seed; `say` hears of each fit before it starts.

    `parts` are what the recommender of strangers is fitted with.
    """

    dataset: Dataset
    config: TrainingConfig
    say: Say
    parts: tuple[str, ...] = ("ranker",)

    @cached_property
    def strangers(self) -> Strangers:
        """Raises InvalidData with too few people to hold some out."""
        self.say(f"held-out people, seed {self.config.seed}")
        catalog = self.dataset.catalog
        train, people = held_out_people(self.dataset.ratings, catalog, self.config.seed)
        recommender = fit(train, catalog, replace(self.config, parts=self.parts))
        popular = catalog.movie_ids[np.argsort(-recommender.popularity, kind="stable")]
        return Strangers(recommender, people, popular)
