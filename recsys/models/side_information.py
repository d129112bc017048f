"""Side information as few numbers a row: any feature matrix by its singular value decomposition.

A linear map of features F (n, f) with independent Gaussian weights is the same prior in the basis of F's
singular vectors, where its posterior is diagonal. So thousands of features cost no more than their rank, and
cutting the weakest directions off bounds the cost at any size. On ml-100k the strongest hundred directions of
who rated what predict better than all.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

__all__ = ["Basis", "basis_of", "who_rated_what"]

SMALLEST = 1e-4  # singular values below this share of the largest are numerical noise
OVERSAMPLING, ITERATIONS = 10, 4  # of the randomised decomposition


@dataclass(frozen=True, slots=True)
class Basis:
    """F ≈ coordinates @ loadings.T, with orthogonal columns of `coordinates` and orthonormal `loadings`."""

    coordinates: torch.Tensor  # (n, d)
    loadings: torch.Tensor  # (f, d)
    squares: torch.Tensor  # (d,): squared lengths of the columns of `coordinates`


def basis_of(features: torch.Tensor) -> Basis:
    """All directions of a dense matrix (n, f)."""
    left, strengths, right = torch.linalg.svd(features.double(), full_matrices=False)
    return _basis(left, strengths, right.T)


def who_rated_what(
    rows: torch.Tensor, columns: torch.Tensor, shape: tuple[int, int], rank: int, generator: torch.Generator
) -> Basis:
    """The `rank` strongest directions of the matrix with n^-1/2 at each rating, n ratings in its row.

    That is the scaling of implicit feedback in SVD++ (Koren 2008). `rows` and `columns` have shape
    (n_ratings,). The decomposition is randomised (Halko, Martinsson & Tropp 2011) and never makes the matrix
    dense: its cost is that of (2·ITERATIONS + 2)·rank numbers a rating.
    """
    values = torch.bincount(rows, minlength=shape[0]).double().rsqrt()[rows].float()
    matrix, transposed = _sparse(rows, columns, values, shape), _sparse(columns, rows, values, shape[::-1])
    width = min(rank + OVERSAMPLING, *shape)
    start = torch.randn(shape[1], width, generator=generator, device=rows.device)
    found = torch.linalg.qr(torch.sparse.mm(matrix, start))[0]
    for _ in range(ITERATIONS):
        back = torch.linalg.qr(torch.sparse.mm(transposed, found))[0]
        found = torch.linalg.qr(torch.sparse.mm(matrix, back))[0]
    right, strengths, left = torch.linalg.svd(
        torch.sparse.mm(transposed, found).double(), full_matrices=False
    )
    return _basis(found.double() @ left.T[:, :rank], strengths[:rank], right[:, :rank])


def _sparse(
    rows: torch.Tensor, columns: torch.Tensor, values: torch.Tensor, shape: tuple[int, int]
) -> torch.Tensor:
    at = torch.stack([rows, columns])
    return torch.sparse_coo_tensor(at, values, shape, check_invariants=True).coalesce()


def _basis(left: torch.Tensor, strengths: torch.Tensor, right: torch.Tensor) -> Basis:
    kept = strengths > SMALLEST * strengths.max().clamp_min(SMALLEST)
    coordinates = left[:, kept] * strengths[kept]
    return Basis(coordinates.float(), right[:, kept].float(), strengths[kept].square().float())
