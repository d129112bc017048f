"""The two backends: each operation means the same on both, and what needs torch says so."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

import recsys
from recsys import Catalog, Diverged, InvalidData, Ratings, TorchMissing, TrainingConfig
from recsys.arrays import AnyArray
from recsys.models import blas, numpy_backend
from recsys.models.backend import Array, Backend, backend_of
from recsys.models.numpy_backend import NumpyBackend
from recsys.models.torch_backend import TorchBackend
from tests.recsys.conftest import on

RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(7, 3)).astype(np.float32)
AT = np.array([6, 0, 0, 5, 2, 6, 1, 3, 3, 3])
VALUES = RNG.normal(size=10).astype(np.float32)
HALF = RNG.normal(size=(4, 3, 5))
POSITIVE = (HALF @ HALF.mT).astype(np.float32)  # four positive definite matrices
RIGHT = RNG.normal(size=(4, 3, 1)).astype(np.float32)
NOISE = RNG.normal(size=(4, 3)).astype(np.float32)

OPERATIONS: dict[str, Callable[[Backend, Callable[[AnyArray], Array]], Array]] = {
    "rows": lambda xp, a: xp.rows(a(TABLE), a(AT.reshape(2, 5))),
    "bincount": lambda xp, a: xp.bincount(a(AT), 9),
    "bincount with weights": lambda xp, a: xp.bincount(a(AT), 9, a(VALUES)),
    "sums": lambda xp, a: xp.sums(a(AT), a(VALUES), 9),
    "sums of rows, some of none": lambda xp, a: xp.sums_of_rows(
        a(TABLE), a(AT), a(np.array([0, 0, 4, 5, 5, 10]))
    ),
    "plus product": lambda xp, a: xp.plus_product(a(TABLE[0]), a(TABLE[:4]), a(POSITIVE[0])),
    "plus products": lambda xp, a: xp.plus_product(a(POSITIVE[1]), a(POSITIVE), a(POSITIVE)),
    "gram": lambda xp, a: xp.gram(TABLE),
    "solve": lambda xp, a: xp.solve_positive(a(POSITIVE), a(RIGHT)),
    "inverse": lambda xp, a: xp.inverse_positive(a(POSITIVE[2])),
    "no inverse": lambda xp, a: xp.inverse_positive(a(np.zeros((2, 2), np.float32))),
    "deviations of one": lambda xp, a: xp.deviations(xp.linalg.cholesky(a(POSITIVE[0])), a(NOISE)),
    "deviations of each": lambda xp, a: xp.deviations(xp.linalg.cholesky(a(POSITIVE)), a(NOISE)),
    "posterior means": lambda xp, a: xp.posterior(a(POSITIVE), a(RIGHT), a(NOISE))[0],
    "posterior deviations": lambda xp, a: xp.posterior(a(POSITIVE), a(RIGHT), a(NOISE))[1],
    "where": lambda xp, a: xp.where(a(AT) > 2, a(AT), 0),
    "concatenate": lambda xp, a: xp.concatenate([a(TABLE), xp.ones(7, 1), xp.zeros(7, 2)], 1),
    "arange": lambda xp, a: xp.arange(4),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_means_the_same_on_both(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_backend, "_CHUNK", 9)  # three rows of the table at once
    backends: tuple[Backend, ...] = (NumpyBackend(), TorchBackend("cpu"))
    found = [each.numpy(OPERATIONS[name](each, each.array)) for each in backends]
    assert found[0].shape == found[1].shape
    assert found[0].dtype == found[1].dtype
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3, atol=1e-4)


def test_deviations_have_the_precision() -> None:
    root = np.linalg.cholesky(POSITIVE[0].astype(np.float64))
    noise = np.random.default_rng(0).standard_normal((200_000, 3))
    covariance = np.cov(NumpyBackend().deviations(root, noise).T)
    assert covariance == pytest.approx(np.linalg.inv(POSITIVE[0].astype(np.float64)), rel=0.05, abs=0.01)


@pytest.mark.parametrize("backend", [NumpyBackend(), TorchBackend("cpu")])
def test_random_numbers_have_seeds(backend: Backend) -> None:
    draws: list[Callable[[int], Array]] = [
        lambda seed: backend.normal((200, 50), backend.source(seed)),
        lambda seed: backend.first_normal((200, 50), 1.0, seed),
    ]
    for draw in draws:
        one, same, other = (backend.numpy(draw(seed)) for seed in (1, 1, 2))
        assert one.dtype == np.float32
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)
        assert (one.mean(), one.std()) == (pytest.approx(0, abs=0.03), pytest.approx(1, abs=0.03))
    deviation = backend.numpy(backend.first_normal((200, 50), 0.1, 3)).std()
    assert deviation == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize("backend", [NumpyBackend(), TorchBackend("cpu")])
def test_a_matrix_without_a_decomposition_is_a_fit_that_diverged(backend: Backend) -> None:
    with pytest.raises(Diverged, match="no decomposition"), backend.alone():
        backend.linalg.cholesky(-backend.eye(2))


def test_torch_is_taken_where_it_is() -> None:
    assert isinstance(backend_of("auto"), TorchBackend)
    with on("numpy"):
        assert isinstance(backend_of("auto"), NumpyBackend)
        assert isinstance(backend_of("cpu"), NumpyBackend)


def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(InvalidData, match="there is no cuda:99 here"):
        backend_of("cuda:99")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "dot_bias"}, r"model 'dot_bias' needs torch, .*, or take model 'pmf'"),
        ({"model": "dot"}, "model 'dot' needs torch"),
        ({"model": "nn"}, "model 'nn' needs torch"),
        ({"device": "cuda:1"}, r"device 'cuda:1' needs torch, .*, or take auto or cpu"),
    ],
)
def test_what_needs_torch_says_so_before_anything_is_learned(
    changed: dict[str, str],
    message: str,
    small_ratings: Ratings,
    small_catalog: Catalog,
    quick_config: TrainingConfig,
) -> None:
    config = replace(quick_config, **changed)  # type: ignore[arg-type]
    with on("numpy"), pytest.raises(TorchMissing, match=message):
        recsys.fit(small_ratings, small_catalog, config, report=lambda step: pytest.fail("a step was made"))


def test_an_order_needs_no_torch_whatever_the_model_of_stars(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    config = replace(quick_config, model="nn", parts=("ranker",))
    with on("numpy"):
        model = recsys.fit(small_ratings, small_catalog, config)
    assert model.recommend(model.fold_in())


@pytest.mark.skipif(sys.platform != "linux", reason="not run: numpy's wheels have OpenBLAS on Linux alone")
def test_a_fit_on_numpy_has_one_thread_and_leaves_as_many_as_it_found(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    found = blas._openblas()
    assert found is not None
    library, get, set_to = found
    threads, before = list[int](), getattr(library, get)()
    getattr(library, set_to)(2)
    try:
        with on("numpy"):
            recsys.fit(
                small_ratings,
                small_catalog,
                quick_config,
                report=lambda step: threads.append(getattr(library, get)()),
            )
        assert set(threads) == {1}
        assert getattr(library, get)() == 2
    finally:
        getattr(library, set_to)(before)
    assert "torch" in sys.modules
    assert sys.modules["torch"] is torch
