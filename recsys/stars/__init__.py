"""Predictors of stars as they are served: numpy alone."""

from __future__ import annotations

from recsys.stars.factors import FactorStars
from recsys.stars.network import NetworkStars
from recsys.stars.predictor import Stars, StarsPosterior

__all__ = ["FactorStars", "NetworkStars", "Stars", "StarsPosterior"]
