"""One side of Bayesian matrix factorisation, people or films: vectors, their prior, and draws of both.

A vector is (bias, factors). Its prior is N(mean + Σ F·B, precision⁻¹) with side information F, and everything
in it is drawn: mean and precision from their Normal-Wishart posterior (Salakhutdinov & Mnih, *Bayesian
Probabilistic Matrix Factorization using MCMC*, 2008), the link matrices B and the strength of their ridges as
in *Macau* (Simm et al., 2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import embedding

from recsys.arrays import Doubles
from recsys.models.side_information import Basis

_MAX_PADDING = 1.3  # rows of one batch differ in length by this factor, or by SHORT, at most
_SHORT = 4
_PRIOR_PEOPLE = 2.0  # vectors that the prior of the mean weighs as much as
_LINK_SHAPE = _LINK_RATE = 1.0  # of the Gamma prior of a link matrix's ridge
_INITIAL_SCALE, _INITIAL_PRECISION = 0.1, 5.0  # of the factors before the first sweep


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows with a like number of ratings; `ratings` (rows, longest) are their positions.

    Where padded, the position is the number of ratings: callers put a rating of no weight there.
    """

    rows: torch.Tensor
    ratings: torch.Tensor


@dataclass(frozen=True, slots=True)
class Regression:
    """One side's ratings as regressions on the other: regressors, values and precisions by rating.

    A rating's regressors are `design[columns]`; `columns`, `targets` and `weights` have shape
    (n_ratings + 1,), the last one being the padding, whose weight is 0.
    """

    design: torch.Tensor  # (n of the other side, 1 + factors)
    columns: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor


def batches(rows: torch.Tensor, n: int, size: int) -> Iterator[Batch]:
    """All rows below `n`, at most `size` ratings with padding a batch, but one row at least."""
    order = torch.argsort(rows, stable=True)
    lengths = torch.bincount(rows, minlength=n)
    starts = torch.cumsum(lengths, 0) - lengths
    by_length = torch.argsort(lengths, stable=True)
    sorted_lengths = lengths[by_length].cpu().numpy()
    begin = 0
    while begin < n:
        limit = max(sorted_lengths[begin] * _MAX_PADDING, sorted_lengths[begin] + _SHORT)
        like = int(np.searchsorted(sorted_lengths, limit, side="right"))
        end = min(like, begin + max(1, size // max(1, int(sorted_lengths[like - 1]))))
        chosen = by_length[begin:end]
        within = torch.arange(int(sorted_lengths[end - 1]), device=rows.device)
        real = within < lengths[chosen, None]
        at = torch.where(real, starts[chosen, None] + within, 0)
        yield Batch(chosen, torch.where(real, order[at], len(rows)))
        begin = end


class Side:
    """`vectors` (n, 1 + factors) are the current draw, `means` what they were drawn around.

    `noise_weights` (n,) say how much more than usual a rating of this row weighs. `ratings` are the rows of
    the ratings on this side, shape (n_ratings,), `weights` (n_ratings,) what each counts, 1 unless given,
    `bases` the side information. Small matrices are drawn by
    `rng` on the CPU, vectors by `generator` where they are.
    """

    def __init__(
        self,
        ratings: torch.Tensor,
        n: int,
        factors: int,
        bases: Sequence[Basis],
        *,
        weights: torch.Tensor | None = None,
        batch_size: int,
        generator: torch.Generator,
        rng: np.random.Generator,
    ) -> None:
        self._batches = list(batches(ratings, n, batch_size))
        self._bases, self._generator, self._rng = tuple(bases), generator, rng
        self.counts = torch.bincount(ratings, weights, minlength=n)
        self.begin(factors)

    def begin(self, factors: int) -> None:
        """Begin at random, all forgotten but the ratings."""
        n, device = len(self.counts), self.counts.device
        self.vectors = torch.randn(n, 1 + factors, generator=self._generator, device=device) * _INITIAL_SCALE
        self.vectors[:, 0] = 0
        self.means = self.vectors
        self.noise_weights = torch.ones(n, device=device)
        self.mean = torch.zeros(1 + factors, device=device)
        self.precision = _INITIAL_PRECISION * torch.eye(1 + factors, device=device)
        self.links = [torch.zeros(len(basis.squares), 1 + factors, device=device) for basis in self._bases]
        self._ridges = [1.0] * len(self._bases)
        # What each basis adds to the mean.
        self._shares = [torch.zeros_like(self.vectors) for _ in self._bases]

    def prior_means(self) -> torch.Tensor:
        """Shape (n, 1 + factors)."""
        return sum(self._shares, start=self.mean.expand_as(self.vectors))

    def draw_prior(self) -> None:
        """Mean, precision, link matrices and their ridges, given the vectors."""
        self._draw_mean_and_precision()
        root = torch.linalg.cholesky(self.precision)
        for at, basis in enumerate(self._bases):
            others = sum(self._shares[:at] + self._shares[at + 1 :], start=self.mean)
            ridge = self._ridges[at]
            weight = basis.squares + ridge  # times the precision: that of each row of the link matrix
            expected = (basis.coordinates.T @ (self.vectors - others)) / weight[:, None]
            noise = self._normal(*expected.shape) / weight.sqrt()[:, None]
            self.links[at] = expected + _deviation(root, noise)
            self._shares[at] = basis.coordinates @ self.links[at]
            length = float(((self.links[at] @ self.precision) * self.links[at]).sum())
            shape = _LINK_SHAPE + self.links[at].numel() / 2
            self._ridges[at] = float(self._rng.gamma(shape, 1 / (_LINK_RATE + length / 2)))

    def spread(self, moment: torch.Tensor) -> None:
        """Make about draws of means: the precision of a row with n ratings is prior + n · `moment`."""
        precision = self.precision + self.counts[:, None, None] * moment
        root = torch.linalg.cholesky(precision)
        noise = self._normal(*self.vectors.shape)[..., None]
        self.vectors = self.vectors + torch.linalg.solve_triangular(root.mT, noise, upper=True)[..., 0]

    def draw_vectors(self, regression: Regression) -> None:
        """All vectors given the other side's; `means` are what they are drawn around."""
        # All at once, so that the size of batches changes nothing.
        noise = self._normal(*self.vectors.shape)
        self.means, deviations = self._solve(regression, noise)
        self.vectors = self.means + deviations

    def expected_vectors(self, regression: Regression) -> torch.Tensor:
        """Their means given other vectors of the other side, nothing drawn; shape (n, 1 + factors)."""
        return self._solve(regression, torch.zeros_like(self.vectors))[0]

    def _solve(self, given: Regression, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Means, and standard normal `noise` turned into deviations: one linear regression a row."""
        width = noise.shape[1]
        pull = self.prior_means() @ self.precision
        means, deviations = torch.empty_like(noise), torch.empty_like(noise)
        for batch in self._batches:
            X = embedding(given.columns.take(batch.ratings), given.design)
            weighted = X * given.weights.take(batch.ratings)[..., None]
            precision = torch.baddbmm(self.precision.expand(len(X), width, width), weighted.mT, X)
            right = weighted.mT @ given.targets.take(batch.ratings)[..., None] + pull[batch.rows][..., None]
            root = torch.linalg.cholesky_ex(precision)[0]
            half = torch.linalg.solve_triangular(root, right, upper=False)
            both = torch.cat([half, noise[batch.rows][..., None]], dim=2)
            solved = torch.linalg.solve_triangular(root.mT, both, upper=True)
            means[batch.rows], deviations[batch.rows] = solved[..., 0], solved[..., 1]
        return means, deviations

    def draw_noise_weights(self, squares: torch.Tensor, shape: float) -> None:
        """From Gamma(shape, shape) priors, given each row's sum of squared errors in units of the noise."""
        shapes = shape + self.counts.cpu().numpy() / 2
        drawn = self._rng.gamma(shapes) / (shape + squares.double().cpu().numpy() / 2)
        self.noise_weights = torch.from_numpy(drawn).to(self.vectors)

    def newcomers(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and covariance of vectors drawn here, for rows of which nothing is known.

        A row counts by the root of its number of ratings, midway between counting people and counting
        ratings; one imaginary row with the prior's own covariance keeps tiny worlds regular.
        """
        weights = self.counts.double().sqrt()
        weights = weights / weights.sum()
        mean = weights @ self.vectors.double()
        centred = self.vectors.double() - mean
        scatter = len(centred) * (centred * weights[:, None]).T @ centred
        covariance = (scatter + torch.linalg.inv(self.precision.double())) / (len(centred) + 1)
        return mean, covariance

    def expected_unrated(self, features: torch.Tensor, basis: int) -> torch.Tensor:
        """Prior means (m, 1 + factors) of rows that are not here, given their features of one basis."""
        return torch.addmm(self.mean, features @ self._bases[basis].loadings, self.links[basis])

    def _draw_mean_and_precision(self) -> None:
        n, width = self.vectors.shape
        rest = (self.vectors - sum(self._shares, start=torch.zeros_like(self.mean))).double()
        average = rest.mean(0)
        centred = rest - average
        pull = _PRIOR_PEOPLE * n / (_PRIOR_PEOPLE + n)
        scatter = centred.T @ centred + pull * torch.outer(average, average)
        inverse_scale = np.eye(width) + scatter.cpu().numpy()
        for link, ridge in zip(self.links, self._ridges, strict=True):
            inverse_scale += ridge * (link.double().T @ link.double()).cpu().numpy()
        freedom = width + n + sum(len(link) for link in self.links)
        precision = wishart(self._rng, freedom, inverse_scale)
        root = np.linalg.cholesky(precision * (_PRIOR_PEOPLE + n))
        noise = np.linalg.solve(root.T, self._rng.standard_normal(width))
        expected = average.cpu().numpy() * n / (_PRIOR_PEOPLE + n)
        self.precision = torch.from_numpy(precision).to(self.vectors)
        self.mean = torch.from_numpy(expected + noise).to(self.vectors)

    def _normal(self, *shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=self._generator, device=self.vectors.device)


def wishart(rng: np.random.Generator, freedom: float, inverse_scale: Doubles) -> Doubles:
    """One draw, by Bartlett's decomposition; its mean is freedom · inverse_scale⁻¹."""
    width = len(inverse_scale)
    lower = np.tril(rng.standard_normal((width, width)), -1)
    lower += np.diag(np.sqrt(rng.chisquare(freedom - np.arange(width))))
    half = np.linalg.cholesky(np.linalg.inv(inverse_scale)) @ lower
    drawn: Doubles = half @ half.T
    return drawn


def _deviation(root: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Rows of standard normal `noise` (n, k) turned into rows of precision root @ root.T."""
    turned: torch.Tensor = torch.linalg.solve_triangular(root, noise, upper=False, left=False)
    return turned
