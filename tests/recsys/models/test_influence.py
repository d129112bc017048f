"""One account with thousands of ratings: how far it moves what is learned of films."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import recsys
from recsys import Catalog, Film, InvalidData, Ratings, TrainingConfig
from recsys.arrays import Floats
from recsys.config import DotBiasConfig, PmfConfig, RankerConfig
from recsys.data.content import content_features
from recsys.data.rows import Rows
from recsys.models.dot_bias import DotBias
from recsys.models.ease import fit_ease
from recsys.models.ials import fit_film_factors
from recsys.models.loop import RatingTensors, one_cycle

pytestmark = pytest.mark.real

PEOPLE, FILMS, CAP = 60, 2400, 60
LOUD = 9999
CONFIG = TrainingConfig(
    device="cpu",
    parts=("stars",),
    influence_cap=CAP,
    dot_bias=DotBiasConfig(factors=2, ensemble=2, ensemble_factors=2, epochs=8, valid_share=0.0),
    pmf=PmfConfig(factors=2, chains=1, sweeps=30, draws=8, implicit=0),
    ranker=RankerConfig(factors=4, ease_ratings=1),
)


def world(loud: int) -> Ratings:
    """Sixty people give three stars or so, one account five or one by turns to the first `loud` films."""
    rng = np.random.default_rng(2)
    users = np.repeat(np.arange(PEOPLE), 60)
    films = np.concatenate([rng.permutation(FILMS)[:60] for _ in range(PEOPLE)])
    values = rng.choice([2.5, 3.0, 3.5], len(users))
    return Ratings.from_arrays(
        [*users.tolist(), *[LOUD] * loud],
        [*films.tolist(), *range(loud)],
        [*values.tolist(), *[5.0 if film % 2 == 0 else 1.0 for film in range(loud)]],
    )


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog([Film(at, f"Film {at}", 2000, ("Drama",)) for at in range(FILMS)], "loud world")


def pull(loud: int, catalog: Catalog, config: TrainingConfig) -> float:
    """How far apart the account pulls the biases of films that it loves and hates; in all."""
    biases = recsys.fit(world(loud), catalog, config).stars.film_biases()
    assert biases is not None
    return float(biases[:loud:2].sum() - biases[1:loud:2].sum())


@pytest.mark.parametrize("model", ["dot_bias", "pmf"])
def test_the_pull_on_film_biases_saturates(model: str, catalog: Catalog) -> None:
    config = replace(CONFIG, model=model)
    free = pull(2000, catalog, replace(config, influence_cap=None))
    assert abs(pull(2000, catalog, config)) < 0.25 * free


def test_weights_saturate() -> None:
    for loud in (10, 60, 600, 2400):
        rows = Rows(np.repeat([0, 1], [5, loud]), np.r_[0:5, 0:loud], np.ones(5 + loud), 3, FILMS, CAP)
        influence = rows.influence()
        assert influence.tolist() == [1, pytest.approx(min(1, CAP / loud)), 1]
        assert influence[rows.users][5:].sum() == pytest.approx(min(loud, CAP), rel=1e-4)
    assert (replace(rows, influence_cap=None).influence() == 1).all()


@pytest.mark.parametrize("cap", [0, -1, 1.5])
def test_a_cap_is_a_count(cap: int) -> None:
    with pytest.raises(InvalidData, match="influence_cap"):
        TrainingConfig(influence_cap=cap)
    assert TrainingConfig.from_dict(TrainingConfig(influence_cap=None).to_dict()).influence_cap is None


def as_rows(cap: int | None, loud: int = 2000) -> Rows:
    ratings = world(loud)
    order = np.lexsort((ratings.movie_ids, ratings.user_ids))
    users = np.minimum(ratings.user_ids[order], PEOPLE)
    return Rows(users, ratings.movie_ids[order], ratings.values[order], PEOPLE + 1, FILMS, cap)


def test_films_that_only_the_loud_account_joins_hardly_follow_from_each_other(catalog: Catalog) -> None:
    features = np.zeros_like(content_features(catalog))
    alone = np.flatnonzero(np.bincount(as_rows(None).movies, minlength=FILMS)[:2000] == 1)
    found: list[Floats] = []
    for cap in (None, CAP):
        ease = fit_ease(as_rows(cap), features, CONFIG)
        places = ease.places[alone[:20]]
        found.append(np.abs(ease.weights * ease.scale)[np.ix_(places, places)])
    assert found[1].mean() < 0.5 * found[0].mean()


def test_factors_of_films_that_only_the_loud_account_knows_stay_small(catalog: Catalog) -> None:
    features = np.zeros_like(content_features(catalog))
    alone = np.flatnonzero(np.bincount(as_rows(None).movies, minlength=FILMS)[:2000] == 1)
    lengths = [
        np.linalg.norm(fit_film_factors(as_rows(cap), features, CONFIG)[alone], axis=1).mean()
        for cap in (None, CAP)
    ]
    assert lengths[1] < 0.5 * lengths[0]


def test_their_own_vector_learns_at_full_weight() -> None:
    """One step of plain descent: the cap shrinks gradients of films, never those of the person."""
    moved = []
    for cap in (None, CAP):
        ratings = RatingTensors.of(as_rows(cap), torch.device("cpu"))
        generator = torch.Generator().manual_seed(1)
        model = DotBias(ratings, PEOPLE + 1, FILMS, CONFIG.dot_bias, generator)
        settings = replace(CONFIG.dot_bias, batch_size=len(ratings), epochs=1)
        list(one_cycle(model, ratings, None, settings, generator))
        person, films = model.user_factors.weight.grad, model.movie_factors.weight.grad
        assert person is not None
        assert films is not None
        moved.append((float(person[PEOPLE].norm()), float(films[:2000].norm())))
    assert moved[1][0] == pytest.approx(moved[0][0], rel=1e-3)
    assert moved[1][1] < 0.7 * moved[0][1]
