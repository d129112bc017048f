"""Predictors of stars as they are served: numpy alone."""

from __future__ import annotations

from recsys.stars.draws import DrawnStars
from recsys.stars.factors import FactorStars
from recsys.stars.network import NetworkStars
from recsys.stars.predictor import UNSEEN, Sensitivity, Stars, StarsPosterior

__all__ = [
    "UNSEEN",
    "DrawnStars",
    "FactorStars",
    "NetworkStars",
    "Sensitivity",
    "Stars",
    "StarsPosterior",
]
