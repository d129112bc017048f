"""How good the recommender is, measured on what is served, through the public API.

A protocol is a function from a trial to its scores, in a file of its own; it is known under a name here.
Each is repeated over several seeds, over the full catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from recsys.config import TrainingConfig
from recsys.data.dataset import Dataset
from recsys.errors import InvalidData
from recsys.evaluation.chapter import chapter
from recsys.evaluation.groups import groups
from recsys.evaluation.order import newcomers, order
from recsys.evaluation.results import Evaluation, Key, Measure, Scores
from recsys.evaluation.stars import stars
from recsys.evaluation.trial import Say, Trial

PROTOCOLS: dict[str, Callable[[Trial], Scores]] = {
    "stars": stars,
    "order": order,
    "newcomers": newcomers,
    "chapter": chapter,
    "groups": groups,
}
_USUAL = ("stars", "order", "newcomers")
_DEFAULTS = TrainingConfig()


def evaluate(
    dataset: Dataset,
    seeds: Sequence[int] = (0, 1, 2),
    *,
    config: TrainingConfig = _DEFAULTS,
    protocols: Sequence[str] = _USUAL,
    progress: Say | None = None,
) -> Evaluation:
    """Fit and measure under each protocol and seed; `progress` hears of each fit before it starts.

    Raises InvalidData for an unknown protocol, or too few people to hold some out.
    """
    if unknown := sorted(set(protocols) - set(PROTOCOLS)):
        raise InvalidData(f"no protocol {unknown[0]!r}: there are {', '.join(PROTOCOLS)}")
    found: dict[Key, list[float]] = {}
    parts = ("stars", "ranker") if "newcomers" in protocols else ("ranker",)
    for seed in seeds:
        trial = Trial(dataset, replace(config, seed=seed), progress or (lambda _: None), parts)
        for name in dict.fromkeys(protocols):  # each once
            for key, value in PROTOCOLS[name](trial).items():
                found.setdefault(key, []).append(value)
    measures = tuple(Measure(*key, tuple(values)) for key, values in found.items())
    return Evaluation(dataset.name, tuple(seeds), measures)
