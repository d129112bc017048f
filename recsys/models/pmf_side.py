"""One side of Bayesian matrix factorisation, people or films: vectors, their prior, and draws of both.

A vector is (bias, factors). Its prior is N(mean + Σ F·B, precision⁻¹) with side information F, and everything
in it is drawn: mean and precision from their Normal-Wishart posterior (Salakhutdinov & Mnih, *Bayesian
Probabilistic Matrix Factorization using MCMC*, 2008), the link matrices B and the strength of their ridges as
in *Macau* (Simm et al., 2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles
from recsys.models.backend import Array, Backend, Source
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

    rows: Array
    ratings: Array


@dataclass(frozen=True, slots=True)
class Regression:
    """One side's ratings as regressions on the other: regressors, values and precisions by rating.

    A rating's regressors are `design[columns]`; `columns`, `targets` and `weights` have shape
    (n_ratings + 1,), the last one being the padding, whose weight is 0.
    """

    design: Array  # (n of the other side, 1 + factors)
    columns: Array
    targets: Array
    weights: Array


def batches(rows: Array, n: int, size: int, backend: Backend) -> Iterator[Batch]:
    """All rows below `n`, at most `size` ratings with padding a batch, but one row at least."""
    order = rows.argsort(stable=True)
    lengths = backend.bincount(rows, n)
    starts = lengths.cumsum(0) - lengths
    by_length = lengths.argsort(stable=True)
    sorted_lengths = backend.numpy(lengths[by_length])
    begin = 0
    while begin < n:
        limit = max(sorted_lengths[begin] * _MAX_PADDING, sorted_lengths[begin] + _SHORT)
        like = int(np.searchsorted(sorted_lengths, limit, side="right"))
        end = min(like, begin + max(1, size // max(1, int(sorted_lengths[like - 1]))))
        chosen = by_length[begin:end]
        within = backend.arange(int(sorted_lengths[end - 1]))
        real = within < lengths[chosen, None]
        at = backend.where(real, starts[chosen, None] + within, 0)
        yield Batch(chosen, backend.where(real, order[at], len(rows)))
        begin = end


class Side:
    """`vectors` (n, 1 + factors) are the current draw, `means` what they were drawn around.

    `noise_weights` (n,) say how much more than usual a rating of this row weighs. `ratings` are the rows of
    the ratings on this side, shape (n_ratings,), `weights` (n_ratings,) what each counts, 1 unless given,
    `bases` the side information. Small matrices are drawn by `rng` on the CPU, vectors by `source` where they
    are.
    """

    def __init__(
        self,
        ratings: Array,
        n: int,
        factors: int,
        bases: Sequence[Basis],
        *,
        weights: Array | None = None,
        batch_size: int,
        backend: Backend,
        source: Source,
        rng: np.random.Generator,
    ) -> None:
        self._batches = list(batches(ratings, n, batch_size, backend))
        self._bases, self._backend, self._source, self._rng = tuple(bases), backend, source, rng
        self.counts = backend.bincount(ratings, n, weights)
        self.begin(factors)

    def begin(self, factors: int) -> None:
        """Begin at random, all forgotten but the ratings."""
        n, xp = len(self.counts), self._backend
        self.vectors = self._normal(n, 1 + factors) * _INITIAL_SCALE
        self.vectors[:, 0] = 0
        self.means = self.vectors
        self.noise_weights = xp.ones(n)
        self.mean = xp.zeros(1 + factors)
        self.precision = _INITIAL_PRECISION * xp.eye(1 + factors)
        self.links = [xp.zeros(len(basis.squares), 1 + factors) for basis in self._bases]
        self._ridges = [1.0] * len(self._bases)
        # What each basis adds to the mean.
        self._shares = [xp.zeros(*self.vectors.shape) for _ in self._bases]

    def prior_means(self) -> Array:
        """Shape (n, 1 + factors)."""
        return sum(self._shares, start=self.mean + self._backend.zeros(*self.vectors.shape))

    def draw_prior(self) -> None:
        """Mean, precision, link matrices and their ridges, given the vectors."""
        self._draw_mean_and_precision()
        root = self._backend.linalg.cholesky(self.precision)
        for at, basis in enumerate(self._bases):
            others = sum(self._shares[:at] + self._shares[at + 1 :], start=self.mean)
            ridge = self._ridges[at]
            weight = basis.squares + ridge  # times the precision: that of each row of the link matrix
            expected = (basis.coordinates.T @ (self.vectors - others)) / weight[:, None]
            noise = self._normal(*expected.shape) / weight[:, None] ** 0.5
            self.links[at] = expected + self._backend.deviations(root, noise)
            self._shares[at] = basis.coordinates @ self.links[at]
            length = float(((self.links[at] @ self.precision) * self.links[at]).sum())
            shape = _LINK_SHAPE + math.prod(self.links[at].shape) / 2
            self._ridges[at] = float(self._rng.gamma(shape, 1 / (_LINK_RATE + length / 2)))

    def spread(self, moment: Array) -> None:
        """Make about draws of means: the precision of a row with n ratings is prior + n · `moment`."""
        xp = self._backend
        root = xp.linalg.cholesky(self.precision + xp.single(self.counts)[:, None, None] * moment)
        self.vectors = self.vectors + xp.deviations(root, self._normal(*self.vectors.shape))

    def draw_vectors(self, regression: Regression) -> None:
        """All vectors given the other side's; `means` are what they are drawn around."""
        # All at once, so that the size of batches changes nothing.
        noise = self._normal(*self.vectors.shape)
        self.means, deviations = self._solve(regression, noise)
        self.vectors = self.means + deviations

    def expected_vectors(self, regression: Regression) -> Array:
        """Their means given other vectors of the other side, nothing drawn; shape (n, 1 + factors)."""
        return self._solve(regression, self._backend.zeros(*self.vectors.shape))[0]

    def _solve(self, given: Regression, noise: Array) -> tuple[Array, Array]:
        """Means, and standard normal `noise` turned into deviations: one linear regression a row."""
        xp, pull = self._backend, self.prior_means() @ self.precision
        means, deviations = xp.zeros(*noise.shape), xp.zeros(*noise.shape)
        for batch in self._batches:
            X = xp.rows(given.design, given.columns.take(batch.ratings))
            weighted = X * given.weights.take(batch.ratings)[..., None]
            precision = xp.plus_product(self.precision, weighted.mT, X)
            right = weighted.mT @ given.targets.take(batch.ratings)[..., None] + pull[batch.rows][..., None]
            means[batch.rows], deviations[batch.rows] = xp.posterior(precision, right, noise[batch.rows])
        return means, deviations

    def draw_noise_weights(self, squares: Array, shape: float) -> None:
        """From Gamma(shape, shape) priors, given each row's sum of squared errors in units of the noise."""
        xp = self._backend
        shapes = shape + xp.numpy(self.counts) / 2
        drawn = self._rng.gamma(shapes) / (shape + xp.numpy(xp.double(squares)) / 2)
        self.noise_weights = xp.single(xp.array(drawn))

    def newcomers(self) -> tuple[Array, Array]:
        """Mean and covariance of vectors drawn here, for rows of which nothing is known.

        A row counts by the root of its number of ratings, midway between counting people and counting
        ratings; one imaginary row with the prior's own covariance keeps tiny worlds regular.
        """
        double = self._backend.double
        weights = double(self.counts) ** 0.5
        weights = weights / weights.sum()
        mean = weights @ double(self.vectors)
        centred = double(self.vectors) - mean
        scatter = len(centred) * (centred * weights[:, None]).T @ centred
        covariance = (scatter + self._backend.linalg.inv(double(self.precision))) / (len(centred) + 1)
        return mean, covariance

    def expected_unrated(self, features: Array, basis: int) -> Array:
        """Prior means (m, 1 + factors) of rows that are not here, given their features of one basis."""
        coordinates = features @ self._bases[basis].loadings
        return self._backend.plus_product(self.mean, coordinates, self.links[basis])

    def _draw_mean_and_precision(self) -> None:
        (n, width), xp = self.vectors.shape, self._backend
        rest = xp.double(self.vectors - sum(self._shares, start=xp.zeros(width)))
        average = rest.mean(0)
        centred = rest - average
        pull = _PRIOR_PEOPLE * n / (_PRIOR_PEOPLE + n)
        scatter = centred.T @ centred + pull * (average[:, None] * average)
        inverse_scale = np.eye(width) + xp.numpy(scatter)
        for link, ridge in zip(self.links, self._ridges, strict=True):
            inverse_scale += ridge * xp.numpy(xp.double(link).T @ xp.double(link))
        freedom = width + n + sum(len(link) for link in self.links)
        precision = wishart(self._rng, freedom, inverse_scale)
        root = np.linalg.cholesky(precision * (_PRIOR_PEOPLE + n))
        noise = np.linalg.solve(root.T, self._rng.standard_normal(width))
        expected = xp.numpy(average) * n / (_PRIOR_PEOPLE + n)
        self.precision = xp.single(xp.array(precision))
        self.mean = xp.single(xp.array(expected + noise))

    def _normal(self, *shape: int) -> Array:
        return self._backend.normal(shape, self._source)


def wishart(rng: np.random.Generator, freedom: float, inverse_scale: Doubles) -> Doubles:
    """One draw, by Bartlett's decomposition; its mean is freedom · inverse_scale⁻¹."""
    width = len(inverse_scale)
    lower = np.tril(rng.standard_normal((width, width)), -1)
    lower += np.diag(np.sqrt(rng.chisquare(freedom - np.arange(width))))
    half = np.linalg.cholesky(np.linalg.inv(inverse_scale)) @ lower
    drawn: Doubles = half @ half.T
    return drawn
