"""What genre answers say of a newcomer."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.serving.answers import (
    DRAWS,
    AnswerPrior,
    answer_features,
    fit_answer_prior,
    genre_profiles,
    genre_taste,
    simulate_answers,
    simulate_features,
    simulate_picks,
)

N_GENRES, N_FACTORS = 6, 4


N_SHELVES = 3


@pytest.fixture(scope="module")
def prior() -> AnswerPrior:
    """Learned from people whose second factor is their taste for genre 1, whose third is that for shelf 2,
    and whose others are noise."""
    rng = np.random.default_rng(0)
    genres, shelves = (rng.normal(size=(3000, n)).astype(np.float32) for n in (N_GENRES, N_SHELVES))
    vectors = rng.normal(scale=0.3, size=(3000, N_FACTORS)).astype(np.float32) + 2
    vectors[:, 1] += genres[:, 1]
    vectors[:, 2] += shelves[:, 2]
    features = simulate_features(genres, shelves, np.random.default_rng(0))
    return fit_answer_prior(vectors, features, ridge=10, strength=1)


def added(
    prior: AnswerPrior, picked: int | None = None, **genres: int
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    row, picks = np.zeros(N_GENRES, np.float32), np.zeros(N_SHELVES, np.float32)
    for name, answer in genres.items():
        row[int(name[1:])] = answer
    if picked is not None:
        picks[picked] = 1
    return prior.shift(answer_features(row, picks))


def test_no_answers_give_the_average_person(prior: AnswerPrior) -> None:
    assert prior.mean == pytest.approx(np.full(N_FACTORS, 2.0), abs=0.05)
    assert not added(prior).any()


def test_an_answer_moves_what_goes_with_its_genre_and_nothing_else(prior: AnswerPrior) -> None:
    liked, disliked = added(prior, g1=1), added(prior, g1=-1)
    assert liked[1] > 0.3
    assert disliked[1] < -0.3
    assert liked[[0, 2, 3]] == pytest.approx(np.zeros(3), abs=0.1)
    assert added(prior, g4=1)[1] < liked[1] - 0.3


def test_a_pick_moves_what_goes_with_its_shelf_and_nothing_else(prior: AnswerPrior) -> None:
    picked = added(prior, picked=2)
    assert picked[2] > 0.3
    assert picked[[0, 1, 3]] == pytest.approx(np.zeros(3), abs=0.1)
    assert added(prior, picked=0)[2] < 0


@pytest.mark.parametrize("answer", [1, -1])
def test_the_same_answer_to_everything_says_nothing(prior: AnswerPrior, answer: int) -> None:
    same = answer_features(np.full(N_GENRES, answer, np.float32), np.ones(N_SHELVES, np.float32))
    assert prior.shift(same) == pytest.approx(np.zeros(N_FACTORS), abs=1e-6)


def test_a_catalog_without_genres_gives_the_average_person() -> None:
    vectors = np.array([[1.0, 3.0], [3.0, 5.0]], np.float32)
    nothing = np.zeros((2, 0), np.float32)
    features = simulate_features(nothing, nothing, np.random.default_rng(0))
    prior = fit_answer_prior(vectors, features, ridge=1, strength=1)
    assert prior.mean.tolist() == [2.0, 4.0]
    assert prior.shift(answer_features(nothing[0], nothing[0])).tolist() == [0.0, 0.0]


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


def test_questionnaires_ask_for_genres_for_shelves_or_for_both() -> None:
    taste = np.random.default_rng(1).normal(size=(50, N_GENRES + N_SHELVES)).astype(np.float32)
    features = simulate_features(taste[:, :N_GENRES], taste[:, N_GENRES:], np.random.default_rng(0))
    assert features.shape == (DRAWS, 50, N_GENRES + N_SHELVES)
    asked = {(bool(draw[:, :N_GENRES].any()), bool(draw[:, N_GENRES:].any())) for draw in features}
    assert asked >= {(True, True), (True, False), (False, True)}


def test_picks_are_mostly_the_shelves_liked_best() -> None:
    taste = np.tile(np.array([3, 0, -1], np.float32), (5000, 1))
    picks = simulate_picks(taste, np.random.default_rng(0), picked=1)
    assert (picks.sum(axis=1) == 1).all()
    assert 0.9 < picks[:, 0].mean() < 1
    assert simulate_picks(taste, np.random.default_rng(0), picked=9).all()


def test_strength_multiplies_what_answers_add() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(50, N_FACTORS)).astype(np.float32)
    features = rng.normal(size=(2, 50, N_GENRES)).astype(np.float32)
    once, twice = (fit_answer_prior(vectors, features, ridge=1, strength=times) for times in (1, 2))
    assert np.abs(once.shift(features[0, 0])).max() > 0.01
    assert twice.shift(features[0, 0]) == pytest.approx(2 * once.shift(features[0, 0]), abs=1e-6)
