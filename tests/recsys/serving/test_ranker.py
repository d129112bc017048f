"""The ranker against the plain algebra of its loss, in worlds where a transpose cannot pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import Diverged, TrainingConfig
from recsys.arrays import Doubles, Ints
from recsys.config import RankerConfig
from recsys.data.rows import Rows
from recsys.models.backend import Backend, backend_of
from recsys.models.ease import fit_ease
from recsys.models.ials import INITIAL_SCALE, fit_film_factors
from recsys.progress import Step
from recsys.serving.ranker import Ranker, effective_number
from tests.recsys.conftest import BACKENDS, on

N_USERS, N_FILMS, N_FEATURES = 5, 9, 3
CONFIG = RankerConfig(
    factors=4,
    sweeps=3,
    unseen_weight=0.3,
    regularisation=0.02,
    film_regularisation=1.7,
    ease_ratings=2,
    ease_share=0.7,
)
# 5, 2, 3, 1 and 2 ratings: shorter and longer than factors.
USERS = np.array([0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 4])
FILMS = np.array([0, 1, 2, 5, 7, 0, 3, 0, 1, 6, 0, 2, 0])  # film 0 has five, 4 and 8 have none
VALUES = np.array([5, 4, 0.5, 3, 4.5, 2, 5, 3.5, 4, 1, 5, 2.5, 4], np.float32)
ROWS = Rows(USERS, FILMS, VALUES, N_USERS, N_FILMS)
FEATURES = np.random.default_rng(1).normal(size=(N_FILMS, N_FEATURES)).astype(np.float32)
EFFECTIVE_FILMS = 13**2 / (5**2 + 2 * 2**2 + 4 * 1**2)  # of 13 ratings


def rated_by(user: int) -> tuple[Ints, Doubles]:
    """Films that a person rated, and their targets."""
    at = np.equal(USERS, user)
    return FILMS[at], 1 + CONFIG.slope * (VALUES[at].astype(np.float64) - 4)


def raters_of(film: int) -> tuple[Ints, Doubles]:
    """People who rated a film, and their targets."""
    at = np.equal(FILMS, film)
    return USERS[at], 1 + CONFIG.slope * (VALUES[at].astype(np.float64) - 4)


def solve(
    W: Doubles, rated: Ints, targets: Doubles, prior: Doubles, scale: float, n_others: float
) -> Doubles:
    """One row of one side by the normal equations of the loss, nothing clever."""
    a0, k = CONFIG.unseen_weight, W.shape[1]
    pull = scale * CONFIG.regularisation * (len(rated) + a0 * n_others)
    A = a0 * W.T @ W + pull * np.eye(k) + W[rated].T @ W[rated]
    return np.asarray(np.linalg.solve(A, W[rated].T @ targets + pull * prior), np.float64)


def reference_film_factors(seed: int, backend: Backend) -> Doubles:
    """The fit, row by row."""
    k = CONFIG.factors
    V: Doubles = np.array(backend.first_normal((N_FILMS, k), INITIAL_SCALE / k**0.5, seed).tolist())
    F = FEATURES.astype(np.float64)
    known = np.unique(FILMS)
    nothing = np.zeros(k)
    for _ in range(CONFIG.sweeps):
        gram = F[known].T @ F[known] + CONFIG.content_ridge * np.eye(N_FEATURES)
        prior = F @ np.linalg.solve(gram, F[known].T @ V[known])
        U = np.stack([solve(V, *rated_by(user), nothing, 1, EFFECTIVE_FILMS) for user in range(N_USERS)])
        V = np.stack(
            [
                solve(U, *raters_of(film), prior[film], CONFIG.film_regularisation, N_USERS)
                for film in range(N_FILMS)
            ]
        )
    return V


def fitted(config: TrainingConfig) -> Ranker:
    film_factors = fit_film_factors(ROWS, FEATURES, config)
    effective_films = effective_number(np.bincount(FILMS))
    return Ranker.from_factors(film_factors, effective_films, fit_ease(ROWS, FEATURES, config), config.ranker)


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return fitted(TrainingConfig(ranker=CONFIG, device="cpu", seed=3))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_fit_is_the_plain_algebra_of_its_loss(backend: str) -> None:
    with on(backend):
        expected = reference_film_factors(3, backend_of("cpu"))
        ranker = fitted(TrainingConfig(ranker=CONFIG, device="cpu", seed=3))
    products = ranker.film_factors @ ranker.film_factors.T  # free of the basis
    np.testing.assert_allclose(products, expected @ expected.T, atol=1e-5)
    assert np.abs(products).max() > 0.1


def test_the_gram_is_diagonal_in_the_basis_that_is_served(ranker: Ranker) -> None:
    V = ranker.film_factors.astype(np.float64)
    np.testing.assert_allclose(CONFIG.unseen_weight * V.T @ V, np.diag(ranker.gram), atol=1e-6)


@pytest.mark.parametrize("user", range(N_USERS))
def test_folding_in_somebody_of_the_training_gives_their_own_solution(ranker: Ranker, user: int) -> None:
    V = ranker.film_factors.astype(np.float64)
    films, targets = rated_by(user)
    found = ranker.fold_in_factors(films, VALUES[np.equal(USERS, user)])
    np.testing.assert_allclose(
        found, solve(V, films, targets, np.zeros(CONFIG.factors), 1, EFFECTIVE_FILMS), atol=1e-5
    )


def test_the_score_blends_factors_and_ease_where_ease_knows_the_film(ranker: Ranker) -> None:
    assert ranker.ease.movie_rows.tolist() == [0, 1, 2]  # those with two ratings or more
    rows, values = np.array([0, 2, 7]), np.array([5, 4.5, 3], np.float32)
    targets = 1 + CONFIG.slope * (values - 4)
    by_factors = ranker.film_factors @ ranker.fold_in_factors(rows, values)
    weights = ranker.ease.weights * ranker.ease.scale
    by_ease = targets[0] * weights[0] + targets[1] * weights[2]  # film 7 is not in the head
    expected = by_factors.copy()
    expected[:3] = 0.3 * by_factors[:3] + 0.7 * by_ease
    np.testing.assert_allclose(ranker.scores(ranker.fold_in(rows, values)), expected, atol=1e-5)
    assert np.abs(expected - by_factors)[:3].min() > 1e-3


def test_the_effective_number_of_films() -> None:
    assert effective_number(np.array([7, 7, 7])) == pytest.approx(3)
    assert effective_number(np.array([9, 0, 0])) == pytest.approx(1)
    assert effective_number(np.bincount(FILMS)) == pytest.approx(EFFECTIVE_FILMS)


def test_arrays_give_the_same_ranker_again(ranker: Ranker) -> None:
    again = Ranker.from_arrays(ranker.arrays(), CONFIG)
    rows, values = np.array([0, 2, 7]), np.array([5, 4.5, 3], np.float32)
    assert (
        again.scores(again.fold_in(rows, values)).tolist()
        == ranker.scores(ranker.fold_in(rows, values)).tolist()
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_contributions_sum_to_the_score(ranker: Ranker, data: st.DataObject) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, N_FILMS - 1), unique=True, max_size=N_FILMS)), np.int64)
    stars = st.integers(1, 10).map(lambda halves: halves / 2)
    values = np.array(data.draw(st.lists(stars, min_size=len(rows), max_size=len(rows))), np.float32)
    scores = ranker.scores(ranker.fold_in(rows, values))
    for film in range(N_FILMS):
        shares = ranker.contributions(rows, values, film)
        assert shares.shape == rows.shape
        assert shares.sum() == pytest.approx(scores[film], abs=1e-5)


def test_a_contribution_is_what_the_score_loses_when_its_target_is_zero(ranker: Ranker) -> None:
    rows, values = np.array([0, 2, 7]), np.array([5, 4.5, 3], np.float32)
    zero = np.float32(4 - 1 / CONFIG.slope)  # stars whose target is zero
    without = np.array([5, zero, 3], np.float32)
    loss = ranker.scores(ranker.fold_in(rows, values)) - ranker.scores(ranker.fold_in(rows, without))
    found = [ranker.contributions(rows, values, film)[1] for film in range(N_FILMS)]
    np.testing.assert_allclose(found, loss, atol=1e-5)


def test_a_film_that_nobody_rated_stands_where_its_content_puts_it(ranker: Ranker) -> None:
    assert np.abs(ranker.film_factors[[4, 8]]).max(axis=1).min() > 1e-3


def test_every_sweep_is_reported() -> None:
    steps: list[Step] = []
    config = TrainingConfig(ranker=CONFIG, device="cpu")
    fit_film_factors(ROWS, FEATURES, config, steps.append)
    assert [(sweep.number, sweep.total) for sweep in steps] == [(1, 3), (2, 3), (3, 3)]


def test_the_fit_leaves_torch_as_many_threads_as_it_found() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        fitted(TrainingConfig(ranker=CONFIG, device="cpu"))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fit_that_blows_up_is_refused(backend: str) -> None:
    config = TrainingConfig(ranker=replace(CONFIG, slope=1e30), device="cpu")
    with on(backend), pytest.raises(Diverged, match="ranker"):
        fitted(config)
