"""Fits that stop early, for measurements that need no good model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from recsys import TrainingConfig


def rounds_of(settings: Any) -> str:
    """What a model's settings call its passes over the ratings: sweeps or epochs."""
    return "sweeps" if hasattr(settings, "sweeps") else "epochs"


def shortened(config: TrainingConfig, rounds: int) -> TrainingConfig:
    """The same, with so many passes of the predictor of stars and of the ranker."""
    for name in (config.model, "ranker"):
        settings: Any = getattr(config, name)
        config = replace(config, **{name: replace(settings, **{rounds_of(settings): rounds})})
    return config
