"""Bayesian matrix factorisation: planted worlds, posteriors worked out by hand, and real ratings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

import recsys
from recsys import Catalog, PmfConfig, Ratings, Recommender, TrainingConfig
from recsys.arrays import Doubles
from recsys.data.dataset import Dataset
from recsys.data.rows import Rows
from recsys.errors import Diverged
from recsys.evaluation.splits import random_fifth
from recsys.models import pmf
from recsys.models.backend import Backend
from recsys.models.numpy_backend import NumpyBackend
from recsys.models.pmf import fit_stars
from recsys.models.pmf_side import Regression, Side, batches, wishart
from recsys.models.side_information import basis_of, who_rated_what
from recsys.models.torch_backend import TorchBackend
from recsys.progress import OnStep, Step
from recsys.serving.stars import DrawnStars
from tests.recsys.conftest import BACKENDS, on

pytestmark = pytest.mark.real

Fit = Callable[..., DrawnStars]

CONFIG = TrainingConfig(
    device="cpu", seed=1, pmf=PmfConfig(factors=3, chains=2, sweeps=40, draws=5, implicit=6)
)
N_USERS, N_MOVIES = 90, 37  # the last film is never rated
CONTENT = np.hstack([np.eye(3)[np.arange(N_MOVIES) % 3], np.ones((N_MOVIES, 1))]).astype(np.float32)


@pytest.fixture(scope="module")
def truth() -> Doubles:
    """Stars of everybody for every film (N_USERS, N_MOVIES): biases and one factor; a third is far better."""
    rng = np.random.default_rng(3)
    taste, kind = rng.normal(0, 0.7, N_USERS), rng.normal(0, 0.8, N_MOVIES)
    films = rng.normal(3, 0.3, N_MOVIES) + (np.arange(N_MOVIES) % 3 == 0)
    stars: Doubles = rng.normal(0, 0.3, N_USERS)[:, None] + films + np.outer(taste, kind)
    return stars


@pytest.fixture(scope="module")
def rows(truth: Doubles) -> Rows:
    """Three ratings in five, with a noise of .3 stars."""
    rng = np.random.default_rng(4)
    users, movies = np.nonzero(rng.random(truth[:, :-1].shape) < 0.6)
    values = np.clip(truth[users, movies] + rng.normal(0, 0.3, len(users)), 0.5, 5)
    return Rows(users, movies, values, N_USERS, N_MOVIES)


@pytest.fixture(scope="module", params=BACKENDS)
def fit(request: pytest.FixtureRequest, rows: Rows) -> Fit:
    """Fits the planted world on one backend."""

    def fitted(config: TrainingConfig = CONFIG, report: OnStep | None = None) -> DrawnStars:
        with on(request.param):
            return fit_stars(rows, CONTENT, config, report)

    return fitted


@pytest.fixture(scope="module")
def stars(fit: Fit) -> DrawnStars:
    return fit()


@pytest.fixture(params=[NumpyBackend(), TorchBackend("cpu")], ids=lambda backend: type(backend).__name__)
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = request.param
    return found


class TestPlanted:
    def test_finds_pairs_that_nobody_rated(self, rows: Rows, truth: Doubles, stars: DrawnStars) -> None:
        hidden = np.ones(truth.shape, bool)
        hidden[rows.users, rows.movies] = False
        hidden[:, -1] = False
        error = stars.predict(*np.nonzero(hidden)) - truth[hidden].clip(0.5, 5)
        assert np.sqrt(np.mean(error**2)) < 0.22

    def test_finds_the_noise(self, stars: DrawnStars) -> None:
        assert np.sqrt(stars.noise_variance.mean()) == pytest.approx(0.3, abs=0.06)

    def test_a_film_without_ratings_is_guessed_from_its_content_with_doubt(self, stars: DrawnStars) -> None:
        mean = stars.predict_posterior(stars.fold_in([], []))[0]
        kind = np.arange(N_MOVIES) % 3 == 0
        others = mean[:-1]
        assert abs(mean[-1] - others[kind[:-1]].mean()) < abs(mean[-1] - others[~kind[:-1]].mean())
        assert stars.movie_doubt[-1] > 5 * stars.movie_doubt[:-1].max()

    def test_a_newcomer_is_found_and_the_deviation_tells_how_well(
        self, truth: Doubles, stars: DrawnStars
    ) -> None:
        """People with the tastes of the first thirty, who were not there, rate half of the films."""
        shown, asked = np.arange(0, N_MOVIES - 1, 2), np.arange(1, N_MOVIES - 1, 2)
        rng = np.random.default_rng(8)
        scores, errors, blind = [], [], []
        for person in truth[:30]:
            known = stars.fold_in(shown, np.clip(person[shown] + rng.normal(0, 0.3, len(shown)), 0.5, 5))
            mean, deviation = stars.predict_posterior(known, asked)
            given = np.clip(person[asked] + rng.normal(0, 0.3, len(asked)), 0.5, 5)
            errors.append(mean - person[asked])
            scores.append((given - mean) / deviation)
            blind.append(stars.predict_posterior(stars.fold_in([], []), asked)[0] - person[asked])
        assert np.std(errors) < 0.5 * np.std(blind)
        assert 0.8 < np.sqrt(np.mean(np.square(scores))) < 1.2

    def test_one_seed_one_model_whatever_the_callers_generator(self, fit: Fit, stars: DrawnStars) -> None:
        torch.manual_seed(99)
        np.random.seed(99)  # the global one, on purpose
        again = fit().arrays()
        assert all((array == again[name]).all() for name, array in stars.arrays().items())
        other = fit(replace(CONFIG, seed=2))
        assert not np.array_equal(other.movie_bias, stars.movie_bias)

    def test_blocks_change_nothing(self, fit: Fit) -> None:
        short = replace(CONFIG.pmf, sweeps=6)
        whole = fit(replace(CONFIG, pmf=short)).arrays()
        parts = fit(replace(CONFIG, pmf=replace(short, batch_size=11))).arrays()
        for name, array in whole.items():
            np.testing.assert_allclose(parts[name], array, rtol=0.02, atol=0.005, err_msg=name)

    def test_without_who_rated_what(self, fit: Fit) -> None:
        plain = fit(replace(CONFIG, pmf=PmfConfig(factors=2, sweeps=4, draws=3, implicit=0)))
        assert plain.implicit.shape == (N_MOVIES, 0)
        assert np.isfinite(plain.predict_posterior(plain.fold_in([0, 1], [1.0, 5.0]))[1]).all()
        assert DrawnStars.from_arrays(plain.arrays()) is not None

    def test_every_sweep_is_told_and_some_draws_are_kept(self, rows: Rows) -> None:
        steps: list[Step] = []
        short = replace(CONFIG.pmf, sweeps=2, burn_in=0.5, draws=9)
        kept = fit_stars(rows, CONTENT, replace(CONFIG, pmf=short), steps.append)
        assert [(step.part, step.number, step.total) for step in steps] == [
            ("stars", number, 4) for number in range(1, 5)
        ]
        assert all(step.train_loss > 0 and step.seconds > 0 for step in steps)
        # One sweep of each chain is left after the burn-in.
        assert kept.movie_factors.shape == (N_MOVIES, 2, 3)


class TestSide:
    """Three people with 3, 0 and 1 ratings of two films, in the prior that they start from."""

    @pytest.fixture
    def side(self, backend: Backend) -> Side:
        return Side(
            backend.array(np.array([2, 0, 0, 0])),
            3,
            1,
            [],
            batch_size=2,
            backend=backend,
            source=backend.source(5),
            rng=np.random.default_rng(5),
        )

    @pytest.fixture
    def regression(self, backend: Backend) -> Regression:
        return Regression(
            design=backend.array(np.array([[1, 2], [1, -1]], np.float32)),
            columns=backend.array(np.array([1, 0, 1, 0, 0])),
            targets=backend.array(np.array([1, 2, -1, 0.5, 9], np.float32)),
            weights=backend.array(np.array([1, 2, 4, 0.5, 0], np.float32)),
        )

    def test_draws_have_the_posterior_worked_out_by_hand(
        self, backend: Backend, side: Side, regression: Regression
    ) -> None:
        side.mean = backend.array(np.array([0.3, -0.2], np.float32))
        X, y, w = np.array([[1, 2], [1, -1], [1, 2]]), np.array([2, -1, 0.5]), np.array([2, 4, 0.5])
        prior = backend.numpy(backend.double(side.precision))
        precision = prior + X.T @ (w[:, None] * X)
        expected = np.linalg.solve(precision, prior @ [0.3, -0.2] + X.T @ (w * y))
        assert backend.numpy(side.expected_vectors(regression))[0] == pytest.approx(expected, abs=1e-5)
        drawn = []
        with backend.alone():
            for _ in range(600):
                side.draw_vectors(regression)
                drawn.append(backend.numpy(side.vectors))
        draws = np.stack(drawn)
        assert draws[:, 0].mean(0) == pytest.approx(expected, abs=0.05)
        assert np.cov(draws[:, 0].T) == pytest.approx(np.linalg.inv(precision), rel=0.25, abs=0.02)
        assert draws[:, 1].mean(0) == pytest.approx([0.3, -0.2], abs=0.07)  # no ratings: the prior

    def test_everybody_is_in_one_batch(self, backend: Backend) -> None:
        rows = backend.array(np.array([4, 1, 1, 1, 1, 1, 1, 4, 0]))
        found = list(batches(rows, 6, 4, backend))
        assert sorted(backend.concatenate([batch.rows for batch in found]).tolist()) == list(range(6))
        for batch in found:
            assert math.prod(batch.ratings.shape) <= 4 or len(batch.rows) == 1
            for row, at in zip(batch.rows, batch.ratings, strict=True):
                real = at[at < len(rows)]
                assert (rows[real] == row).all()
                assert len(real) == int((rows == row).sum())

    def test_wishart(self) -> None:
        scale = np.array([[2.0, 0.5], [0.5, 1.0]])
        rng = np.random.default_rng(0)
        mean = np.mean([wishart(rng, 7, np.linalg.inv(scale)) for _ in range(1000)], axis=0)
        assert mean == pytest.approx(7 * scale, rel=0.1)

    def test_a_link_to_features_is_found(self, backend: Backend) -> None:
        rng = np.random.default_rng(2)
        features = backend.array(rng.normal(size=(300, 2)).astype(np.float32))
        side = Side(
            backend.arange(300),
            300,
            1,
            [basis_of(features, backend)],
            batch_size=100,
            backend=backend,
            source=backend.source(1),
            rng=rng,
        )
        weights = np.array([[2, 0], [-1, 0.5]], np.float32)
        side.vectors = features @ backend.array(weights) + 0.1 * backend.normal((300, 2), backend.source(3))
        with backend.alone():
            for _ in range(20):
                side.draw_prior()
        unseen = side.expected_unrated(backend.eye(2), 0)
        assert backend.numpy(unseen) == pytest.approx(weights, abs=0.1)


def test_who_rated_what_is_the_decomposition_of_the_scaled_matrix(backend: Backend) -> None:
    rng = np.random.default_rng(6)
    seen = rng.random((30, 17)) < 0.4
    users, movies = (backend.array(at) for at in np.nonzero(seen))
    scaled = seen / np.sqrt(np.maximum(seen.sum(1), 1))[:, None]
    found = who_rated_what(users, movies, (30, 17), 5, backend, backend.source(0))
    strongest = np.linalg.svd(scaled)[1][:5]
    assert backend.numpy(found.squares) ** 0.5 == pytest.approx(strongest, rel=1e-3)
    left, strengths, right = np.linalg.svd(scaled, full_matrices=False)
    expected = (left[:, :5] * strengths[:5]) @ right[:5]
    assert backend.numpy(found.coordinates @ found.loadings.T) == pytest.approx(expected, abs=2e-3)


class TestServed:
    def test_fold_in_is_bayesian_linear_regression(self, stars: DrawnStars) -> None:
        movies, values = np.array([3, 5, 11]), np.array([4.5, 1.0, 3.0])
        found = stars.fold_in(movies, values)
        chosen = stars.implicit[movies].sum(0) / np.sqrt(3) - stars.implicit_centre
        for draw in range(len(stars.noise_variance)):
            X = np.column_stack([np.ones(3), stars.movie_factors[movies, draw]])
            noise = stars.noise_variance[draw] / stars.movie_weight[movies] + stars.movie_doubt[movies]
            prior = stars.prior_mean[draw] + 3 / 13 * chosen @ stars.implicit_links[draw]
            precision = stars.prior_precision[draw] + X.T @ np.diag(1 / noise) @ X
            left = values - stars.offset - stars.movie_bias[movies, draw]
            right = stars.prior_precision[draw] @ prior + X.T @ (left / noise)
            assert found.mean[draw] == pytest.approx(np.linalg.solve(precision, right), abs=1e-4)
            assert found.covariance[draw] == pytest.approx(np.linalg.inv(precision), abs=1e-5)

    def test_mean_and_deviation_are_those_of_the_mixture(self, stars: DrawnStars) -> None:
        known = stars.fold_in([3, 5], [4.0, 2.0])
        movie, s = 8, len(stars.noise_variance)
        X = np.column_stack([np.ones(s), stars.movie_factors[movie]])
        means = stars.offset + stars.movie_bias[movie] + np.sum(X * known.mean, axis=1)
        doubt = np.mean([x @ covariance @ x for x, covariance in zip(X, known.covariance, strict=True)])
        noise = stars.noise_variance.mean() * stars.noise_spread[0] / stars.movie_weight[movie]
        mean, deviation = stars.predict_posterior(known, [movie, 2])
        appeal = stars.movie_appeal[movie] * doubt / stars.movie_openness[movie]
        assert mean[0] == pytest.approx(means.mean() + appeal, abs=1e-4)
        assert deviation[0] ** 2 == pytest.approx(
            doubt + stars.movie_doubt[movie] + means.var() + noise, rel=1e-3
        )
        everything = stars.predict_posterior(known)
        assert everything[0][[movie, 2]] == pytest.approx(mean, abs=1e-5)

    def test_nothing_known_is_fully_open(self, stars: DrawnStars) -> None:
        """Then a film's audience counts in full: the mean is about that of its ratings."""
        nobody = stars.fold_in([], [])
        X = np.concatenate([np.ones((N_MOVIES, len(nobody.mean), 1)), stars.movie_factors], axis=2)
        doubt = np.einsum("nsk,skj,nsj->n", X, nobody.covariance, X) / len(nobody.mean)
        assert doubt == pytest.approx(stars.movie_openness, rel=1e-3)

    def test_genre_answers_move_the_prior(self, small_recommender: Recommender) -> None:
        """Every other person there loves comedies, the others horror."""
        comedies = [film.movie_id for film in small_recommender.catalog if "Comedy" in film.genres]
        fan = small_recommender.fold_in(genres={"Comedy": 1, "Horror": -1})
        foe = small_recommender.fold_in(genres={"Comedy": -1, "Horror": 1})
        gap = (
            small_recommender.predict_for(fan, comedies)[0] - small_recommender.predict_for(foe, comedies)[0]
        )
        assert gap.min() > 0.05


class TestDraws:
    @pytest.mark.parametrize(("draws", "expected"), [(1, [9, 19]), (2, [9, 19]), (4, [5, 9, 15, 19])])
    def test_each_chain_gives_its_last_sweep(
        self, rows: Rows, monkeypatch: pytest.MonkeyPatch, draws: int, expected: list[int]
    ) -> None:
        steps: list[Step] = []
        kept: list[int] = []
        keep = pmf._Sampler.keep

        def noted(sampler: pmf._Sampler) -> None:
            kept.append(len(steps))
            keep(sampler)

        monkeypatch.setattr(pmf._Sampler, "keep", noted)
        settings = replace(CONFIG.pmf, chains=2, sweeps=10, draws=draws)
        fit_stars(rows, CONTENT, replace(CONFIG, pmf=settings), steps.append)
        assert kept == expected

    def test_a_draw_that_is_not_finite_is_not_kept(self, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
        kept: list[object] = []
        monkeypatch.setattr(pmf._Sampler, "sweep", lambda sampler, **_: float("nan"))
        monkeypatch.setattr(pmf._Sampler, "keep", kept.append)
        with pytest.raises(Diverged, match="sweep 1"):
            fit_stars(rows, CONTENT, replace(CONFIG, pmf=replace(CONFIG.pmf, burn_in=0.0)))
        assert not kept


def test_the_order_of_ratings_changes_nothing(small_ratings: Ratings, small_catalog: Catalog) -> None:
    config = replace(CONFIG, parts=("stars",), pmf=replace(CONFIG.pmf, sweeps=3))
    shuffled = small_ratings.take(np.random.default_rng(1).permutation(len(small_ratings)))
    one, other = (recsys.fit(each, small_catalog, config).stars for each in (small_ratings, shuffled))
    assert all((array == other.arrays()[name]).all() for name, array in one.arrays().items())


def test_real_ratings(movielens_100k: Dataset) -> None:
    """A short fit already beats every other model here, and knows how sure it is of newcomers."""
    train, test = random_fifth(movielens_100k.ratings, 11)
    old = train.user_ids % 16 > 0
    config = TrainingConfig(device="cpu", parts=("stars",), pmf=PmfConfig(chains=1, sweeps=24, burn_in=0.5))
    recommender = recsys.fit(train.take(old), movielens_100k.catalog, config)
    known = test.take(np.isin(test.user_ids, recommender.user_ids))
    predicted = recommender.predict(known.user_ids, known.movie_ids)
    assert np.mean((predicted - known.values) ** 2) < 0.80
    scores = []
    for user_id in np.unique(train.user_ids[~old]):
        history, rest = train.take(train.user_ids == user_id), test.take(test.user_ids == user_id)
        person = recommender.fold_in(
            dict(zip(history.movie_ids.tolist(), history.values.tolist(), strict=True))
        )
        mean, deviation = recommender.predict_for(person, rest.movie_ids)
        scores.append((rest.values - mean) / deviation)
    within = np.abs(np.concatenate(scores))
    assert 0.62 < np.mean(within < 1) < 0.80
    assert 0.92 < np.mean(within < 2) < 0.98
