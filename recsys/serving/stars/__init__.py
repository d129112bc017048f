"""Predictors of stars as they are served, numpy alone; imports `data` and `serving.newfilms`."""

from __future__ import annotations

from recsys.serving.stars.draws import DrawnStars
from recsys.serving.stars.factors import FactorStars
from recsys.serving.stars.network import NetworkStars
from recsys.serving.stars.predictor import UNSEEN, Sensitivity, Stars, StarsPosterior

__all__ = [
    "UNSEEN",
    "DrawnStars",
    "FactorStars",
    "NetworkStars",
    "Sensitivity",
    "Stars",
    "StarsPosterior",
]
