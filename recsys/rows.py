"""Ratings by row number, as models learn from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Rows"]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Who rated what: parallel arrays of shape (n,), n > 0, no pair twice; `values` in stars.

    People are numbered below `n_users`, films below `n_movies`, whether they have ratings or not.
    """

    users: npt.NDArray[np.int64]
    movies: npt.NDArray[np.int64]
    values: npt.NDArray[np.floating[Any]]
    n_users: int
    n_movies: int

    def __len__(self) -> int:
        return len(self.values)
