"""How far a fit has come: what `recsys.fit` reports."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One epoch or sweep of one part, `number` of `total` at most; losses are MSE in stars squared.

    `train_loss` is that of the model as it learns; `valid_loss` that of what would be served after this
    step, on ratings set aside. Each is NaN where it is not measured. `chain`, from 1, is that of a draw
    where several chains sample one after the other, 0 where nothing is sampled: the error of a draw falls
    at first and then moves about.
    """

    part: Literal["stars", "ranker"]
    number: int
    total: int
    seconds: float
    train_loss: float = math.nan
    valid_loss: float = math.nan
    chain: int = 0


OnStep = Callable[[Step], None]
