"""What is served of a predictor of stars: fold-in against plain algebra, deviations, arrays."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import ArtifactError
from recsys.serving.stars import FactorStars, StarsPosterior

N_USERS, N_MOVIES, K = 4, 7, 2


def served(seed: int = 0) -> FactorStars:
    """Four people, seven films, two factors; a prior that is neither round nor centred."""
    rng = np.random.default_rng(seed)

    def table(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.normal(0, 0.7, shape).astype(np.float32)

    root = rng.normal(0, 0.5, (K + 1, K + 1))
    return FactorStars(
        user_factors=table(N_USERS, K),
        user_bias=table(N_USERS),
        movie_factors=table(N_MOVIES, K),
        movie_bias=table(N_MOVIES),
        movie_variance=np.linspace(0.01, 0.2, N_MOVIES, dtype=np.float32),
        prior_mean=np.array([0.2, -0.1, 0.3], np.float32),
        prior_precision=np.linalg.inv(root @ root.T + 0.2 * np.eye(K + 1)).astype(np.float32),
        offset=0.4,
        noise_variance=0.6,
        low=0.0,
        high=5.5,
    )


ratings = st.lists(
    st.tuples(st.integers(0, N_MOVIES - 1), st.integers(1, 10).map(lambda half: half / 2)),
    max_size=40,
)


class TestPredict:
    def test_is_the_sigmoid_of_the_sum(self) -> None:
        stars = served()
        logit = (
            0.4
            + float(stars.user_bias[3])
            + float(stars.movie_bias[6])
            + float(stars.user_factors[3, 0] * stars.movie_factors[6, 0])
            + float(stars.user_factors[3, 1] * stars.movie_factors[6, 1])
        )
        assert stars.predict([3], [6])[0] == pytest.approx(5.5 / (1 + np.exp(-logit)), rel=1e-6)


class TestSensitivity:
    def test_gradients_are_the_change_of_the_stars(self) -> None:
        stars, movies = served(), np.array([5, 0, 3])
        person = stars.fold_in([1, 2], [4.0, 2.5])
        found = stars.sensitivity(person, movies)
        for at in range(K + 1):
            step = 1e-2 * np.eye(K + 1)[at]
            there, back = (
                stars.predict_posterior(StarsPosterior(person.mean + way * step, person.covariance), movies)[
                    0
                ]
                for way in (1, -1)
            )
            assert found.gradients[:, at] == pytest.approx((there - back) / 2e-2, abs=1e-3)

    def test_with_the_films_and_the_noise_it_makes_the_deviation(self) -> None:
        stars = replace(served(), movie_variance=np.zeros(N_MOVIES, np.float32))
        person = stars.fold_in([1, 2], [4.0, 2.5])
        found = stars.sensitivity(person, np.arange(N_MOVIES))
        doubt = np.einsum("nk,kl,nl->n", found.gradients, found.covariance, found.gradients)
        deviation = stars.predict_posterior(person)[1]
        assert deviation == pytest.approx(np.sqrt(doubt + found.noise), rel=1e-5)


class TestFoldIn:
    def test_without_ratings_gives_the_prior(self) -> None:
        stars = served()
        nobody = stars.fold_in([], [])
        assert nobody.mean == pytest.approx(stars.prior_mean)
        assert nobody.covariance @ stars.prior_precision == pytest.approx(np.eye(K + 1), abs=1e-5)

    def test_a_shift_moves_the_prior_and_fades_with_ratings(self) -> None:
        stars, shift = served(), np.array([0.4, -0.3, 0.2])
        expected = replace(stars, prior_mean=(stars.prior_mean + shift).astype(np.float32))
        moved = []
        for n in (0, 3, 7):
            movies, values = np.arange(n), np.full(n, 4.0)
            there = stars.fold_in(movies, values, shift)
            assert there.mean == pytest.approx(expected.fold_in(movies, values).mean, abs=1e-6)
            moved.append(float(np.linalg.norm(there.mean - stars.fold_in(movies, values).mean)))
        assert moved == sorted(moved, reverse=True)
        assert moved[0] == pytest.approx(float(np.linalg.norm(shift)))

    def test_is_the_ridge_regression_where_it_ends(self) -> None:
        """The posterior solves the weighted ridge regression whose targets and weights are its own."""
        stars, movies, values = served(), np.array([6, 0, 2, 5]), np.array([5.0, 1.5, 3.0, 0.5])
        found = stars.fold_in(movies, values)
        X = np.column_stack([stars.movie_factors[movies], np.ones(4)]).astype(float)
        eta = 0.4 + stars.movie_bias[movies] + X @ found.mean
        predicted = 5.5 / (1 + np.exp(-eta))
        slope = 5.5 * np.exp(-eta) / (1 + np.exp(-eta)) ** 2
        targets = X @ found.mean + (values - predicted) / slope
        A = stars.prior_precision + X.T @ np.diag(slope**2 / 0.6) @ X
        b = stars.prior_precision @ stars.prior_mean + X.T @ np.diag(slope**2 / 0.6) @ targets
        assert found.mean == pytest.approx(np.linalg.solve(A, b), abs=1e-4)
        assert found.covariance == pytest.approx(np.linalg.inv(A), abs=1e-4)

    def test_finds_the_person_who_gave_the_ratings(self) -> None:
        rng = np.random.default_rng(5)
        films = 400
        stars = replace(
            served(),
            movie_factors=rng.normal(0, 1, (films, K)).astype(np.float32),
            movie_bias=rng.normal(0, 0.5, films).astype(np.float32),
            movie_variance=np.zeros(films, np.float32),
        )
        person = StarsPosterior(np.array([0.9, -0.6, 0.5]), np.eye(K + 1))
        values, _ = stars.predict_posterior(person, None)
        assert stars.fold_in(np.arange(films), values).mean == pytest.approx(person.mean, abs=0.05)

    @given(ratings)
    def test_nothing_goes_out_of_range(self, given_ratings: list[tuple[int, float]]) -> None:
        stars = served()
        movies, values = [movie for movie, _ in given_ratings], [value for _, value in given_ratings]
        mean, deviation = stars.predict_posterior(stars.fold_in(movies, values), None)
        assert ((mean > 0) & (mean < 5.5)).all()
        assert (deviation >= 0.6**0.5 - 1e-6).all()
        assert (deviation < 5.5).all()


class TestDeviation:
    def test_is_the_delta_method_with_noise(self) -> None:
        stars = served()
        person = stars.fold_in([1, 4], [4.0, 2.0])
        mean, deviation = stars.predict_posterior(person, [6])
        x = np.array([*stars.movie_factors[6], 1.0])
        share = mean[0] / 5.5
        slope = 5.5 * share * (1 - share)
        doubt = x @ person.covariance @ x + stars.movie_variance[6]
        assert deviation[0] == pytest.approx(np.sqrt(slope**2 * doubt + 0.6), rel=1e-5)

    def test_shrinks_with_every_rating(self) -> None:
        stars = served()
        variances = []
        for n in range(6):
            person = stars.fold_in(np.arange(n), np.full(n, 3.0))
            x = np.array([*stars.movie_factors[6], 1.0])
            variances.append(float(x @ person.covariance @ x))
        assert all(later < sooner for sooner, later in pairwise(variances))

    def test_a_film_that_is_known_badly_is_less_certain(self) -> None:
        stars = served()
        known = replace(stars, movie_variance=np.zeros(N_MOVIES, np.float32))
        person = stars.fold_in([0], [4.0])
        assert (stars.predict_posterior(person, None)[1] > known.predict_posterior(person, None)[1]).all()


class TestArrays:
    def test_there_and_back_changes_nothing(self) -> None:
        stars = served()
        back = FactorStars.from_arrays(stars.arrays())
        assert all(array.dtype == np.float32 and array.ndim for array in stars.arrays().values())
        assert (back.predict([0, 1], [6, 2]) == stars.predict([0, 1], [6, 2])).all()
        for one, other in zip(
            stars.predict_posterior(stars.fold_in([3], [1.0]), None),
            back.predict_posterior(back.fold_in([3], [1.0]), None),
            strict=True,
        ):
            assert one == pytest.approx(other, rel=1e-6)

    def test_a_missing_or_foreign_array_is_named(self) -> None:
        arrays = served().arrays()
        del arrays["movie_bias"]
        with pytest.raises(ArtifactError, match="movie_bias"):
            FactorStars.from_arrays(arrays)
        with pytest.raises(ArtifactError, match="more"):
            FactorStars.from_arrays({**served().arrays(), "more": np.zeros(1, np.float32)})

    @pytest.mark.parametrize("name", sorted(served().arrays()))
    def test_a_wrong_shape_is_named(self, name: str) -> None:
        arrays = served().arrays()
        arrays[name] = np.zeros((*arrays[name].shape, 2), np.float32)
        with pytest.raises(ArtifactError, match="shape"):
            FactorStars.from_arrays(arrays)
