"""One slate for several people. numpy alone.

A member's scores become utilities: u = exp(TEMPER · (z − the z of their best film)), with z the score in
deviations of that member's scores. So everybody's best film has 1, and being twenty-fifth or a thousandth
matters less than being first or fifth, which is how a short list serves people. Strategies:

- "average": the films of the highest weighted mean utility, which is average without misery in effect: a
  film that is nothing to a member adds nothing;
- "least misery": the films whose least utility is the highest;
- "fair": one film after the other, a member weighing less the more the slate holds for them already, so that
  everybody finds something to vote for (a greedy maximum of Σ_m weight_m · log(1 + Σ_film u), proportional
  fairness).

`fairness_weights` makes up to whoever was served worst on the nights before. Each strategy holds a film back
that is like one chosen already. Masthoff, *Group Recommender Systems*, 2015; Kaya, Bridge, Tintarev,
*Ensuring Fairness in Group Recommendations by Rank-Sensitive Balancing of Relevance*, 2020; Stratigi et al.,
*Fair Sequential Group Recommendations*, 2020. `matinee evaluate --protocol groups` compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np

from recsys.arrays import Floats, Ints, Mask, Reals
from recsys.data.content import unit_rows
from recsys.errors import InvalidData

Strategy: TypeAlias = Literal["average", "least misery", "fair"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


TEMPER = 0.5  # utility per deviation of scores: a film two deviations behind a member's best has exp(-1)
_SAMENESS = 0.6  # share of its worth that a film loses for being the very same as one chosen before
POOL = 200  # films at least that may come into a slate, for each order that it is made from
_MAKING_UP = 0.5  # how strongly weights answer to one member being served worse than another


def utilities(scores: Reals, allowed: Mask) -> Reals:
    """What each film is to each member, in (0, 1], 1 for their best allowed one; shape (n_members, n_films).

    `scores` has shape (n_members, n_films), `allowed` the same or (n_films,). Of a member
    with none allowed, all have 1.
    """
    deviation = scores.std(axis=1, keepdims=True)
    best = np.where(allowed, scores, -np.inf).max(axis=1, keepdims=True)
    behind = (scores - best) / np.where(deviation > 0, deviation, 1)
    utility: Reals = np.exp(TEMPER * np.minimum(behind, 0))
    return utility


def fairness_weights(satisfaction: Sequence[float | None]) -> list[float]:
    """Weights, 1 on average, from how satisfied (0 to 1) each member was so far; None is unknown.

    Whoever got less than the others weighs more: exp(MAKING_UP · (mean - own) / mean).
    """
    known = [value for value in satisfaction if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    if mean <= 0:
        return [1.0] * len(satisfaction)
    behind = np.array([0.0 if value is None else (mean - value) / mean for value in satisfaction])
    weights = np.exp(_MAKING_UP * behind)
    return [float(weight) for weight in weights / weights.mean()]


def slate(
    utility: Reals,
    allowed: Mask,
    vectors: Floats,
    n: int,
    *,
    weights: Sequence[float] | None = None,
    strategy: Strategy = "fair",
) -> tuple[Ints, Floats]:
    """`n` rows of allowed films, and the weighted mean utility of each, best first; fewer if few are allowed.

    `utility` is that of `utilities`; the cosines of `vectors` (n_films, k) say which films are alike.
    Raises InvalidData for weights that are not one positive number a member, and for another strategy.
    """
    if strategy not in STRATEGIES:
        raise InvalidData(f"no strategy {strategy!r}: there are {', '.join(STRATEGIES)}")
    shares = np.ones(len(utility)) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != (len(utility),) or not (np.isfinite(shares) & (shares > 0)).all():
        raise InvalidData(f"weights {weights}: it must be one positive number for each of {len(utility)}")
    shares = shares / shares.sum()
    pool = _pool(utility, allowed, shares @ utility, max(n, POOL))
    utility = utility[:, pool]
    near = unit_rows(vectors[pool])
    left = np.ones(len(pool), np.bool_)
    likeness = np.zeros(len(pool), np.float32)
    given = np.zeros(len(utility))  # what the slate so far holds for each member
    joint = shares @ utility
    fixed = utility.min(axis=0) if strategy == "least misery" else joint
    for _ in range(min(n, len(pool))):
        worth = (shares / (1 + given)) @ utility if strategy == "fair" else fixed
        best = int(np.where(left, worth * (1 - _SAMENESS * likeness), -1).argmax())
        left[best] = False
        given += utility[:, best]
        likeness = np.maximum(likeness, near @ near[best])
    chosen = np.flatnonzero(~left)
    chosen = chosen[np.argsort(-joint[chosen], kind="stable")]
    return pool[chosen], joint[chosen].astype(np.float32)


def _pool(utility: Reals, allowed: Mask, joint: Reals, size: int) -> Ints:
    """Rows that may come into a slate, ascending: the `size` best for all together, and for each."""
    rows = np.flatnonzero(allowed)
    orders = [joint, utility.min(axis=0), *utility]
    best = [np.argsort(-order[rows], kind="stable")[:size] for order in orders]
    return rows[np.unique(np.concatenate(best))]
