"""How good a recommender is: protocols, the bot's own permanent holdout, and the gate that stands on it.

The top floor: it may import all of `recsys`, and nothing of `recsys` imports it.
"""

from __future__ import annotations

from recsys.evaluation.gate import Changed, Check, Drift, Verdict, judge
from recsys.evaluation.holdout import measure_holdout
from recsys.evaluation.protocols import PROTOCOLS, evaluate
from recsys.evaluation.results import Evaluation, Measure

__all__ = [
    "PROTOCOLS",
    "Changed",
    "Check",
    "Drift",
    "Evaluation",
    "Measure",
    "Verdict",
    "evaluate",
    "judge",
    "measure_holdout",
]
