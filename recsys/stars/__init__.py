"""Predictors of stars as they are served: numpy alone."""

from __future__ import annotations

from recsys.stars.factors import FactorStars
from recsys.stars.predictor import Stars, StarsPosterior

__all__ = ["FactorStars", "Stars", "StarsPosterior"]
