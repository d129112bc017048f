"""Predictors of stars as they are served: numpy alone."""

from __future__ import annotations

from recsys.stars.draws import DrawnStars, FormerVectors
from recsys.stars.factors import FactorStars
from recsys.stars.network import NetworkStars
from recsys.stars.predictor import Sensitivity, Stars, StarsPosterior

__all__ = [
    "DrawnStars",
    "FactorStars",
    "FormerVectors",
    "NetworkStars",
    "Sensitivity",
    "Stars",
    "StarsPosterior",
]
