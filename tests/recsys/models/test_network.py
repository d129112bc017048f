"""The network: what torch learned is what numpy serves, its gradient, and a newcomer found by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recsys.arrays import Reals
from recsys.config import NetworkConfig, TrainingConfig
from recsys.data.rows import Rows
from recsys.errors import ArtifactError
from recsys.models.loop import RatingTensors, learn, sigmoid_range
from recsys.models.network import Network, embedding_size, fit_stars
from recsys.serving.stars import NetworkStars

N_USERS, N_MOVIES = 40, 23  # the last film is never rated
EMBEDDING_NN = NetworkConfig(layers=(10, 5), epochs=12, weight_decay=0.5, valid_share=0.0)
COLLAB_NN = replace(EMBEDDING_NN, layers=(10,), batch_norm=False, learning_rate=0.03)


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Two kinds of people, two of films; each kind likes its own."""
    rng = np.random.default_rng(2)
    users, movies = np.nonzero(rng.random((N_USERS, N_MOVIES - 1)) < 0.7)
    liked = users % 2 == movies % 2
    values = np.where(liked, 4.3, 2.2) + rng.choice((-0.5, 0, 0.5), len(users))
    return Rows(users, movies, values, N_USERS, N_MOVIES)


def fitted(rows: Rows, settings: NetworkConfig) -> NetworkStars:
    return fit_stars(rows, TrainingConfig(model="nn", device="cpu", nn=settings))


@pytest.fixture(scope="module", params=[EMBEDDING_NN, COLLAB_NN], ids=["EmbeddingNN", "CollabNN"])
def settings(request: pytest.FixtureRequest) -> NetworkConfig:
    found: NetworkConfig = request.param
    return found


@pytest.fixture(scope="module")
def stars(rows: Rows, settings: NetworkConfig) -> NetworkStars:
    return fitted(rows, settings)


def test_embeddings_are_as_long_as_the_chapter_says() -> None:
    assert [embedding_size(n) for n in (944, 1635, 1664, 1_000_000)] == [74, 101, 102, 600]


def test_it_learns_who_likes_what(rows: Rows, stars: NetworkStars) -> None:
    error = stars.predict(rows.users, rows.movies) - rows.values
    assert np.mean(error**2) < 0.35 * rows.values.var()


def test_what_is_served_is_what_was_learned(rows: Rows, settings: NetworkConfig) -> None:
    """Batch norm folded into the weights, films taken through the first layer beforehand."""
    settings, generator = replace(settings, epochs=2), torch.Generator().manual_seed(0)
    ratings = RatingTensors.of(rows, torch.device("cpu"))
    learned = learn(
        lambda known: Network(known, N_USERS, N_MOVIES, settings, generator), ratings, settings, generator
    )
    with torch.no_grad():
        torchs = sigmoid_range(learned.model(ratings.users, ratings.movies))[:, 0].numpy()
    served = learned.model.served(learned.loss)
    assert served.net.stars(served.people[rows.users], rows.movies) == pytest.approx(torchs, abs=1e-4)
    assert len(served.net.layers) == len(settings.layers)


def test_the_gradient_is_that_of_small_steps(stars: NetworkStars) -> None:
    person, movies = stars.user_vectors[3].astype(np.float64), np.arange(N_MOVIES)
    predicted, J = stars.net.jacobian(person, movies)
    for entry in range(len(person)):
        step = np.zeros(len(person))
        step[entry] = 1e-5
        up, down = stars.net.stars(person + step, movies), stars.net.stars(person - step, movies)
        assert J[:, entry] == pytest.approx((up - down) / 2e-5, abs=1e-4)
    assert predicted == pytest.approx(stars.net.stars(person, movies))


def test_a_newcomer_stands_where_no_small_step_fits_better(stars: NetworkStars) -> None:
    movies, values = np.arange(8), np.where(np.arange(8) % 2, 1.0, 5.0)

    def loss(person: Reals) -> float:
        misses = values - stars.net.stars(person, movies)
        away = person - stars.prior_mean
        return float(misses @ misses / stars.noise_variance + away @ stars.prior_precision @ away)

    found = stars.fold_in(movies, values)
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 1, (200, len(found.mean))) @ np.linalg.cholesky(found.covariance).T
    least = loss(found.mean)
    assert least < loss(stars.prior_mean.astype(np.float64)) - 1
    # ReLUs have kinks, over which steps go to and fro: a tenth of -2 log likelihood is left there at most
    assert all(loss(found.mean + size * step) > least - 0.1 for step in steps for size in (0.01, 0.1, 1.0))


def test_nobody_is_the_prior(stars: NetworkStars) -> None:
    nobody = stars.fold_in([], [])
    assert nobody.mean == pytest.approx(stars.prior_mean)
    assert nobody.covariance @ stars.prior_precision == pytest.approx(np.eye(len(nobody.mean)), abs=1e-2)


def test_a_film_without_ratings_has_the_embedding_of_an_average_one(stars: NetworkStars) -> None:
    twins = np.flatnonzero((stars.net.movie_inputs == stars.net.movie_inputs[-1]).all(axis=1))
    assert len(twins) == 2
    assert stars.movie_variance[-1] > 10 * stars.movie_variance[:-1].max()


def test_what_all_films_share_makes_none_alike(stars: NetworkStars) -> None:
    vectors = stars.film_vectors()
    assert vectors.mean(axis=0) == pytest.approx(0, abs=1e-5)
    apart = stars.net.movie_inputs[0] - stars.net.movie_inputs[1]
    assert vectors[0] - vectors[1] == pytest.approx(apart, abs=1e-5)


def test_one_rating_is_enough() -> None:
    stars = fitted(Rows(np.array([0]), np.array([1]), np.array([4.0]), 1, 2), EMBEDDING_NN)
    assert stars.predict([0, 0], [0, 1]) == pytest.approx([4, 4], abs=0.5)


def test_other_arrays_are_refused_by_name(stars: NetworkStars) -> None:
    sound = stars.arrays()
    assert NetworkStars.from_arrays(sound).arrays().keys() == sound.keys()
    with pytest.raises(ArtifactError, match="biases_1"):
        NetworkStars.from_arrays({name: array for name, array in sound.items() if name != "biases_1"})
    with pytest.raises(ArtifactError, match="more"):
        NetworkStars.from_arrays({**sound, "more": np.zeros(1, np.float32)})
    for name, array in sound.items():
        with pytest.raises(ArtifactError, match="shape"):
            NetworkStars.from_arrays({**sound, name: np.zeros((*array.shape, 2), np.float32)})
