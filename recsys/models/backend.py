"""What the mathematics runs on: torch, on the CPU or a GPU, or numpy alone where torch is not installed.

An algorithm is written once, in operators and methods that tensors and arrays share (`+`, `@`, `.mT`,
`.sum(1)`, indexing); what they do not share, in name, in batching or in speed, is an operation here.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from recsys.arrays import AnyArray, Floats
from recsys.config import TrainingConfig
from recsys.errors import TorchMissing
from recsys.models.blas import one_blas_thread

Array = Any  # a torch.Tensor or a numpy array: whichever the backend makes
Source = Any  # of random numbers: a torch.Generator or a numpy.random.Generator


class Backend(Protocol):
    """Arrays are of single precision unless they hold whole numbers, or a docstring says otherwise."""

    @property
    def linalg(self) -> Any:
        """torch.linalg or numpy.linalg, of which both have cholesky, eigh, inv, qr, solve and svd."""

    def alone(self) -> AbstractContextManager[None]:
        """Inside, torch has one thread, and what overflows is silent.

        Raises Diverged for a matrix that has no decomposition.
        """

    def array(self, values: AnyArray) -> Array:
        """As it is, where the backend computes; it may share its memory."""

    def numpy(self, array: Array) -> AnyArray:
        """The way back."""

    def single(self, array: Array) -> Array:
        """In single precision."""

    def double(self, array: Array) -> Array:
        """In double precision."""

    def zeros(self, *shape: int) -> Array:
        """Zeros of this shape."""

    def ones(self, *shape: int) -> Array:
        """Ones of this shape."""

    def eye(self, n: int) -> Array:
        """The identity; shape (n, n)."""

    def arange(self, n: int) -> Array:
        """0, 1, … n - 1."""

    def where(self, chosen: Array, one: Array, other: Array | float) -> Array:
        """`one` where chosen, else `other`."""

    def concatenate(self, arrays: list[Array], axis: int = 0) -> Array:
        """Several arrays as one."""

    def is_finite(self, array: Array) -> bool:
        """Whether all of it is."""

    def source(self, seed: int) -> Source:
        """Where random numbers come from, the same for the same seed on the same device."""

    def normal(self, shape: tuple[int, ...], source: Source) -> Array:
        """Standard normal numbers."""

    def first_normal(self, shape: tuple[int, ...], deviation: float, seed: int) -> Array:
        """Normal numbers that are the same for the same seed on every device of this backend."""

    def rows(self, table: Array, at: Array) -> Array:
        """The rows of a table (n, k) at some places; shape (*at.shape, k)."""

    def bincount(self, at: Array, n: int, weights: Array | None = None) -> Array:
        """How often each place below `n` is there, or the sum of its weights; shape (n,)."""

    def sums(self, at: Array, values: Array, n: int) -> Array:
        """Sum of the values at each place below `n`; shape (n,)."""

    def sums_of_rows(self, table: Array, at: Array, starts: Array) -> Array:
        """Sums of `table[at]` from each start to the next, the last to the end; shape (len(starts), k).

        The starts ascend; what is gathered is never in memory as a whole.
        """

    def plus_product(self, base: Array, left: Array, right: Array) -> Array:
        """base + left @ right, of matrices or of as many as there are."""

    def gram(self, block: Floats) -> Array:
        """XᵀX of an array of numpy's; shape (k, k)."""

    def solve_positive(self, matrices: Array, right: Array) -> Array:
        """Solutions of positive definite systems, (n, k, k) and (n, k, m); NaN where one is not that."""

    def inverse_positive(self, matrix: Array) -> Array:
        """The inverse of a positive definite matrix; NaN if it is not that."""

    def deviations(self, root: Array, noise: Array) -> Array:
        """Standard normal `noise` (n, k) turned into rows of the precision root·rootᵀ.

        `root` is a lower triangle (k, k), or one a row (n, k, k).
        """

    def posterior(self, precision: Array, right: Array, noise: Array) -> tuple[Array, Array]:
        """precision⁻¹·right, and standard normal `noise` turned into deviations of that precision.

        Shapes (n, k, k), (n, k, 1), (n, k); of both that come back (n, k).
        """


def backend_of(device: str) -> Backend:
    """On torch where it is installed, else on numpy; `device` is a name as in TrainingConfig.

    Raises TorchMissing for CUDA without torch, InvalidData for a device that is not here.
    """
    if has_torch():
        from recsys.models.torch_backend import TorchBackend

        return TorchBackend(device)
    if device.startswith("cuda"):
        raise TorchMissing(
            f"device {device!r} needs torch, which is not installed: install it, or take auto or cpu"
        )
    from recsys.models.numpy_backend import NumpyBackend

    return NumpyBackend()


def has_torch() -> bool:
    """Whether torch can be imported; it is, if it can."""
    try:
        importlib.import_module("torch")
    except ImportError:
        return False
    return True


def around_a_fit() -> AbstractContextManager[None]:
    """What a whole fit runs in: without torch on one thread; with torch each part has its way."""
    return nullcontext() if has_torch() else one_blas_thread()


def check_torch(config: TrainingConfig) -> None:
    """Raise TorchMissing for what cannot be fitted without it: models of stars but pmf, and CUDA."""
    if has_torch():
        return
    if config.model != "pmf" and "stars" in config.parts:
        raise TorchMissing(
            f"model {config.model!r} needs torch, which is not installed: install it, or take model 'pmf'"
        )
    backend_of(config.device)
