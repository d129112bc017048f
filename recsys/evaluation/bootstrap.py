"""How sure a difference between two models is, from the people it was measured on.

Ratings of one person are no independent witnesses, so people are drawn, not ratings: Efron, Tibshirani, *An
Introduction to the Bootstrap*, 1993. Both models are measured on the same draw. The draws give the standard
error of the difference, and Student's t its interval: percentiles of the draws themselves are too narrow
where there are ten people, and say that nothing is in doubt where there is one.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from recsys.arrays import Doubles

_DRAWS = 1000


def draws(people: int, seed: int) -> Doubles:
    """How often each of `people` is drawn in each of DRAWS samples; shape (DRAWS, people)."""
    if not people:
        return np.zeros((_DRAWS, 0))
    drawn = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), _DRAWS)
    return drawn.astype(np.float64)


def half_width(differences: Doubles, people: int, inside: float) -> float | None:
    """How far the interval of a difference goes either way, from its value in each draw; None for one person.

    Of such intervals the share `inside` holds the truth, and half of the others lie wholly below it. Draws
    in which it cannot be said (NaN) count for nothing.
    """
    finite = differences[np.isfinite(differences)]
    if people < 2 or len(finite) < _DRAWS / 2:
        return None
    # The draws vary as if the mean of these people were the truth: too little, by one degree of freedom.
    return float(finite.std() * (people / (people - 1)) ** 0.5 * _student((1 + inside) / 2, people - 1))


def _student(probability: float, freedom: int) -> float:
    """Quantile of Student's t, within 5 % for one degree of freedom, 0.3 % for two or more.

    Abramowitz, Stegun, *Handbook of Mathematical Functions*, 1964, 26.7.5.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / freedom**at for at, term in enumerate(terms, 1)))
