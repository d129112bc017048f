"""One order for several people. numpy alone.

Each member's scores are brought to one scale (mean 0, deviation 1 over all films), then joined:

- "average": the weighted mean, without films that score below a member's own mean (average without misery);
- "least misery": the worst member's score;
- "fair": as "average", for weights that make up to whoever was served worst last time (`fairness_weights`).

Masthoff, *Group Recommender Systems*, 2015; Stratigi et al., *Fair Sequential Group Recommendations*, 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from recsys.errors import InvalidData
from recsys.ranker import FloatArray, IntArray

__all__ = ["Strategy", "diverse", "fairness_weights", "group_scores"]

Strategy: TypeAlias = Literal["average", "least misery", "fair"]

SAMENESS = 1.0  # deviations of joined scores that a film loses for being the very same as one before it
DEPTH = 10  # so many times n of the best films may take the place of one that is too much like another


def fairness_weights(satisfaction: Sequence[float | None]) -> list[float]:
    """Weights, 1 on average, from how satisfied (0 to 1) each member was last time; None is unknown.

    α, the distance between the most and the least satisfied, is shared out by how far each was behind.
    """
    known = [value for value in satisfaction if value is not None]
    if len(known) < 2 or max(known) == min(known):
        return [1.0] * len(satisfaction)
    best, alpha = max(known), max(known) - min(known)
    behind = np.array([0.0 if value is None else best - value for value in satisfaction])
    weights = (1 - alpha) + alpha * len(satisfaction) * behind / behind.sum()
    return [float(weight) for weight in np.maximum(weights, 0.05)]


def group_scores(scores: FloatArray, weights: Sequence[float] | None, strategy: Strategy) -> FloatArray:
    """Joined scores, shape (n_films,), from those of each member, shape (n_members, n_films); -inf is misery.

    Raises InvalidData for weights that are not one positive number a member, and for another strategy.
    """
    deviation = scores.std(axis=1, keepdims=True)
    standard = (scores - scores.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1)
    if strategy == "least misery":
        return np.asarray(standard.min(axis=0), np.float32)
    if strategy not in ("average", "fair"):
        raise InvalidData(f"no strategy {strategy!r}: there are average, least misery and fair")
    shares = np.ones(len(scores)) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != (len(scores),) or not (np.isfinite(shares) & (shares > 0)).all():
        raise InvalidData(f"weights {weights}: it must be one positive number for each of {len(scores)}")
    joined = shares @ standard / shares.sum()
    return np.where(standard.min(axis=0) >= 0, joined, -np.inf).astype(np.float32)


def diverse(joined: FloatArray, candidates: IntArray, vectors: FloatArray, n: int) -> list[int]:
    """`n` of the candidate rows, best first, each held back by its likeness (cosine) to those before it.

    The first is the best one; the others come from the `DEPTH` × n best.
    """
    order = candidates[np.argsort(-joined[candidates], kind="stable")][: DEPTH * n]
    if not order.size or n == 0:
        return []
    scores = joined[order].astype(np.float64)
    spread = scores.std() or 1.0
    near: npt.NDArray[np.float64] = vectors[order].astype(np.float64)
    near /= np.maximum(np.linalg.norm(near, axis=1, keepdims=True), 1e-12)
    chosen: list[int] = []
    likeness = np.zeros(len(order))
    while len(chosen) < min(n, len(order)):
        worth = scores - SAMENESS * spread * likeness
        worth[chosen] = -np.inf
        best = int(worth.argmax())
        chosen.append(best)
        likeness = np.maximum(likeness, near @ near[best])
    return [int(row) for row in sorted(order[chosen], key=lambda row: -joined[row])]
