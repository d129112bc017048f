"""Settings: what they refuse, and the way through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recsys.config import DotBiasConfig, DotConfig, NetworkConfig, RankerConfig, TrainingConfig
from recsys.errors import InvalidData, UnknownModel


def test_json_there_and_back() -> None:
    config = TrainingConfig(
        device="cuda:1",
        seed=7,
        parts=("stars",),
        dot=DotConfig(decay="decoupled"),
        dot_bias=DotBiasConfig(epochs=3),
        nn=NetworkConfig(layers=(20,), batch_norm=False),
        ranker=RankerConfig(sweeps=2),
    )
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert TrainingConfig.from_dict({}) == TrainingConfig()


def test_unknown_models_and_parts_are_told_what_exists() -> None:
    with pytest.raises(UnknownModel, match=r"'magic'.*pmf, dot_bias"):
        TrainingConfig(model="magic")
    with pytest.raises(UnknownModel, match=r"'group'.*stars, ranker, similar"):
        TrainingConfig(parts=("stars", "group"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"parts": ()},
        {"parts": ("stars", "stars")},
        {"device": "tpu"},
        {"seed": -1},
        {"seed": 0.5},
        {"colour": "red"},
        {"dot_bias": {"colour": "red"}},
        {"dot_bias": 3},
        {"dot_bias": {"epochs": 0}},
        {"dot_bias": {"factors": 2.5}},
        {"dot_bias": {"batch_size": 0}},
        {"dot_bias": {"learning_rate": 0.0}},
        {"dot_bias": {"weight_decay": float("nan")}},
        {"dot_bias": {"valid_share": 1.0}},
        {"dot_bias": {"decay": "none"}},
        {"dot": {"tables": "chairs"}},
        {"dot": {"offset": True}},
        {"nn": {"layers": ()}},
        {"nn": {"layers": (100, 0)}},
        {"nn": {"batch_size": 0}},
        {"pmf": {"draws": 0}},
        {"pmf": {"burn_in": 1.0}},
        {"pmf": {"implicit": -1}},
        {"pmf": {"noise_shape": 0}},
        {"ranker": {"unseen_weight": -0.1}},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidData):
        TrainingConfig.from_dict(wrong)
