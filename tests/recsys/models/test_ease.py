"""EASE against the regressions that it is, in a world where a transpose cannot pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys import Diverged, TrainingConfig
from recsys.arrays import Doubles, Floats
from recsys.config import RankerConfig
from recsys.data.rows import Rows
from recsys.errors import ArtifactError
from recsys.models import ease
from recsys.models.ease import fit_ease, head
from recsys.serving.ease import Ease
from tests.recsys.conftest import BACKENDS, on

N_USERS, N_FILMS = 5, 8
USERS = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 4, 4])
FILMS = np.array([0, 2, 3, 5, 7, 0, 3, 5, 0, 2, 6, 5, 2, 3, 5])  # film 5 has four ratings, 0, 2 and 3 three
VALUES = np.array([5, 4, 0.5, 3, 4.5, 2, 5, 1, 3.5, 4, 1, 5, 2.5, 4, 3], np.float32)
ROWS = Rows(USERS, FILMS, VALUES, N_USERS, N_FILMS)
FEATURES = np.random.default_rng(1).normal(size=(N_FILMS, 3)).astype(np.float32)
CONFIG = RankerConfig(ease_ratings=3, ease_ridge=0.4, ease_content=0.6, ease_dropout=0.3, ease_damping=0.8)
HEAD = [0, 2, 3, 5]


@pytest.fixture(scope="module", params=BACKENDS)
def fitted(request: pytest.FixtureRequest) -> Ease:
    with on(request.param):
        return fit_ease(ROWS, FEATURES, TrainingConfig(ranker=CONFIG, device="cpu"))


def weights(fitted: Ease) -> Floats:
    return fitted.weights * fitted.scale


def evidence() -> Doubles:
    """Weighted targets of people, and content below them; (people + features, films of the head)."""
    X = np.zeros((N_USERS, N_FILMS))
    X[USERS, FILMS] = 1 + CONFIG.slope * (VALUES.astype(np.float64) - 4)
    n = np.bincount(USERS)
    weights = (n / np.prod(n) ** (1 / N_USERS)) ** -CONFIG.ease_damping
    rows = np.vstack([np.sqrt(weights)[:, None] * X, np.sqrt(CONFIG.ease_content) * FEATURES.T])
    return np.asarray(rows[:, HEAD], np.float64)


def test_each_film_is_a_ridge_regression_on_the_others(fitted: Ease) -> None:
    X = evidence()
    rated = 6  # films with ratings
    ridge = CONFIG.ease_ridge * (len(VALUES) / rated) ** CONFIG.ease_ridge_growth
    pull = ridge + CONFIG.ease_dropout * (X**2).sum(axis=0)
    for film in range(len(HEAD)):
        others = np.delete(np.arange(len(HEAD)), film)
        A = X[:, others].T @ X[:, others] + np.diag(pull[others])
        expected = np.linalg.solve(A, X[:, others].T @ X[:, film])
        np.testing.assert_allclose(weights(fitted)[others, film], expected, atol=1e-4)
        assert fitted.weights[film, film] == 0
    assert np.abs(weights(fitted) - weights(fitted).T).max() > 0.05


def test_people_in_blocks_are_the_same_people(fitted: Ease, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "BLOCK", 2 * len(HEAD))
    again = fit_ease(ROWS, FEATURES, TrainingConfig(ranker=CONFIG, device="cpu"))
    np.testing.assert_allclose(weights(again), weights(fitted), atol=1e-4)


def test_the_head_is_the_most_rated_films_in_catalog_order() -> None:
    counts = np.array([3, 9, 5, 5, 0, 5, 2])
    assert head(counts, RankerConfig(ease_films=3, ease_ratings=1)).tolist() == [1, 2, 3]
    assert head(counts, RankerConfig(ease_films=99, ease_ratings=3)).tolist() == [0, 1, 2, 3, 5]
    assert head(counts, RankerConfig(ease_films=99, ease_ratings=10)).tolist() == []


def test_scores_are_sums_of_contributions_and_films_outside_the_head_add_nothing(fitted: Ease) -> None:
    rows, targets = np.array([1, 2, 5, 7]), np.array([1, 0.5, 1.25, 1], np.float32)
    scores = fitted.scores(rows, targets)
    for place, film in enumerate(HEAD):
        shares = fitted.contributions(rows, targets, film)
        column = weights(fitted)[:, place]
        expected = [0, 0.5 * column[1], 1.25 * column[3], 0]
        np.testing.assert_allclose(shares, expected, atol=1e-6)
        assert shares.sum() == pytest.approx(scores[place], abs=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_world_without_a_head_has_no_scores(backend: str) -> None:
    config = TrainingConfig(ranker=replace(CONFIG, ease_ratings=9), device="cpu")
    with on(backend):
        nothing = fit_ease(ROWS, FEATURES, config)
    assert nothing.scores(np.array([0, 2]), np.array([1, 1], np.float32)).shape == (0,)
    again = Ease.from_arrays(nothing.arrays(), N_FILMS)
    assert again.weights.shape == (0, 0)


def test_what_is_no_head_of_this_catalog_is_refused(fitted: Ease) -> None:
    arrays = fitted.arrays()
    for broken in (
        arrays | {"movie_rows": np.array([0, 2, 3])},
        arrays | {"movie_rows": np.array([2, 0, 3, 5])},
        arrays | {"scale": np.ones(3, np.float32)},
        arrays | {"movie_rows": np.array([0, 2, 3, N_FILMS])},
        arrays | {"movie_rows": np.array([-1, 2, 3, 5])},
    ):
        with pytest.raises(ArtifactError, match="EASE has weights"):
            Ease.from_arrays(broken, N_FILMS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fit_that_blows_up_is_refused(backend: str) -> None:
    config = TrainingConfig(ranker=replace(CONFIG, slope=1e30), device="cpu")
    with on(backend), pytest.raises(Diverged, match="EASE"):
        fit_ease(ROWS, FEATURES, config)
