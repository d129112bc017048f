"""How good a recommender is: protocols, their splits and metrics, and the bot's own permanent holdout."""

from __future__ import annotations

from recsys.evaluation.protocols import PROTOCOLS, Measure, Report, evaluate, measure_holdout

__all__ = ["PROTOCOLS", "Measure", "Report", "evaluate", "measure_holdout"]
