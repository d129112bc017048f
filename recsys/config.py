"""How to train: frozen settings, stored in the artifact they led to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from recsys.errors import InvalidData, UnknownModel

MODELS = ("pmf", "dot_bias", "dot", "nn")
PARTS = ("stars", "ranker", "similar")
TABLES = ("parameter", "embedding")  # plain torch.nn.Parameter or torch.nn.Embedding
DECAYS = ("ridge", "decoupled")


@dataclass(frozen=True, slots=True)
class DotConfig:
    """The ensemble of dot products without biases (recsys.models.dot_bias)."""

    factors: int = 32  # length of a person's and a film's vector as served
    ensemble: int = 16  # models trained side by side and averaged in logits, which is one dot product again
    ensemble_factors: int = 8  # length of the vectors of each of them
    epochs: int = 8  # passes over the ratings at most; the best one is kept
    batch_size: int | None = None  # ratings in one step; None takes a fortieth of them
    learning_rate: float = 0.03  # peak of the one-cycle schedule
    weight_decay: float = 3.0  # as a ridge: stars squared per logit squared, as in ALS
    decay: str = "ridge"  # "decoupled": each step takes learning rate × weight_decay off, as fastai does
    valid_share: float = 0.05  # ratings set aside inside the training part to choose the best epoch
    tables: str = "parameter"  # or "embedding": how torch keeps the vectors; the numbers are the same
    initial_scale: float = 0.05  # deviation of the vectors' entries before the first step
    refit_epochs: int = 2  # of a fine-tuning: passes over all ratings
    refit_learning_rate: float = 0.008  # of a fine-tuning: peak of its cycle

    def __post_init__(self) -> None:
        _counts(self, "factors", "ensemble", "ensemble_factors", "epochs")
        _course(self)
        _positive(self, "initial_scale")
        _one_of(self, "decay", DECAYS)
        _one_of(self, "tables", TABLES)


@dataclass(frozen=True, slots=True)
class DotBiasConfig(DotConfig):
    """The same with a bias for each person and film."""

    weight_decay: float = 5.0  # on the biases, too
    offset: bool = True  # a constant that learns freely, so that biases are deviations from it


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The network over both embeddings (recsys.models.network): fastai's EmbeddingNN.

    With layers=(100,) and batch_norm=False it is the CollabNN of the chapter.
    """

    layers: tuple[int, ...] = (100, 50)  # widths of the hidden layers
    batch_norm: bool = True  # after each of them
    epochs: int = 8  # passes over the ratings at most; the best one is kept
    batch_size: int | None = None  # ratings in one step; None takes a fortieth of them
    learning_rate: float = 0.01  # peak of the one-cycle schedule
    weight_decay: float = 2.0  # decoupled, as in DotConfig, of embeddings and weights
    valid_share: float = 0.05  # ratings set aside inside the training part to choose the best epoch
    refit_epochs: int = 1  # of a fine-tuning: passes over all ratings
    refit_learning_rate: float = 0.001  # of a fine-tuning: peak of its cycle

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))  # lists come in from JSON and scripts
        if not self.layers or not all(isinstance(width, int) and width > 0 for width in self.layers):
            raise InvalidData(f"layers is {self.layers}: it must name one width or more, each above 0")
        _counts(self, "epochs")
        _course(self)


@dataclass(frozen=True, slots=True)
class PmfConfig:
    """Bayesian matrix factorisation (recsys.models.pmf)."""

    factors: int = 16  # length of a person's and a film's vector, beside the bias
    chains: int = 3  # begun apart at random, and averaged
    sweeps: int = 100  # draws of everything in each chain
    refit_growth: float = 1.5  # a fine-tuning learns films anew with so many times the ratings they had
    burn_in: float = 0.5  # share of the sweeps whose draws still depend on the start, and are not served
    draws: int = 12  # draws served at least, as many of each chain: one or more, spread over its rest
    implicit: int = 100  # directions of who rated what that inform each side's prior; 0 leaves it out
    noise_shape: float = 3.0  # of the Gamma weights of people's and films' noise: larger is more alike
    batch_size: int = 200_000  # ratings, with padding, whose regressors are held at once: bounds the memory

    def __post_init__(self) -> None:
        _counts(self, "factors", "chains", "sweeps", "draws", "batch_size")
        _positive(self, "noise_shape", "refit_growth")
        if not isinstance(self.implicit, int) or self.implicit < 0:
            raise InvalidData(f"implicit is {self.implicit!r}: it must be a whole number, 0 or more")
        if not (isinstance(self.burn_in, int | float) and 0 <= self.burn_in < 1):
            raise InvalidData(f"burn_in is {self.burn_in!r}: it must lie in [0, 1)")


@dataclass(frozen=True, slots=True)
class RankerConfig:
    """Order: factors (models.ials), EASE (models.ease), and what answers add (serving.newcomers)."""

    factors: int = 128  # length of a person's and a film's vector
    sweeps: int = 6  # alternations between people and films
    refit_ratings: int = 5  # a fine-tuning solves films anew that had fewer and got some; see refit_growth
    refit_growth: float = 2.0  # … or that have this many times what they had; others move in a full fit
    unseen_weight: float = 0.3  # a0: weight of every person-film pair, seen or not
    regularisation: float = 0.011  # lambda of people, per (their ratings + a0 × effective number of films)
    film_regularisation: float = 0.68  # times that for films, per (ratings + a0 × people), to their content
    content_ridge: float = 5.0  # of the map from genres and years to film factors
    slope: float = 0.25  # target of a rating: 1 + slope × (stars - 4)
    refit_ease: float = 1.02  # a fine-tuning learns EASE anew from so many times the ratings of the last time
    ease_share: float = 0.6  # of a score that is EASE's, for films that it knows; 0 leaves all to factors
    ease_films: int = 3000  # the most rated films, which EASE knows: its memory is their number squared
    ease_ratings: int = 5  # ratings that a film needs for EASE to know it
    ease_ridge: float = 40.0  # lambda of EASE where rated films have one rating each
    ease_ridge_growth: float = 0.38  # lambda grows with the ratings per film to this power
    ease_dropout: float = 0.25  # share of a film's own weight in the Gram matrix that is added to lambda
    ease_content: float = 10.0  # weight of what films have in common beside ratings: genres and years
    ease_damping: float = 0.1  # a person with n times the usual ratings weighs n^-damping for each
    crowd_fade: float = 1.5  # ratings after which the weight of the average person has fallen to 1/e
    prior_fade: float = 6.0  # ratings after which the weight of genre answers and picks has
    prior_ridge: float = 30.0  # of the map from answers to people's vectors
    prior_strength: float = 1.5  # times what the map makes of the answers

    def __post_init__(self) -> None:
        _counts(self, "factors", "sweeps", "ease_films", "ease_ratings", "refit_ratings")
        _positive(self, "unseen_weight", "regularisation", "film_regularisation", "ease_ridge")
        _positive(self, "content_ridge", "slope", "refit_growth", "refit_ease")
        _positive(self, "crowd_fade", "prior_fade", "prior_ridge", "prior_strength")
        _not_negative(self, "ease_share", "ease_ridge_growth", "ease_dropout", "ease_content", "ease_damping")
        if self.ease_share > 1:
            raise InvalidData(f"ease_share is {self.ease_share!r}: it must lie in [0, 1]")


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """All that decides a fit.

    Raises UnknownModel for a model or part that does not exist, InvalidData for what makes no sense.
    """

    model: str = "pmf"  # the predictor of stars: one of MODELS; the others need torch
    device: str = "auto"  # "cpu", "cuda", "cuda:1", …; "auto" takes CUDA where there is one; CUDA needs torch
    seed: int = 0  # the same seed gives the same model on the CPU, with torch; without it, another one
    parts: tuple[str, ...] = PARTS  # what to fit: some of PARTS
    influence_cap: int | None = 1000  # ratings of one person after which more add no weight; None: no cap
    pmf: PmfConfig = field(default_factory=PmfConfig)  # settings of model="pmf"
    dot: DotConfig = field(default_factory=DotConfig)  # settings of model="dot"
    dot_bias: DotBiasConfig = field(default_factory=DotBiasConfig)  # settings of model="dot_bias"
    nn: NetworkConfig = field(default_factory=NetworkConfig)  # settings of model="nn"
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
        if self.influence_cap is not None:
            _counts(self, "influence_cap")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise InvalidData(f"seed is {self.seed!r}: it must be a whole number, 0 or more")

    @classmethod
    def quick(cls) -> TrainingConfig:
        """Seconds instead of a minute on 100,000 ratings, for a first start: a little less accurate."""
        return cls(
            pmf=PmfConfig(chains=1, sweeps=30, burn_in=0.5, draws=6),
            ranker=RankerConfig(factors=64, ease_films=1500),
        )

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


_NESTED: dict[str, type] = {
    "pmf": PmfConfig,
    "dot": DotConfig,
    "dot_bias": DotBiasConfig,
    "nn": NetworkConfig,
    "ranker": RankerConfig,
}


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


def _course(config: DotConfig | NetworkConfig) -> None:
    """What every model takes that is trained epoch by epoch."""
    if config.batch_size is not None:
        _counts(config, "batch_size")
    _counts(config, "refit_epochs")
    _positive(config, "learning_rate", "weight_decay", "refit_learning_rate")
    if not (isinstance(config.valid_share, int | float) and 0 <= config.valid_share < 1):
        raise InvalidData(f"valid_share is {config.valid_share!r}: it must lie in [0, 1)")


def _one_of(config: object, name: str, known: tuple[str, ...]) -> None:
    value = getattr(config, name)
    if value not in known:
        raise InvalidData(f"{name} is {value!r}: it must be {' or '.join(known)}")


def _positive(config: object, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not (isinstance(value, int | float) and 0 < value < float("inf")):
            raise InvalidData(f"{name} is {value!r}: it must be a number above 0")


def _not_negative(config: object, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not (isinstance(value, int | float) and 0 <= value < float("inf")):
            raise InvalidData(f"{name} is {value!r}: it must be a number, 0 or more")
