"""A list that is not ten times the same film: its head put in order again. numpy alone.

Maximal marginal relevance (Carbonell and Goldstein, *The Use of MMR*, 1998): the next film is the one with
the highest (1 - diversity) · score - diversity · likeness to the nearest film listed before it.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Floats, Ints
from recsys.data.content import GenreVectors, unit_rows

DIVERSITY = 0.1  # costs about .001 of NDCG@10 (benchmarks/diversity.py)
HEAD = 100  # films that may change places: what follows them keeps its order


def best_of(scores: Floats, candidates: Ints, n: int) -> Ints:
    """The `n` candidates (rows of `scores`) with the highest scores, best first, ties in catalog order."""
    found = scores[candidates]
    if n < len(found):
        least = np.partition(found, len(found) - n)[len(found) - n] if n else np.inf
        candidates, found = candidates[found >= least], found[found >= least]
    return candidates[np.argsort(-found, kind="stable")[:n]]


def diverse(
    scores: Floats, candidates: Ints, n: int, diversity: float, film_factors: Floats, kinds: GenreVectors
) -> tuple[Ints, Floats]:
    """The best `n` candidates in the new order, and their new scores; of all films (n_films, …) the `scores`,
    the ranker's factors, and their genres."""
    best = best_of(scores, candidates, max(n, HEAD if diversity else 0))
    found = scores[best]
    if not diversity:
        return best, found
    head = best[:HEAD]
    order, found = rearranged(found, likeness(film_factors[head], kinds[head]), diversity, n)
    return best[order], found


def likeness(film_factors: Floats, kinds: Floats) -> Floats:
    """How alike n films are, by who likes them and by genre, from 0 to 1; shape (n, n).

    `film_factors` (n, n_factors) are the ranker's, `kinds` (n, m) genre vectors of length one.
    """
    factors = unit_rows(film_factors)
    return ((factors @ factors.T + kinds @ kinds.T) / 2).clip(0, 1).astype(np.float32)


def rearranged(scores: Floats, alike: Floats, diversity: float, n: int) -> tuple[Ints, Floats]:
    """Places of the first `n` in the new order, and their new scores, from `scores` that descend; (n,) each.

    `alike` (m, m) is the `likeness` of the first m films; others stay where they are. The new score is
    (1 - diversity) · score - diversity · span · likeness to the nearest film before it; the span is that of
    the first m scores, so that `diversity` is the same for everybody: 0 changes nothing, 1 looks at likeness
    alone. New scores descend too: they can only fall as the list grows, and what stays where it is counts as
    fully alike. The best film stays first.
    """
    m = len(alike)
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
        nearest = np.maximum(nearest, alike[chosen])
    new_scores = np.concatenate([np.array(values, np.float64), worth[rest] - price])
    return np.concatenate([np.array(order, np.int64), rest]), new_scores.astype(np.float32)
