"""A hash of whole numbers: the same on every machine and in every version."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]


def splitmix64(values: Hashes) -> Hashes:
    """One step of splitmix64 from each of `values`, modulo 2^64.

    Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators*, 2014.
    """
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
