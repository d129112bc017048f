"""What genre answers say of a newcomer."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.prior import GenrePrior, fit_genre_prior, genre_profiles, genre_taste, simulate_answers

N_GENRES, N_FACTORS = 6, 4


@pytest.fixture(scope="module")
def prior() -> GenrePrior:
    """Learned from people whose second factor is their taste for genre 1, and whose others are noise."""
    rng = np.random.default_rng(0)
    taste = rng.normal(size=(3000, N_GENRES)).astype(np.float32)
    vectors = rng.normal(scale=0.3, size=(3000, N_FACTORS)).astype(np.float32) + 2
    vectors[:, 1] += taste[:, 1]
    return fit_genre_prior(vectors, taste, ridge=10, strength=1, seed=0)


def answers(**genres: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    row = np.zeros(N_GENRES, np.float32)
    for name, answer in genres.items():
        row[int(name[1:])] = answer
    return row


def test_no_answers_give_the_average_person(prior: GenrePrior) -> None:
    assert prior.vector(answers()) == pytest.approx(np.full(N_FACTORS, 2.0), abs=0.05)


def test_an_answer_moves_what_goes_with_its_genre_and_nothing_else(prior: GenrePrior) -> None:
    liked, disliked = prior.vector(answers(g1=1)), prior.vector(answers(g1=-1))
    assert liked[1] > 2.3
    assert disliked[1] < 1.7
    assert liked[[0, 2, 3]] == pytest.approx(np.full(3, 2.0), abs=0.1)
    assert prior.vector(answers(g4=1))[1] < liked[1] - 0.3


@pytest.mark.parametrize("answer", [1, -1])
def test_the_same_answer_to_everything_says_nothing(prior: GenrePrior, answer: int) -> None:
    same = np.full(N_GENRES, answer, np.float32)
    assert prior.vector(same) == pytest.approx(prior.vector(answers()), abs=1e-6)


def test_a_catalog_without_genres_gives_the_average_person() -> None:
    vectors = np.array([[1.0, 3.0], [3.0, 5.0]], np.float32)
    prior = fit_genre_prior(vectors, np.zeros((2, 0), np.float32), ridge=1, strength=1, seed=0)
    assert prior.vector(np.zeros(0, np.float32)).tolist() == [2.0, 4.0]


def test_profiles_are_share_and_shrunk_mean() -> None:
    genres = np.array([[True, False], [True, True], [False, True]])  # three films, two genres
    users, films = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 1, 2])
    values = np.array([5, 4, 3, 1, 2], np.float32)
    share, mean = genre_profiles(users, films, values, genres, n_users=2)
    assert share.tolist() == [[2 / 3, 2 / 3], [0.5, 1.0]]
    assert mean.tolist() == [[1 / 7, -1 / 7], [-0.5 / 6, 0.0]]


def test_taste_sums_z_over_the_people_of_reference() -> None:
    among = np.array([[[0.0], [2.0]], [[1.0], [5.0]]])  # means 1 and 3, deviations 1 and 2
    assert genre_taste(np.array([[[3.0]], [[7.0]]]), among=among).tolist() == [[2.0 + 2.0]]
    assert genre_taste(among[:, :1], among=among[:, :1]).tolist() == [[0.0]]


def test_simulated_answers_are_the_best_and_worst_genres_one_in_five_flipped() -> None:
    taste = np.tile(np.array([5, 4, 3, 0, -1, -2], np.float32), (20_000, 1))
    given = simulate_answers(taste, np.random.default_rng(0))
    truth = np.array([1, 1, 1, 0, -1, -1])
    assert (given[:, 3] == 0).all()
    assert (np.abs(given) == np.abs(truth)).all()
    flipped = (given != truth).mean(axis=0)[truth != 0]
    assert flipped == pytest.approx(np.full(5, 0.2), abs=0.02)


def test_strength_multiplies_what_answers_add() -> None:
    rng = np.random.default_rng(1)
    taste, vectors = (rng.normal(size=(50, n)).astype(np.float32) for n in (N_GENRES, N_FACTORS))
    once, twice = (fit_genre_prior(vectors, taste, ridge=1, strength=times, seed=0) for times in (1, 2))
    given = answers(g0=1, g3=-1)
    added = once.vector(given) - once.vector(answers())
    assert np.abs(added).max() > 0.01
    assert twice.vector(given) - twice.vector(answers()) == pytest.approx(2 * added, abs=1e-6)
