"""The mathematics of taste: ratings in, stars, order and neighbours out.

torch comes with the first `fit`, not with this import; where it is not installed, numpy alone fits pmf and
the ranker.

From the ground up: `arrays`, `errors`, `progress` and `charts`; `data` and `config`; `serving`, `titles` and
`monitoring`; `recommender` and `brigades`; `models` and `interpretation`; `training` and `plots`;
`evaluation`. Each imports only what is below it; `portrait` needs none of them.
"""

from __future__ import annotations

from recsys.config import DotBiasConfig, DotConfig, NetworkConfig, PmfConfig, RankerConfig, TrainingConfig
from recsys.data.catalog import Catalog, Film
from recsys.data.dataset import Dataset
from recsys.data.ratings import Ratings
from recsys.data.sources.datasets import load_dataset
from recsys.errors import (
    ArtifactError,
    DataUnavailable,
    Diverged,
    InvalidData,
    MissingPart,
    RecsysError,
    TorchMissing,
    UnknownModel,
    UnknownMovie,
    UnknownUser,
)
from recsys.recommender import Recommender
from recsys.serving.replies import Recommendation, Similar, User
from recsys.serving.shelves import Shelf
from recsys.titles import TitleIndex, TitleMatch, TitleSearch
from recsys.training import fit

__all__ = [
    "ArtifactError",
    "Catalog",
    "DataUnavailable",
    "Dataset",
    "Diverged",
    "DotBiasConfig",
    "DotConfig",
    "Film",
    "InvalidData",
    "MissingPart",
    "NetworkConfig",
    "PmfConfig",
    "RankerConfig",
    "Ratings",
    "Recommendation",
    "Recommender",
    "RecsysError",
    "Shelf",
    "Similar",
    "TitleIndex",
    "TitleMatch",
    "TitleSearch",
    "TorchMissing",
    "TrainingConfig",
    "UnknownModel",
    "UnknownMovie",
    "UnknownUser",
    "User",
    "fit",
    "load_dataset",
]
