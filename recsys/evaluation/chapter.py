"""Chapter 8 of the fastai book, system by system: its recipe in our loop, beside what the book printed.

Howard & Gugger, *Deep Learning for Coders with fastai and PyTorch*, 2020. The recipe: batches of 64, 50
factors, one cycle of 5 epochs at 5e-3, decoupled weight decay, vectors from N(0, 0.01), no constant but the
biases. The book's ratings are those of ml-100k, its split another random fifth. Then Matinee's own models,
as they come. Errors here are measured as under the protocol for stars.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from recsys.config import MODELS, DotBiasConfig, DotConfig, NetworkConfig, TrainingConfig
from recsys.evaluation.results import Scores
from recsys.evaluation.stars import error_on_a_fifth
from recsys.evaluation.trial import Trial
from recsys.progress import Step

MSE, SECONDS, TOTAL = "MSE", "s per epoch", "s in all"
BOOK_MSE, BOOK_SECONDS = "MSE in the book", "s per epoch in the book"

_DOT = DotConfig(
    factors=50,
    ensemble=1,
    ensemble_factors=50,
    epochs=5,
    batch_size=64,
    learning_rate=5e-3,
    weight_decay=0.01,
    decay="decoupled",
    valid_share=0.0,
    tables="embedding",
    initial_scale=0.01,
)
_DOT_BIAS = DotBiasConfig(**{**asdict(_DOT), "weight_decay": 0.1, "offset": False})
_NN = NetworkConfig(
    layers=(100, 50), epochs=5, batch_size=64, learning_rate=5e-3, weight_decay=0.1, valid_share=0.0
)
_COLLAB_NN = replace(_NN, layers=(100,), batch_norm=False, weight_decay=0.01)


@dataclass(frozen=True, slots=True)
class System:
    """One system of the chapter, with the validation error and the seconds per epoch printed there.

    The figures of DotProduct and CollabNN are those of the book's notebook.
    """

    name: str
    mse: float
    seconds: float
    config: TrainingConfig


SYSTEMS = (
    System("DotProduct, no biases", 0.8781, 12, TrainingConfig(model="dot", dot=_DOT)),
    System("DotProductBias, Embedding", 0.8205, 20, TrainingConfig(model="dot_bias", dot_bias=_DOT_BIAS)),
    System(
        "DotProductBias, Parameter",
        0.8266,
        21,
        TrainingConfig(model="dot_bias", dot_bias=replace(_DOT_BIAS, tables="parameter")),
    ),
    System(
        "collab_learner, EmbeddingDotBias", 0.8264, 21, TrainingConfig(model="dot_bias", dot_bias=_DOT_BIAS)
    ),
    System("collab_learner, EmbeddingNN", 0.8673, 27, TrainingConfig(model="nn", nn=_NN)),
    System("CollabNN", 0.8675, 14, TrainingConfig(model="nn", nn=_COLLAB_NN)),
)


def chapter(trial: Trial) -> Scores:
    """MSE and seconds of each system and of each of our models.

    The two ways of making tables, and fastai's EmbeddingDotBias, are one model: from one seed they end
    in the same figure. What was trained already under the same settings is not trained again.
    """
    scores: Scores = {}
    known: dict[TrainingConfig, dict[str, float]] = {}
    ours = {f"Matinee, {model}": replace(trial.config, model=model) for model in MODELS}
    book = {each.name: each.config for each in SYSTEMS}
    for each in SYSTEMS:
        scores["chapter", each.name, BOOK_MSE] = each.mse
        scores["chapter", each.name, BOOK_SECONDS] = each.seconds
    for name, settings in {**book, **ours}.items():
        config = replace(settings, seed=trial.config.seed, device=trial.config.device)
        if config not in known:
            trial.say(f"chapter: {name}, seed {config.seed}")
            known[config] = _figures(trial, config)
        scores |= {("chapter", name, metric): value for metric, value in known[config].items()}
    return scores


def _figures(trial: Trial, config: TrainingConfig) -> dict[str, float]:
    steps: list[Step] = []
    mse = error_on_a_fifth(trial.dataset, config, report=steps.append)
    total = sum(step.seconds for step in steps)
    return {MSE: mse, SECONDS: total / len(steps), TOTAL: total}
