"""How to train: frozen settings, stored in the artifact they led to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from recsys.errors import InvalidData, UnknownModel

__all__ = ["MODELS", "PARTS", "DotBiasConfig", "RankerConfig", "TrainingConfig"]

MODELS = ("dot_bias",)
PARTS = ("stars", "ranker", "similar")


@dataclass(frozen=True, slots=True)
class DotBiasConfig:
    """The ensemble of dot products with biases (recsys.models.dot_bias)."""

    factors: int = 32  # length of a person's and a film's vector as served
    ensemble: int = 16  # models trained side by side and averaged in logits, which is one dot product again
    ensemble_factors: int = 8  # length of the vectors of each of them
    epochs: int = 8  # passes over the ratings at most; the best one is kept
    batch_size: int | None = None  # ratings in one step; None takes a fortieth of them
    learning_rate: float = 0.03  # peak of the one-cycle schedule
    weight_decay: float = 5.0  # ridge on vectors and biases: stars squared per logit squared, as in ALS
    valid_share: float = 0.05  # ratings set aside inside the training part to choose the best epoch

    def __post_init__(self) -> None:
        _counts(self, "factors", "ensemble", "ensemble_factors", "epochs")
        if self.batch_size is not None:
            _counts(self, "batch_size")
        _positive(self, "learning_rate", "weight_decay")
        if not (isinstance(self.valid_share, int | float) and 0 <= self.valid_share < 1):
            raise InvalidData(f"valid_share is {self.valid_share!r}: it must lie in [0, 1)")


@dataclass(frozen=True, slots=True)
class RankerConfig:
    """The order of recommendations (recsys.models.ials) and its genre prior (recsys.prior)."""

    factors: int = 128  # length of a person's and a film's vector
    sweeps: int = 6  # alternations between people and films
    unseen_weight: float = 0.3  # a0: weight of every person-film pair, seen or not
    regularisation: float = 0.005  # lambda, per (number of ratings + a0 × number on the other side)
    film_regularisation: float = 1.5  # times as strong for films, which are pulled to their content's mean
    content_ridge: float = 5.0  # of the map from genres and years to film factors
    slope: float = 0.25  # target of a rating: 1 + slope × (stars - 4)
    prior_fade: float = 4.0  # ratings after which the weight of genre answers has fallen to 1/e
    prior_ridge: float = 10.0  # of the map from genre answers to people's vectors
    prior_strength: float = 1.5  # times what the map makes of the answers

    def __post_init__(self) -> None:
        _positive(self, "factors", "sweeps", "unseen_weight", "regularisation", "film_regularisation")
        _positive(self, "content_ridge", "slope", "prior_fade", "prior_ridge", "prior_strength")


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """All that decides a fit.

    Raises UnknownModel for a model or part that does not exist, InvalidData for what makes no sense.
    """

    model: str = "dot_bias"  # the predictor of stars: one of MODELS
    device: str = "auto"  # "cpu", "cuda", "cuda:1", …; "auto" takes CUDA where there is one
    seed: int = 0  # the same seed gives the same model on the CPU
    parts: tuple[str, ...] = PARTS  # what to fit: some of PARTS
    dot_bias: DotBiasConfig = field(default_factory=DotBiasConfig)  # settings of model="dot_bias"
    ranker: RankerConfig = field(default_factory=RankerConfig)  # settings of the ranker

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))  # lists come in from JSON and scripts
        if self.model not in MODELS:
            raise UnknownModel(f"unknown model {self.model!r}: there is {', '.join(MODELS)}")
        for part in self.parts:
            if part not in PARTS:
                raise UnknownModel(f"unknown part {part!r}: there are {', '.join(PARTS)}")
        if not self.parts or len(set(self.parts)) < len(self.parts):
            raise InvalidData(f"parts is {self.parts}: it must name one part or more, each once")
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", self.device):
            raise InvalidData(f"device is {self.device!r}: it must be auto, cpu, cuda or cuda:N")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise InvalidData(f"seed is {self.seed!r}: it must be a whole number, 0 or more")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        return {**asdict(self), "parts": list(self.parts)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingConfig:
        """The inverse of `to_dict`; missing fields take their defaults.

        Raises InvalidData on unknown fields.
        """
        given = _fields_of(cls, values)
        for name, kind in _NESTED.items():
            if name in given:
                given[name] = kind(**_fields_of(kind, given[name]))
        return cls(**given)


_NESTED: dict[str, type] = {"dot_bias": DotBiasConfig, "ranker": RankerConfig}


def _fields_of(kind: type, values: object) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise InvalidData(f"{kind.__name__} must be an object, it is {values!r}")
    foreign = sorted(set(values) - {each.name for each in fields(kind)})
    if foreign:
        raise InvalidData(f"{kind.__name__} has no field {', '.join(map(repr, foreign))}")
    return dict(values)


def _counts(config: object, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not isinstance(value, int) or value < 1:
            raise InvalidData(f"{name} is {value!r}: it must be a whole number above 0")


def _positive(config: object, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not (isinstance(value, int | float) and 0 < value < float("inf")):
            raise InvalidData(f"{name} is {value!r}: it must be a number above 0")
