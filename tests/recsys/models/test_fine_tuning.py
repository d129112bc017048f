"""Fine-tuning: a fit that goes on from what another one serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import recsys
from recsys import Catalog, Film, InvalidData, Ratings, Recommender, TrainingConfig
from recsys.arrays import AnyArray
from recsys.config import DotBiasConfig, NetworkConfig, PmfConfig, RankerConfig
from recsys.data.dataset import Dataset
from recsys.evaluation.order import order_metrics, recommended
from recsys.evaluation.splits import held_out_people, random_fifth
from recsys.progress import Step
from tests.recsys.conftest import on

pytestmark = pytest.mark.real

Fit = Callable[..., Recommender]

MODELS = ("pmf", "dot_bias", "dot", "nn")
NEW_PERSON, NEW_FILM, GONE_PERSON = 77, 1, 1003


@pytest.fixture(
    scope="module", params=[*((model, "torch") for model in MODELS), ("pmf", "numpy")], ids=" on ".join
)
def model_on(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A model and a backend."""
    model, backend = request.param
    return model, backend


@pytest.fixture(scope="module")
def config(model_on: tuple[str, str], quick_config: TrainingConfig) -> TrainingConfig:
    return replace(quick_config, model=model_on[0])


@pytest.fixture(scope="module")
def fit(model_on: tuple[str, str]) -> Fit:
    """recsys.fit on the backend."""

    def fitted(*args: Any, **kwargs: Any) -> Recommender:
        with on(model_on[1]):
            return recsys.fit(*args, **kwargs)

    return fitted


@pytest.fixture(scope="module")
def former(
    fit: Fit,
    config: TrainingConfig,
    small_ratings: Ratings,
    small_catalog: Catalog,
    tmp_path_factory: pytest.TempPathFactory,
) -> Recommender:
    """Fitted, saved and loaded: a fine-tuning has nothing but what is served."""
    folder = tmp_path_factory.mktemp("former")
    fit(small_ratings, small_catalog, config).save(folder)
    return Recommender.load(folder)


@pytest.fixture(scope="module")
def newer(small_catalog: Catalog) -> Catalog:
    """The films in another order, without the last, and one that was not there."""
    films = [film for film in reversed(list(small_catalog)) if film.title != "Blank"]
    return Catalog([Film(NEW_FILM, "New", 2000, ("Comedy",)), *films], "newer")


@pytest.fixture(scope="module")
def more(small_ratings: Ratings, small_catalog: Catalog) -> Ratings:
    """Somebody is gone, somebody new loves comedies, and four people rate the new film."""
    kept = small_ratings.take(small_ratings.user_ids != GONE_PERSON)
    films = small_catalog.movie_ids[:12].tolist()
    stars = [5.0 if at % 2 == 0 else 0.5 for at in range(12)]  # comedies have even numbers there
    fans = [1000, 1006, 1012, NEW_PERSON]
    return Ratings.from_arrays(
        [*kept.user_ids.tolist(), *[NEW_PERSON] * 12, *fans],
        [*kept.movie_ids.tolist(), *films, *[NEW_FILM] * 4],
        [*kept.values.tolist(), *stars, *[5.0] * 4],
    )


@pytest.fixture(scope="module")
def tuned(
    fit: Fit, former: Recommender, more: Ratings, newer: Catalog, config: TrainingConfig
) -> Recommender:
    return fit(more, newer, config, start=former)


def test_new_people_and_films_come_in_and_others_go(tuned: Recommender, newer: Catalog) -> None:
    assert NEW_PERSON in tuned.user_ids
    assert GONE_PERSON not in tuned.user_ids
    assert tuned.catalog.movie_ids.tolist() == newer.movie_ids.tolist()


def test_a_new_person_is_known_by_their_ratings(tuned: Recommender, more: Ratings) -> None:
    own = more.take((more.user_ids == NEW_PERSON) & (more.movie_ids != NEW_FILM))
    predicted = tuned.predict(own.user_ids, own.movie_ids)
    assert predicted[own.values == 5].mean() > predicted[own.values < 1].mean() + 1


def test_old_people_keep_their_taste(former: Recommender, tuned: Recommender, more: Ratings) -> None:
    """Matched by id although rows moved: predictions of old pairs stay close."""
    old = more.take((more.user_ids != NEW_PERSON) & (more.movie_ids != NEW_FILM))
    before = former.predict(old.user_ids, old.movie_ids)
    after = tuned.predict(old.user_ids, old.movie_ids)
    assert np.mean((after - before) ** 2) < 0.3 * before.var()
    assert np.mean((after - old.values) ** 2) < 1.25 * np.mean((before - old.values) ** 2) + 0.02


def test_a_new_film_takes_its_place(tuned: Recommender, small_catalog: Catalog) -> None:
    """Fans of comedies gave it five stars: they see it before those who hate them, and like it more."""
    comedies = [film.movie_id for film in small_catalog if film.genres == ("Comedy",)][:4]
    fan = tuned.fold_in(dict.fromkeys(comedies, 5.0))
    foe = tuned.fold_in(dict.fromkeys(comedies, 0.5))
    if tuned.config.model != "nn":  # which learns a film from four ratings in a full fit alone
        assert tuned.predict_for(fan, [NEW_FILM])[0] > tuned.predict_for(foe, [NEW_FILM])[0]
    assert tuned.popularity[tuned.catalog.row(NEW_FILM)] == 4
    assert len(tuned.similar([NEW_FILM], n=3)) == 3
    assert {each.movie_id for each in tuned.recommend(fan, n=50)} == {
        movie_id for movie_id in tuned.catalog.movie_ids.tolist() if movie_id not in comedies
    }


def test_the_same_seed_gives_the_same_model_whatever_the_order(
    fit: Fit,
    former: Recommender,
    more: Ratings,
    newer: Catalog,
    config: TrainingConfig,
    tuned: Recommender,
) -> None:
    shuffled = more.take(np.random.default_rng(1).permutation(len(more)))
    again = fit(shuffled, newer, config, start=former)
    for name, array in tuned.stars.arrays().items():
        assert np.array_equal(again.stars.arrays()[name], array), name
    assert np.array_equal(again.ranker.film_factors, tuned.ranker.film_factors)


def test_it_can_be_saved_and_tuned_again(
    fit: Fit, tuned: Recommender, more: Ratings, newer: Catalog, config: TrainingConfig, tmp_path: Path
) -> None:
    tuned.save(tmp_path)
    again = fit(more, newer, config, start=Recommender.load(tmp_path))
    pairs = (more.user_ids, more.movie_ids)
    assert np.mean((again.predict(*pairs) - tuned.predict(*pairs)) ** 2) < 0.1


def test_it_takes_fewer_rounds(
    fit: Fit, former: Recommender, more: Ratings, newer: Catalog, config: TrainingConfig
) -> None:
    full: list[Step] = []
    short: list[Step] = []
    fit(more, newer, config, report=full.append)
    fit(more, newer, config, report=short.append, start=former)
    assert {step.part for step in short} == {"stars", "ranker"}
    assert len(short) < len(full)
    first = next(step for step in full if step.part == "stars")
    assert short[0].train_loss < 0.8 * first.train_loss


class TestRefusals:
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"model": "dot_bias"}, r"model 'pmf', config asks for 'dot_bias'"),
            ({"pmf": PmfConfig(factors=4)}, r"start has 3 factors, config.pmf asks for 4"),
            ({"ranker": RankerConfig(factors=7)}, r"start has 6 factors in its ranker, .* asks for 7"),
        ],
    )
    def test_another_kind(
        self,
        small_recommender: Recommender,
        small_ratings: Ratings,
        small_catalog: Catalog,
        changed: dict[str, object],
        message: str,
    ) -> None:
        config = replace(small_recommender.config, **changed)  # type: ignore[arg-type]
        with pytest.raises(InvalidData, match=message):
            recsys.fit(small_ratings, small_catalog, config, start=small_recommender)

    @pytest.mark.parametrize(
        ("model", "wider", "message"),
        [
            ("dot_bias", DotBiasConfig(factors=5), "start has 4 factors"),
            ("nn", NetworkConfig(layers=(12,)), r"start has \(100, 50\) layers"),
        ],
    )
    def test_another_width(
        self,
        small_ratings: Ratings,
        small_catalog: Catalog,
        quick_config: TrainingConfig,
        model: str,
        wider: object,
        message: str,
    ) -> None:
        config = replace(quick_config, model=model, parts=("stars",))
        former = recsys.fit(small_ratings, small_catalog, config)
        other = replace(config, **{model: wider})  # type: ignore[arg-type]
        with pytest.raises(InvalidData, match=message):
            recsys.fit(small_ratings, small_catalog, other, start=former)

    @pytest.mark.parametrize(("had", "wanted"), [("ranker", "stars"), ("stars", "ranker")])
    def test_a_part_that_is_not_there(
        self,
        small_ratings: Ratings,
        small_catalog: Catalog,
        quick_config: TrainingConfig,
        had: str,
        wanted: str,
    ) -> None:
        former = recsys.fit(small_ratings, small_catalog, replace(quick_config, parts=(had,)))
        config = replace(quick_config, parts=(wanted,))
        with pytest.raises(InvalidData, match=f"without {wanted}"):
            recsys.fit(small_ratings, small_catalog, config, start=former)


@pytest.mark.parametrize(
    ("model", "backend"),
    [
        ("pmf", "torch"),
        pytest.param("pmf", "numpy", marks=pytest.mark.check),
        pytest.param("dot_bias", "torch", marks=pytest.mark.check),
    ],
)
def test_real_ratings(movielens_100k: Dataset, model: str, backend: str) -> None:
    """Fifty people who were not there: after a fine-tuning they are known about as after a fit in full."""
    train, test = random_fifth(movielens_100k.ratings, 12)
    strangers = np.unique(train.user_ids)[::19]
    old, catalog = ~np.isin(train.user_ids, strangers), movielens_100k.catalog
    config = TrainingConfig(
        model=model,
        device="cpu",
        parts=("stars",),
        pmf=PmfConfig(chains=1, sweeps=24, draws=6),
        dot_bias=DotBiasConfig(ensemble=4, epochs=5, valid_share=0.0),
    )
    with on(backend):
        former = recsys.fit(train.take(old), catalog, config)
        tuned = recsys.fit(train, catalog, config, start=former)
        full = recsys.fit(train, catalog, config)
    errors = [
        float(np.mean((each.predict(test.user_ids, test.movie_ids) - test.values) ** 2))
        for each in (tuned, full)
    ]
    assert errors[0] < errors[1] + 0.006


def test_what_is_carried_over(former: Recommender, tuned: Recommender, more: Ratings) -> None:
    """Shelves and factors of films that stayed as they were; not those of a film that is new."""
    shelves = [set(shelf.movie_ids) for shelf in former.shelves()]
    assert [set(shelf.movie_ids) for shelf in tuned.shelves()] == shelves
    rated = np.unique(more.movie_ids[more.movie_ids != NEW_FILM])
    before, after = (
        each.ranker.film_factors[each.catalog.rows(rated)].astype(np.float64) for each in (former, tuned)
    )
    assert np.allclose(before @ before.T, after @ after.T, atol=1e-3)  # in whichever basis
    new = tuned.ranker.film_factors[tuned.catalog.row(NEW_FILM)]
    assert np.linalg.norm(new) > 0.05


def test_much_more_makes_questions_and_shelves_anew(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    """A third of the people, and then all: whom a few know is no guide to what many do."""
    config = replace(quick_config, parts=("ranker",))
    few = small_ratings.take(small_ratings.user_ids < 1036)
    tuned = recsys.fit(small_ratings, small_catalog, config, start=recsys.fit(few, small_catalog, config))
    full = recsys.fit(small_ratings, small_catalog, config)
    assert tuned.shelves() == full.shelves()
    assert np.array_equal(tuned.parts.elicitation.seen.loadings, full.parts.elicitation.seen.loadings)


@pytest.mark.parametrize("kind", [pytest.param("single", marks=pytest.mark.check), "people"])
def test_the_order_keeps_up(movielens_100k: Dataset, kind: str) -> None:
    """NDCG@10 of people who were held out, after 5,000 ratings or fifty people more."""
    catalog = movielens_100k.catalog
    train, people = held_out_people(movielens_100k.ratings, catalog, 1)
    rng = np.random.default_rng(2)
    new = rng.permutation(len(train))[:5000]
    if kind == "people":
        new = np.flatnonzero(np.isin(train.user_ids, rng.permutation(train.people())[:50]))
    old = np.delete(np.arange(len(train)), new)
    config = TrainingConfig(device="cpu", parts=("ranker",), ranker=RankerConfig(factors=32, sweeps=4))
    tuned = recsys.fit(train, catalog, config, start=recsys.fit(train.take(old), catalog, config))
    full = recsys.fit(train, catalog, config)
    found = [
        order_metrics([recommended(each, each.fold_in(one.history), one) for one in people], people)
        for each in (tuned, full)
    ]
    assert found[0]["NDCG@10"] > found[1]["NDCG@10"] - 0.012


# What is carried over: EASE, and the stars of well-known films,.


@pytest.fixture(scope="module")
def pmf_settings(quick_config: TrainingConfig) -> TrainingConfig:
    return replace(quick_config, model="pmf")


@pytest.fixture(scope="module")
def before(pmf_settings: TrainingConfig, small_ratings: Ratings, small_catalog: Catalog) -> Recommender:
    return recsys.fit(small_ratings, small_catalog, pmf_settings)


def test_ease_stays_where_little_is_new(
    pmf_settings: TrainingConfig, before: Recommender, small_ratings: Ratings, small_catalog: Catalog
) -> None:
    known = int(small_catalog.movie_ids[before.ranker.ease.movie_rows[0]])
    little = Ratings.from_arrays(
        [*small_ratings.user_ids.tolist(), NEW_PERSON],
        [*small_ratings.movie_ids.tolist(), known],
        [*small_ratings.values.tolist(), 1.0],
    )
    again = recsys.fit(little, small_catalog, pmf_settings, start=before)
    assert np.array_equal(again.ranker.ease.weights, before.ranker.ease.weights)
    assert np.array_equal(again.ranker.ease.counts, before.ranker.ease.counts)


def test_what_was_taken_away_speaks_no_longer(
    pmf_settings: TrainingConfig, before: Recommender, small_ratings: Ratings, small_catalog: Catalog
) -> None:
    """A rating of one film less, and one of another more: how many there are is the same."""
    known = small_catalog.movie_ids[before.ranker.ease.movie_rows].tolist()
    less, more = known[0], known[-1]
    gone = np.flatnonzero(small_ratings.movie_ids == less)[0]
    fewer = small_ratings.take(np.delete(np.arange(len(small_ratings)), gone))
    changed = Ratings.from_arrays(
        [*fewer.user_ids.tolist(), NEW_PERSON],
        [*fewer.movie_ids.tolist(), more],
        [*fewer.values.tolist(), 3.0],
    )
    again = recsys.fit(changed, small_catalog, pmf_settings, start=before)
    assert again.ranker.ease.counts.sum() == before.ranker.ease.counts.sum()
    assert not np.array_equal(again.ranker.ease.counts, before.ranker.ease.counts)


def test_a_film_that_got_many_ratings_is_learned_anew_and_another_is_not(
    pmf_settings: TrainingConfig, before: Recommender, small_ratings: Ratings, small_catalog: Catalog
) -> None:
    rated = small_catalog.movie_ids[before.popularity > 0]
    least = int(min(rated, key=lambda movie_id: before.popularity[small_catalog.row(int(movie_id))]))
    people = range(5000, 5000 + 4 * int(before.popularity[small_catalog.row(least)]))
    more = Ratings.from_arrays(
        [*small_ratings.user_ids.tolist(), *people],
        [*small_ratings.movie_ids.tolist(), *[least] * len(people)],
        [*small_ratings.values.tolist(), *[0.5] * len(people)],
    )
    others = [movie_id for movie_id in rated.tolist() if movie_id != least]

    def films(model: Recommender, movie_ids: list[int]) -> AnyArray:
        return model.stars.arrays()["movie_bias"][small_catalog.rows(movie_ids)]

    again = recsys.fit(more, small_catalog, pmf_settings, start=before)
    assert films(again, [least]).mean() < films(before, [least]).mean() - 0.3
    assert np.allclose(films(again, others), films(before, others))
