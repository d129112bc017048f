"""The array types of recsys, each named for what it holds; a docstring beside it gives the shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]  # ids, row numbers, counts, Unix seconds
Integers = npt.NDArray[np.integer[Any]]  # the same, of whichever size: smaller where many are kept
Floats = npt.NDArray[np.float32]  # what is served and stored: factors, scores, stars
Doubles = npt.NDArray[np.float64]  # what is summed or solved in double precision
Halves = npt.NDArray[np.float16]  # what is stored in half precision
Reals = npt.NDArray[np.floating[Any]]  # real numbers of whichever precision
Mask = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[Any]  # whatever an artifact holds under a name
