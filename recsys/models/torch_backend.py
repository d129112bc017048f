"""The mathematics on torch: see recsys.models.backend for what each operation is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn.functional import embedding, embedding_bag

from recsys.arrays import AnyArray, Floats
from recsys.errors import Diverged
from recsys.models.device import torch_device
from recsys.models.threads import one_thread


class TorchBackend:
    """On one device, the CPU with one thread. Raises InvalidData for a device that is not here."""

    linalg = torch.linalg

    def __init__(self, device: str) -> None:
        self._device = torch_device(device)

    @contextmanager
    def alone(self) -> Iterator[None]:
        try:
            with one_thread(), np.errstate(over="ignore"):
                yield
        except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]  # it is, in its documentation
            raise Diverged(f"a matrix has no decomposition ({error})") from error

    def array(self, values: AnyArray) -> torch.Tensor:
        return torch.from_numpy(values).to(self._device)

    def numpy(self, array: torch.Tensor) -> AnyArray:
        found: AnyArray = array.cpu().numpy()
        return found

    def single(self, array: torch.Tensor) -> torch.Tensor:
        return array.float()

    def double(self, array: torch.Tensor) -> torch.Tensor:
        return array.double()

    def zeros(self, *shape: int) -> torch.Tensor:
        return torch.zeros(shape, device=self._device)

    def ones(self, *shape: int) -> torch.Tensor:
        return torch.ones(shape, device=self._device)

    def eye(self, n: int) -> torch.Tensor:
        return torch.eye(n, device=self._device)

    def arange(self, n: int) -> torch.Tensor:
        return torch.arange(n, device=self._device)

    def where(self, chosen: torch.Tensor, one: torch.Tensor, other: torch.Tensor | float) -> torch.Tensor:
        return torch.where(chosen, one, other)

    def concatenate(self, arrays: list[torch.Tensor], axis: int = 0) -> torch.Tensor:
        return torch.cat(arrays, axis)

    def is_finite(self, array: torch.Tensor) -> bool:
        return bool(torch.isfinite(array).all())

    def source(self, seed: int) -> torch.Generator:
        return torch.Generator(self._device).manual_seed(seed)

    def normal(self, shape: tuple[int, ...], source: torch.Generator) -> torch.Tensor:
        return torch.randn(shape, generator=source, device=self._device)

    def first_normal(self, shape: tuple[int, ...], deviation: float, seed: int) -> torch.Tensor:
        drawn = torch.normal(0.0, deviation, shape, generator=torch.Generator().manual_seed(seed))
        return drawn.to(self._device)

    def rows(self, table: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        return embedding(at, table)

    def bincount(self, at: torch.Tensor, n: int, weights: torch.Tensor | None = None) -> torch.Tensor:
        return torch.bincount(at, weights, minlength=n)

    def sums(self, at: torch.Tensor, values: torch.Tensor, n: int) -> torch.Tensor:
        return self.zeros(n).index_add_(0, at, values)

    def sums_of_rows(self, table: torch.Tensor, at: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        return embedding_bag(at, table, starts, mode="sum")

    def plus_product(self, base: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        if left.ndim == 2:
            return torch.addmm(base, left, right)
        return torch.baddbmm(base.expand(len(left), left.shape[1], right.shape[2]), left, right)

    def gram(self, block: Floats) -> torch.Tensor:
        if self._device.type == "cpu":
            return torch.from_numpy(block.T @ block)  # numpy sees that both are one, and computes half of it
        X = self.array(block)
        return X.T @ X

    def solve_positive(self, matrices: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return torch.cholesky_solve(right, torch.linalg.cholesky_ex(matrices)[0])

    def inverse_positive(self, matrix: torch.Tensor) -> torch.Tensor:
        root, failed = torch.linalg.cholesky_ex(matrix)
        return torch.full_like(matrix, torch.nan) if failed else torch.cholesky_inverse(root)

    def deviations(self, root: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        turned: torch.Tensor
        if root.ndim == noise.ndim:
            turned = torch.linalg.solve_triangular(root, noise, upper=False, left=False)
        else:
            turned = torch.linalg.solve_triangular(root.mT, noise[..., None], upper=True)[..., 0]
        return turned

    def posterior(
        self, precision: torch.Tensor, right: torch.Tensor, noise: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        root = torch.linalg.cholesky_ex(precision)[0]
        half = torch.linalg.solve_triangular(root, right, upper=False)
        both = torch.cat([half, noise[..., None]], dim=2)
        solved = torch.linalg.solve_triangular(root.mT, both, upper=True)
        return solved[..., 0], solved[..., 1]
