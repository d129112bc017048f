"""A list that is not ten times the same film: its head put in order again. numpy alone.

Maximal marginal relevance (Carbonell and Goldstein, *The Use of MMR*, 1998): the next film is the one with
the highest (1 - diversity) · score - diversity · likeness to the nearest film listed before it.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Floats, Ints

DIVERSITY = 0.1  # costs about .001 of NDCG@10 (benchmarks/diversity.py)
HEAD = 100  # films that may change places: what follows them keeps its order


def rearranged(scores: Floats, likeness: Floats, diversity: float, n: int) -> tuple[Ints, Floats]:
    """Places of the first `n` in the new order, and their new scores, from `scores` that descend; (n,) each.

    `likeness` (m, m) is that of the first m films with each other, from 0 to 1; others stay where they are.
    The new score is (1 - diversity) · score - diversity · span · likeness to the nearest film before it; the
    span is that of the first m scores, so that `diversity` means the same for everybody: 0 changes nothing, 1
    looks at likeness alone. New scores descend too: they can only fall as the list grows, and what stays
    where it is counts as fully alike. The best film stays first.
    """
    m = len(likeness)
    price = diversity * float(scores[0] - scores[m - 1]) if m else 0.0
    worth = (1 - diversity) * scores.astype(np.float64)
    rest = np.arange(m, min(n, len(scores)))
    nearest = np.zeros(m)
    left = np.ones(m, np.bool_)
    order, values = [], []
    for _ in range(min(m, n)):
        found = np.where(left, worth[:m] - price * nearest, -np.inf)
        chosen = int(found.argmax())
        order.append(chosen)
        values.append(found[chosen])
        left[chosen] = False
        nearest = np.maximum(nearest, likeness[chosen])
    new_scores = np.concatenate([np.array(values, np.float64), worth[rest] - price])
    return np.concatenate([np.array(order, np.int64), rest]), new_scores.astype(np.float32)
