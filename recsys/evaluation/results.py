"""What an evaluation found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Key = tuple[str, str, str]  # protocol, method, metric
Scores = dict[Key, float]  # of one seed


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
class Evaluation:
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
