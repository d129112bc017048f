"""Ratings by row number, as models learn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Floats, Ints, Reals


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Who rated what: parallel arrays of shape (n,), n > 0, no pair twice; `values` in stars.

    People are numbered below `n_users`, films below `n_movies`, whether they have ratings or not.
    """

    users: Ints
    movies: Ints
    values: Reals
    n_users: int
    n_movies: int
    # Ratings from which a person's weight where films are learned stays the same.
    influence_cap: int | None = None

    def __len__(self) -> int:
        return len(self.values)

    def influence(self) -> Floats:
        """Of each person where films are learned: the weight of each of their ratings; shape (n_users,).

        It is 1, and cap / n for somebody with n ratings, n > cap: all of them together weigh at most the cap.
        Their own vector is theirs alone and is learned at full weight.
        """
        if self.influence_cap is None:
            return np.ones(self.n_users, np.float32)
        counts = np.bincount(self.users, minlength=self.n_users)
        return np.minimum(1, self.influence_cap / np.maximum(counts, 1)).astype(np.float32)
