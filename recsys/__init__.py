"""The mathematics of taste: ratings in, stars, order and neighbours out.

torch and pandas come with the first `fit` or `load_dataset`, not with this import.
"""

from __future__ import annotations

from recsys.catalog import Catalog, Film
from recsys.config import DotBiasConfig, RankerConfig, TrainingConfig
from recsys.data.datasets import Dataset, load_dataset
from recsys.errors import (
    ArtifactError,
    DataUnavailable,
    Diverged,
    InvalidData,
    MissingPart,
    RecsysError,
    UnknownModel,
    UnknownMovie,
    UnknownUser,
)
from recsys.ratings import Ratings
from recsys.recommender import Recommendation, Recommender, Similar, User
from recsys.titles import TitleIndex, TitleMatch, TitleSearch
from recsys.training import fit

__all__ = [
    "ArtifactError",
    "Catalog",
    "DataUnavailable",
    "Dataset",
    "Diverged",
    "DotBiasConfig",
    "Film",
    "InvalidData",
    "MissingPart",
    "RankerConfig",
    "Ratings",
    "Recommendation",
    "Recommender",
    "RecsysError",
    "Similar",
    "TitleIndex",
    "TitleMatch",
    "TitleSearch",
    "TrainingConfig",
    "UnknownModel",
    "UnknownMovie",
    "UnknownUser",
    "User",
    "fit",
    "load_dataset",
]
