"""The mathematics on numpy alone: see recsys.models.backend for what each operation is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from recsys.arrays import AnyArray, Floats, Integers, Mask, Reals
from recsys.errors import Diverged

_CHUNK = 4_000_000  # numbers of the rows that are gathered at once: 16 MB


class NumpyBackend:
    """On the CPU; a whole fit has one thread (recsys.models.blas)."""

    linalg = np.linalg

    @contextmanager
    def alone(self) -> Iterator[None]:
        try:
            with np.errstate(all="ignore"):
                yield
        except np.linalg.LinAlgError as error:
            raise Diverged(f"a matrix has no decomposition ({error})") from error

    def array(self, values: AnyArray) -> AnyArray:
        return values

    def numpy(self, array: AnyArray) -> AnyArray:
        return np.asarray(array)

    def single(self, array: AnyArray) -> Floats:
        return np.asarray(array, np.float32)

    def double(self, array: AnyArray) -> AnyArray:
        return np.asarray(array, np.float64)

    def zeros(self, *shape: int) -> Floats:
        return np.zeros(shape, np.float32)

    def ones(self, *shape: int) -> Floats:
        return np.ones(shape, np.float32)

    def eye(self, n: int) -> Floats:
        return np.eye(n, dtype=np.float32)

    def arange(self, n: int) -> Integers:
        return np.arange(n)

    def where(self, chosen: Mask, one: AnyArray, other: AnyArray | float) -> AnyArray:
        return np.where(chosen, one, other)

    def concatenate(self, arrays: list[AnyArray], axis: int = 0) -> AnyArray:
        return np.concatenate(arrays, axis)

    def is_finite(self, array: AnyArray) -> bool:
        return bool(np.isfinite(array).all())

    def source(self, seed: int) -> np.random.Generator:
        # Others draw from default_rng(seed) itself: these numbers have to be independent of theirs.
        return np.random.default_rng([seed, 1])

    def normal(self, shape: tuple[int, ...], source: np.random.Generator) -> Floats:
        return source.standard_normal(shape, np.float32)

    def first_normal(self, shape: tuple[int, ...], deviation: float, seed: int) -> Floats:
        return self.normal(shape, self.source(seed)) * np.float32(deviation)

    def rows(self, table: AnyArray, at: Integers) -> AnyArray:
        return table.take(at, axis=0)

    def bincount(self, at: Integers, n: int, weights: Reals | None = None) -> AnyArray:
        counts = np.bincount(at, weights, n)
        return counts if weights is None else self.single(counts)

    def sums(self, at: Integers, values: Reals, n: int) -> Floats:
        return self.single(np.bincount(at, values, n))

    def sums_of_rows(self, table: Floats, at: Integers, starts: Integers) -> Floats:
        found = np.zeros((len(starts), table.shape[1]), table.dtype)
        lengths = np.diff(starts, append=len(at))
        owners = np.repeat(np.arange(len(starts)), lengths)
        step = max(1, _CHUNK // max(1, table.shape[1]))
        for begin in range(0, len(at), step):
            part = owners[begin : begin + step]
            firsts = np.flatnonzero(np.diff(part, prepend=-1))
            # A row may go on in the next chunk.
            found[part[firsts]] += np.add.reduceat(self.rows(table, at[begin : begin + step]), firsts, axis=0)
        return found

    def plus_product(self, base: AnyArray, left: AnyArray, right: AnyArray) -> AnyArray:
        product: AnyArray = left @ right
        product += base
        return product

    def gram(self, block: Floats) -> Floats:
        return block.T @ block  # numpy sees that both are one, and computes half of it

    def solve_positive(self, matrices: AnyArray, right: AnyArray) -> AnyArray:
        try:
            return np.linalg.solve(matrices, right)
        except np.linalg.LinAlgError:
            return np.full_like(right, np.nan)

    def inverse_positive(self, matrix: AnyArray) -> AnyArray:
        try:
            return np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            return np.full_like(matrix, np.nan)

    def deviations(self, root: AnyArray, noise: AnyArray) -> AnyArray:
        if root.ndim == noise.ndim:
            return np.linalg.solve(root.T, noise.T).T
        turned: AnyArray = np.linalg.solve(root.mT, noise[..., None])[..., 0]
        return turned

    def posterior(self, precision: AnyArray, right: AnyArray, noise: AnyArray) -> tuple[Any, Any]:
        # numpy has no triangular solve: with P = L·Lᵀ, P⁻¹·(L·noise) is L⁻ᵀ·noise.
        root = np.linalg.cholesky(precision)
        both = np.concatenate([right, root @ noise[..., None]], axis=2)
        solved = np.linalg.solve(precision, both)
        return solved[..., 0], solved[..., 1]
