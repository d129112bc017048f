"""Fitting stars: planted worlds that have to be found again, tiny ones, and real ratings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from recsys.arrays import Doubles, Ints
from recsys.config import TABLES, DotBiasConfig, DotConfig, TrainingConfig
from recsys.data.dataset import Dataset
from recsys.data.rows import Rows
from recsys.errors import Diverged
from recsys.models.dot_bias import DotBias, fit_stars
from recsys.models.fitted import FittedFactors
from recsys.models.loop import RatingTensors
from recsys.models.uncertainty import Pairs
from recsys.progress import Step
from recsys.serving.stars import FactorStars

pytestmark = pytest.mark.real

CONFIG = TrainingConfig(device="cpu", seed=1)
N_USERS, N_MOVIES = 90, 37  # the last film is never rated

World = tuple[Ints, Ints, Doubles, Doubles]


@pytest.fixture(scope="module")
def planted() -> World:
    """users, movies, values, and the table of true stars (N_USERS, N_MOVIES): biases and one factor.

    Four ratings in five, with a noise of .3 stars.
    """
    rng = np.random.default_rng(3)
    taste, kind = rng.normal(0, 0.6, N_USERS), rng.normal(0, 1, N_MOVIES)
    user_bias, movie_bias = rng.normal(0, 0.3, N_USERS), rng.normal(0.2, 0.5, N_MOVIES)
    truth = 5.5 / (1 + np.exp(-(user_bias[:, None] + movie_bias + np.outer(taste, kind))))
    users, movies = np.nonzero(rng.random((N_USERS, N_MOVIES)) < 0.8)
    users, movies = users[movies < N_MOVIES - 1], movies[movies < N_MOVIES - 1]
    values = np.clip(truth[users, movies] + rng.normal(0, 0.3, len(users)), 0.5, 5)
    return users, movies, values, truth


def fitted(world: World, config: TrainingConfig = CONFIG) -> FactorStars:
    users, movies, values, _ = world
    return fit_stars(Rows(users, movies, values, N_USERS, N_MOVIES), config)


@pytest.fixture(scope="module")
def stars(planted: World) -> FactorStars:
    return fitted(planted)


class TestPlanted:
    def test_finds_pairs_that_nobody_rated(self, planted: World, stars: FactorStars) -> None:
        users, movies, values, truth = planted
        hidden = np.ones(truth.shape, bool)
        hidden[users, movies] = False
        hidden[:, -1] = False
        error = stars.predict(*np.nonzero(hidden)) - truth[hidden]
        person = np.array([values[users == user].mean() for user in range(N_USERS)])
        film = np.array([values[movies == movie].mean() for movie in range(N_MOVIES - 1)])
        biases = person[:, None] + film[None, :] - values.mean()
        assert np.sqrt(np.mean(error**2)) < 0.3
        assert np.sqrt(np.mean(error**2)) < 0.5 * np.std((biases - truth[:, :-1])[hidden[:, :-1]])

    def test_finds_the_noise(self, stars: FactorStars) -> None:
        assert math.sqrt(stars.noise_variance) == pytest.approx(0.3, abs=0.1)

    def test_a_newcomer_is_found_and_the_deviation_tells_how_well(
        self, planted: World, stars: FactorStars
    ) -> None:
        """People with the tastes of the first twenty, who were not there, rate half of the films."""
        truth = planted[3][:20]
        shown, asked = np.arange(0, N_MOVIES - 1, 2), np.arange(1, N_MOVIES - 1, 2)
        rng = np.random.default_rng(8)
        scores, errors, blind = [], [], []
        for person in truth:
            known = stars.fold_in(shown, np.clip(person[shown] + rng.normal(0, 0.3, len(shown)), 0.5, 5))
            mean, deviation = stars.predict_posterior(known, asked)
            given = person[asked] + rng.normal(0, 0.3, len(asked))
            errors.append(mean - person[asked])
            scores.append((given - mean) / deviation)
            blind.append(stars.predict_posterior(stars.fold_in([], []), asked)[0] - person[asked])
        assert np.std(errors) < 0.6 * np.std(blind)
        assert 0.7 < np.sqrt(np.mean(np.square(scores))) < 1.4

    def test_before_the_first_rating_people_differ_as_they_do(
        self, planted: World, stars: FactorStars
    ) -> None:
        deviation = stars.predict_posterior(stars.fold_in([], []), np.arange(N_MOVIES - 1))[1]
        among_people = np.sqrt(deviation**2 - stars.noise_variance)
        assert among_people.mean() == pytest.approx(planted[3][:, :-1].std(axis=0).mean(), rel=0.2)

    def test_a_film_without_ratings_stands_at_the_average(self, stars: FactorStars) -> None:
        assert not stars.movie_bias[-1]
        assert np.abs(stars.movie_factors[-1]).max() < 1e-9
        assert stars.movie_variance[-1] > 10 * stars.movie_variance[:-1].max()
        nobody = stars.fold_in([], [])
        unrated = stars.predict_posterior(nobody, [N_MOVIES - 1])[0]
        others = stars.predict_posterior(nobody, np.arange(N_MOVIES - 1))[0]
        assert unrated[0] == pytest.approx(others.mean(), abs=0.25)

    def test_shapes_do_not_depend_on_who_rated(self, stars: FactorStars) -> None:
        k = len(stars.prior_mean) - 1
        assert stars.user_factors.shape == (N_USERS, k)
        assert stars.movie_factors.shape == (N_MOVIES, k)
        assert k == DotBiasConfig().factors
        assert np.linalg.eigvalsh(stars.prior_precision).min() > 0

    def test_slopes_are_the_same_in_chunks(self, stars: FactorStars, monkeypatch: pytest.MonkeyPatch) -> None:
        fit = FittedFactors(
            stars.user_factors, stars.user_bias, stars.movie_factors, stars.movie_bias, stars.offset, 1.0, 1.0
        )
        pairs = Pairs(np.arange(N_USERS), np.arange(N_USERS) % N_MOVIES)
        whole = fit.slopes(pairs)
        monkeypatch.setattr("recsys.models.fitted.CHUNK", 7)
        assert fit.slopes(pairs) == pytest.approx(whole)

    def test_leaves_threads_and_random_numbers_of_the_caller_alone(
        self, planted: World, stars: FactorStars
    ) -> None:
        torch.manual_seed(99)
        before, numbers = torch.get_num_threads(), torch.get_rng_state()
        again = fitted(planted)
        assert torch.get_num_threads() == before
        assert torch.equal(torch.get_rng_state(), numbers)
        assert all((array == again.arrays()[name]).all() for name, array in stars.arrays().items())

    def test_read_only_arrays_are_welcome(self, planted: World) -> None:
        users, movies, values = planted[0].copy(), planted[1].copy(), planted[2].copy()
        for column in (users, movies, values):
            column.setflags(write=False)
        quick = replace(CONFIG, dot_bias=DotBiasConfig(epochs=1, ensemble=2))
        fit_stars(Rows(users, movies, values, N_USERS, N_MOVIES), quick)


class TestEpochs:
    def test_the_best_one_is_kept_and_learned_again_from_everything(self, planted: World) -> None:
        """So high a rate overfits: the loss on what is set aside rises before the end."""
        reported: list[Step] = []
        wild = DotBiasConfig(epochs=12, weight_decay=0.01, learning_rate=0.1, valid_share=0.3)
        users, movies, values, _ = planted
        fit_stars(
            Rows(users, movies, values, N_USERS, N_MOVIES), replace(CONFIG, dot_bias=wild), reported.append
        )
        losses = [epoch.valid_loss for epoch in reported[:12]]
        best = int(np.argmin(losses)) + 1
        assert best < 12
        assert len(reported) == 12 + best
        assert [epoch.number for epoch in reported] == list(range(1, 13 + best))
        assert reported[-1].total == reported[-1].number
        assert all(math.isnan(epoch.valid_loss) for epoch in reported[12:])
        assert all(epoch.seconds > 0 and epoch.train_loss > 0 for epoch in reported)

    def test_with_nothing_set_aside_all_epochs_count(self, planted: World) -> None:
        reported: list[Step] = []
        users, movies, values, _ = planted
        fit_stars(
            Rows(users, movies, values, N_USERS, N_MOVIES),
            replace(CONFIG, dot_bias=DotBiasConfig(epochs=3, valid_share=0.0)),
            reported.append,
        )
        assert [(epoch.number, epoch.total) for epoch in reported] == [(1, 3), (2, 3), (3, 3)]

    def test_what_was_set_aside_is_learned_too(self) -> None:
        reported: list[int] = []
        stars = fit_stars(
            Rows(np.repeat(np.arange(4), 5), np.arange(20), np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 4), 4, 20),
            replace(CONFIG, dot_bias=DotBiasConfig(valid_share=0.5)),
            lambda step: reported.append(torch.get_num_threads()),
        )
        assert (stars.movie_bias != 0).all()
        assert set(reported) == {1}

    def test_a_fit_that_ends_worse_than_a_constant_is_refused(self, planted: World) -> None:
        with pytest.raises(Diverged, match=r"a constant has.*: lower the learning rate"):
            fitted(planted, replace(CONFIG, dot_bias=DotBiasConfig(learning_rate=10.0, epochs=2)))


THE_CHAPTERS = DotBiasConfig(
    ensemble=1,
    ensemble_factors=5,
    epochs=2,
    batch_size=64,
    weight_decay=0.1,
    decay="decoupled",
    initial_scale=0.01,
    offset=False,
)


class TestTables:
    @pytest.mark.parametrize("settings", [DotBiasConfig(epochs=2, ensemble=3), THE_CHAPTERS])
    def test_parameters_and_embeddings_take_the_same_course(
        self, planted: World, settings: DotBiasConfig
    ) -> None:
        """The same first numbers, drawn from one seed, lead to the same last ones, bit by bit."""
        users, movies, values, _ = planted
        rows, courses, ends = Rows(users, movies, values, N_USERS, N_MOVIES), [], []
        for kind in TABLES:
            reported: list[Step] = []
            config = replace(CONFIG, dot_bias=replace(settings, tables=kind))
            ends.append(fit_stars(rows, config, reported.append).arrays())
            courses.append([epoch.train_loss for epoch in reported])
        assert courses[0] == courses[1]
        assert all((array == ends[1][name]).all() for name, array in ends[0].items())

    def test_start_where_they_are_told_to(self) -> None:
        """Rows drawn from N(0, 0.01) as the chapter does, before the first step."""
        generator = torch.Generator().manual_seed(0)
        people = torch.arange(400)
        ratings = RatingTensors(people, people, torch.full((400,), 3.0), torch.ones(400))
        for kind in TABLES:
            settings = replace(THE_CHAPTERS, tables=kind, ensemble_factors=50)
            model = DotBias(ratings, 400, 400, settings, generator)
            for table in (model.user_factors, model.movie_factors):
                weight = table.weight.detach()
                assert float(weight.mean()) == pytest.approx(0, abs=2e-4)
                assert float(weight.std()) == pytest.approx(0.01, rel=0.02)


class TestWithoutBiases:
    def test_has_none(self, planted: World) -> None:
        users, movies, values, truth = planted
        stars = fit_stars(Rows(users, movies, values, N_USERS, N_MOVIES), replace(CONFIG, model="dot"))
        assert not stars.user_bias.any()
        assert not stars.movie_bias.any()
        assert stars.offset == 0
        person = stars.fold_in([0, 3, 8], [5.0, 4.5, 1.0])
        assert abs(person.mean[-1]) < 1e-5
        assert person.covariance[-1, -1] < 1e-5
        assert stars.movie_factors[-1] == pytest.approx(stars.movie_factors[:-1].mean(axis=0), abs=1e-5)
        error = stars.predict(users, movies) - truth[users, movies]
        assert np.sqrt(np.mean(error**2)) < 0.35

    @pytest.mark.parametrize("value", [0.5, 3.0, 5.0])
    @pytest.mark.parametrize(("n_users", "n_movies"), [(1, 1), (1, 5), (5, 1), (4, 6)])
    def test_few_ratings_all_alike_are_learned_all_the_same(
        self, value: float, n_users: int, n_movies: int
    ) -> None:
        users, movies = (column.ravel() for column in np.indices((n_users, n_movies)))
        rows = Rows(users, movies, np.full(len(users), value), n_users, n_movies)
        stars = fit_stars(rows, replace(CONFIG, model="dot"))
        assert (np.abs(stars.predict(users, movies) - value) <= abs(2.75 - value) + 0.25).all()

    def test_a_fit_that_ends_worse_than_it_began_is_refused(self, planted: World) -> None:
        with pytest.raises(Diverged):
            fitted(planted, replace(CONFIG, model="dot", dot=DotConfig(learning_rate=10.0, epochs=2)))


class TestTiny:
    def test_ten_ratings_stay_near_the_mean_and_in_order(self) -> None:
        users, movies = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2]), np.array([0, 1, 2, 0, 1, 3, 1, 2, 3, 4])
        values = np.array([5.0, 4, 1, 4, 4, 2, 5, 1, 2, 3])
        stars = fit_stars(Rows(users, movies, values, 3, 7), CONFIG)
        predicted = stars.predict(users, movies)
        assert ((predicted > 1) & (predicted < 5)).all()
        assert stars.predict([0], [0])[0] > stars.predict([0], [2])[0] + 0.5
        fan = stars.predict_posterior(stars.fold_in([0, 1], [5.0, 5.0]), [4, 6])
        critic = stars.predict_posterior(stars.fold_in([0, 1], [1.0, 1.0]), [4, 6])
        assert (fan[0] > critic[0]).all()
        assert (fan[1] < 2).all()

    @pytest.mark.parametrize("value", [0.5, 4.0, 5.0])
    def test_one_opinion_is_given_back(self, value: float) -> None:
        stars = fit_stars(Rows(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([value] * 3), 2, 3), CONFIG)
        assert stars.predict([0, 1, 1], [0, 1, 2]) == pytest.approx([value] * 3, abs=0.1)
        assert stars.predict_posterior(stars.fold_in([], []), None)[0] == pytest.approx([value] * 3, abs=0.1)


def test_real_ratings_are_learned_better_than_by_means(movielens_100k: Dataset) -> None:
    """Half of ml-100k, a tenth of it held out, against shrunk means of films and people."""
    ratings = movielens_100k.ratings
    users, movies = (
        np.unique(column, return_inverse=True)[1] for column in (ratings.user_ids, ratings.movie_ids)
    )
    values = ratings.values.astype(np.float64)
    some = np.random.default_rng(1234).permutation(len(ratings))[:50_000]
    test, train = some[:5_000], some[5_000:]
    n_users, n_movies = int(users.max()) + 1, int(movies.max()) + 1
    stars = fit_stars(Rows(users[train], movies[train], values[train], n_users, n_movies), CONFIG)
    error = np.clip(stars.predict(users[test], movies[test]), 1, 5) - values[test]

    mean = values[train].mean()
    above = np.bincount(movies[train], values[train] - mean, minlength=n_movies)
    film = mean + above / (np.bincount(movies[train], minlength=n_movies) + 5)
    above = np.bincount(users[train], values[train] - film[movies[train]], minlength=n_users)
    person = above / (np.bincount(users[train], minlength=n_users) + 3)
    means = np.clip(film[movies[test]] + person[users[test]], 1, 5) - values[test]
    assert np.mean(error**2) < 0.97 * np.mean(means**2)
