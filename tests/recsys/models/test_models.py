"""What every model of stars keeps, whichever it is: one suite for all of `recsys.config.MODELS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys import (
    Catalog,
    Diverged,
    DotBiasConfig,
    DotConfig,
    Film,
    NetworkConfig,
    Ratings,
    Recommender,
    TrainingConfig,
    UnknownMovie,
    UnknownUser,
)
from recsys.arrays import Floats
from recsys.config import MODELS
from recsys.progress import Step
from tests.recsys.conftest import on

Fit = Callable[..., Recommender]

STARS = TrainingConfig(device="cpu", parts=("stars",))
TOO_FAST = [  # settings under which a fit cannot end well
    replace(STARS, model="dot", dot=DotConfig(learning_rate=1e30, epochs=2)),
    replace(STARS, model="dot_bias", dot_bias=DotBiasConfig(learning_rate=1e30, epochs=2)),
    replace(STARS, model="nn", nn=NetworkConfig(learning_rate=1e30, epochs=2)),
]


@pytest.fixture(
    scope="module", params=[*((model, "torch") for model in MODELS), ("pmf", "numpy")], ids=" on ".join
)
def fit(
    request: pytest.FixtureRequest,
    small_ratings: Ratings,
    small_catalog: Catalog,
    quick_config: TrainingConfig,
) -> Fit:
    """Fits the stars of one model, on one backend, to the small world or to other ratings."""
    name, backend = request.param

    def fitted(
        ratings: Ratings = small_ratings, seed: int = 4, steps: list[Step] | None = None
    ) -> Recommender:
        config = replace(quick_config, model=name, parts=("stars",), seed=seed)
        with on(backend):
            return recsys.fit(ratings, small_catalog, config, report=None if steps is None else steps.append)

    return fitted


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    """What the fit of `model` reported."""
    return []


@pytest.fixture(scope="module")
def model(fit: Fit, steps: list[Step]) -> Recommender:
    steps.clear()
    return fit(steps=steps)


@pytest.fixture(scope="module")
def extended(model: Recommender) -> Recommender:
    """Given two films later: a comedy and a horror film, -1 and -2."""
    return model.extended(
        [Film(-1, "New Comedy", 1980, ("Comedy",)), Film(-2, "New Horror", 1980, ("Horror", "Western"))]
    )


@pytest.fixture(scope="module")
def films(model: Recommender) -> list[int]:
    """Movie ids, the most rated first; the last two were never rated."""
    order = np.argsort(-model.popularity, kind="stable")
    return [int(movie_id) for movie_id in model.catalog.movie_ids[order]]


def everything(model: Recommender) -> Floats:
    """Everybody's stars for every film; shape (n_users, n_films)."""
    users, films = np.meshgrid(model.user_ids, model.catalog.movie_ids, indexing="ij")
    return model.predict(users.ravel(), films.ravel()).reshape(users.shape)


def opinions(model: Recommender, *, comedies: float, others: float, n: int = 10) -> dict[int, float]:
    """Ratings of the `n` best known films by somebody who judges them by genre."""
    order = np.argsort(-model.popularity, kind="stable")[:n]
    known = [model.catalog[int(movie_id)] for movie_id in model.catalog.movie_ids[order]]
    return {film.movie_id: comedies if "Comedy" in film.genres else others for film in known}


class TestPredictions:
    def test_are_stars(self, model: Recommender) -> None:
        stars = everything(model)
        assert np.isfinite(stars).all()
        assert stars.min() >= 0.5
        assert stars.max() <= 5
        assert stars.std() > 0.2  # no constant

    def test_follow_what_was_rated(self, model: Recommender, small_ratings: Ratings) -> None:
        error = model.predict(small_ratings.user_ids, small_ratings.movie_ids) - small_ratings.values
        assert np.mean(error**2) < 0.8 * small_ratings.values.var()

    def test_one_by_one_as_together(self, model: Recommender) -> None:
        stars = everything(model)
        person, film = model.user_ids[[0, 3, 35]], model.catalog.movie_ids[[23, 0, 7]]
        singles = [model.predict([each], [other])[0] for each, other in zip(person, film, strict=True)]
        assert singles == pytest.approx([stars[0, 23], stars[3, 0], stars[35, 7]], abs=1e-5)
        user = model.fold_in(opinions(model, comedies=5, others=1))
        mean, deviation = model.predict_for(user, model.catalog.movie_ids)
        for row in (0, 9, 23):
            one = model.predict_for(user, [model.catalog.movie_ids[row]])
            assert (one[0][0], one[1][0]) == pytest.approx((mean[row], deviation[row]), abs=1e-5)

    def test_of_nobody_and_nothing_raise(self, model: Recommender, films: list[int]) -> None:
        with pytest.raises(UnknownUser, match="17"):
            model.predict([17], [films[0]])
        with pytest.raises(UnknownMovie, match="987654321"):
            model.predict([1000], [987_654_321])
        with pytest.raises(UnknownMovie, match="987654321"):
            model.predict_for(model.fold_in(), [987_654_321])
        with pytest.raises(UnknownMovie, match="987654321"):
            model.fold_in({987_654_321: 4.0})

    def test_a_film_that_nobody_rated_stands_among_the_others(self, model: Recommender) -> None:
        mean, deviation = model.predict_for(model.fold_in(), model.catalog.movie_ids)
        rated = model.popularity > 0
        assert (~rated).sum() >= 2
        # A network's guess for one film varies with the seed, and with the processor, by that much.
        assert mean[rated].min() < mean[~rated].min() + 0.3
        assert mean[~rated].max() <= mean[rated].max() + 0.3
        assert mean[~rated].mean() == pytest.approx(mean[rated].mean(), abs=0.6)
        assert (deviation[~rated] > 0.5).all()


class TestFit:
    def test_one_seed_one_model_whatever_the_order_of_the_ratings(
        self, model: Recommender, fit: Fit, small_ratings: Ratings
    ) -> None:
        shuffled = small_ratings.take(np.random.default_rng(1).permutation(len(small_ratings)))
        again, other = fit(shuffled), fit(seed=5)
        assert np.array_equal(everything(again), everything(model))
        user = opinions(model, comedies=5, others=1)
        for one, same in zip(
            model.predict_for(model.fold_in(user), model.catalog.movie_ids),
            again.predict_for(again.fold_in(user), model.catalog.movie_ids),
            strict=True,
        ):
            assert np.array_equal(one, same)
        assert not np.allclose(everything(other), everything(model), atol=1e-4)

    def test_reports_every_step(self, model: Recommender, steps: list[Step]) -> None:
        assert {step.part for step in steps} == {"stars"}
        assert [step.number for step in steps] == list(range(1, len(steps) + 1))
        assert steps[-1].total == len(steps)
        assert all(step.seconds >= 0 for step in steps)
        assert steps[-1].train_loss < steps[0].train_loss

    def test_a_saved_model_is_the_same(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path)
        loaded = Recommender.load(tmp_path)
        assert loaded.config == model.config
        assert np.array_equal(everything(loaded), everything(model))
        ratings = opinions(model, comedies=4, others=2)
        for one, other in zip(
            model.predict_for(model.fold_in(ratings), model.catalog.movie_ids),
            loaded.predict_for(loaded.fold_in(ratings), model.catalog.movie_ids),
            strict=True,
        ):
            assert one == pytest.approx(other, abs=1e-4)


class TestFilmsAddedLater:
    def test_change_nothing_of_the_others(self, model: Recommender, extended: Recommender) -> None:
        assert np.array_equal(everything(extended)[:, :-2], everything(model))
        person = extended.fold_in(opinions(extended, comedies=5, others=1))
        same = model.fold_in(opinions(model, comedies=5, others=1))
        for one, other in zip(
            extended.predict_for(person, model.catalog.movie_ids),
            model.predict_for(same, model.catalog.movie_ids),
            strict=True,
        ):
            assert one == pytest.approx(other, abs=1e-5)

    def test_stand_among_the_others_and_are_less_sure(self, extended: Recommender) -> None:
        mean, deviation = extended.predict_for(extended.fold_in(), extended.catalog.movie_ids)
        assert mean[:-2].min() <= mean[-2:].min()
        assert mean[-2:].max() <= mean[:-2].max()
        assert (deviation[-2:] > 0.5).all()
        stored = extended.stars.arrays()
        doubt = stored["movie_doubt" if "movie_doubt" in stored else "movie_variance"]
        assert doubt[-2:].min() > 1.5 * doubt[extended.popularity >= 10].max()

    def test_please_who_likes_their_kind(self, extended: Recommender) -> None:
        lover = extended.fold_in(opinions(extended, comedies=5, others=1))
        hater = extended.fold_in(opinions(extended, comedies=1, others=5))
        comedy, horror = extended.predict_for(lover, [-1, -2])[0] - extended.predict_for(hater, [-1, -2])[0]
        assert comedy > horror + 0.3

    def test_can_be_rated(self, extended: Recommender) -> None:
        before, after = extended.fold_in(), extended.fold_in({-1: 5.0, -2: 0.5})
        gain = extended.predict_for(after, [-1, -2])[0] - extended.predict_for(before, [-1, -2])[0]
        assert gain[0] > 0.05 > -0.05 > gain[1]

    def test_are_saved(self, extended: Recommender, tmp_path: Path) -> None:
        extended.save(tmp_path)
        assert np.array_equal(everything(Recommender.load(tmp_path)), everything(extended))


@pytest.mark.parametrize("config", TOO_FAST, ids=lambda config: config.model)
def test_a_fit_that_diverges_is_refused(
    config: TrainingConfig, small_ratings: Ratings, small_catalog: Catalog
) -> None:
    with pytest.raises(Diverged, match="lower the learning rate"):
        recsys.fit(small_ratings, small_catalog, config)


class TestFoldIn:
    def test_changes_nothing_and_takes_ratings_in_any_order(self, model: Recommender) -> None:
        before = everything(model)
        ratings = opinions(model, comedies=5, others=1)
        one, other = model.fold_in(ratings), model.fold_in(dict(reversed(ratings.items())))
        model.fold_in(opinions(model, comedies=1, others=5))
        for each, same in zip(
            model.predict_for(one, model.catalog.movie_ids),
            model.predict_for(other, model.catalog.movie_ids),
            strict=True,
        ):
            assert np.array_equal(each, same)
        assert np.array_equal(everything(model), before)

    def test_of_what_somebody_in_training_rated_comes_near_their_own_predictions(
        self, model: Recommender, small_ratings: Ratings
    ) -> None:
        own, folded = everything(model), []
        for user in model.user_ids:
            his = small_ratings.take(small_ratings.user_ids == user)
            person = model.fold_in(dict(zip(his.movie_ids.tolist(), his.values.tolist(), strict=True)))
            folded.append(model.predict_for(person, model.catalog.movie_ids)[0])
        assert np.corrcoef(own.ravel(), np.ravel(folded))[0, 1] > 0.7
        nobody = model.predict_for(model.fold_in(), model.catalog.movie_ids)[0]
        assert np.mean((own - np.array(folded)) ** 2) < 0.7 * np.mean((own - nobody) ** 2)

    def test_tells_a_lover_of_comedies_from_a_hater(self, model: Recommender) -> None:
        rest = [
            film
            for film in model.catalog
            if film.movie_id not in opinions(model, comedies=5, others=1) and film.genres
        ]
        rest = [film for film in rest if model.popularity[model.catalog.row(film.movie_id)]]
        funny = np.array(["Comedy" in film.genres for film in rest])
        ids = [film.movie_id for film in rest]
        lover = model.predict_for(model.fold_in(opinions(model, comedies=5, others=1)), ids)[0]
        hater = model.predict_for(model.fold_in(opinions(model, comedies=1, others=5)), ids)[0]
        assert (lover - hater)[funny].mean() > (lover - hater)[~funny].mean() + 0.5

    def test_grows_surer_with_every_few_ratings(self, model: Recommender, films: list[int]) -> None:
        deviations = []
        for n in (0, 3, 8, 20):
            user = model.fold_in(opinions(model, comedies=4.5, others=2, n=n))
            deviations.append(model.predict_for(user, films[:-2])[1])
        assert min(each.min() for each in deviations) > 0.05
        means = [float(each.mean()) for each in deviations]
        assert means == sorted(means, reverse=True)
        assert means[-1] < means[0] - 0.01
