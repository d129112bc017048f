"""How good a recommender is: protocols, their splits and metrics, and the bot's own permanent holdout."""

from __future__ import annotations

from recsys.evaluation.holdout import measure_holdout
from recsys.evaluation.protocols import PROTOCOLS, evaluate
from recsys.evaluation.report import Measure, Report

__all__ = ["PROTOCOLS", "Measure", "Report", "evaluate", "measure_holdout"]
