"""How good a list or a prediction is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt


def ndcg(listed: Sequence[int], relevant: Collection[int], k: int = 10) -> float:
    """Binary NDCG of the first `k` listed ids; the ideal list holds min(k, number relevant) hits."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    hits = np.array([movie_id in relevant for movie_id in listed[:k]], dtype=np.float64)
    return float(hits @ discounts[: len(hits)] / discounts[: min(k, len(relevant))].sum())


def recall(listed: Sequence[int], relevant: Collection[int], k: int = 20) -> float:
    """Hits among the first `k` listed ids, over min(k, number relevant)."""
    return sum(movie_id in relevant for movie_id in listed[:k]) / min(k, len(relevant))


def mean_squared_error(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """In stars squared, for arrays of the same shape."""
    return float(np.square(np.asarray(predicted, np.float64) - np.asarray(actual, np.float64)).mean())
