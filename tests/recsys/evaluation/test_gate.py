"""The gate: honest candidates pass, worsened ones do not, and both are measured on the same ground."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

import recsys
from recsys import Catalog, Film, InvalidData, Ratings, Recommender, TrainingConfig
from recsys.arrays import AnyArray, Floats
from recsys.data.dataset import Dataset
from recsys.evaluation import Check, Verdict, judge, measure_holdout
from recsys.evaluation.bootstrap import draws, half_width
from recsys.evaluation.holdout import Holdout, split
from recsys.serving.parts import Parts
from recsys.serving.ranker import Ranker

MARGIN = 0.02
NOTHING = Ratings.from_arrays(np.array([], np.int64), np.array([], np.int64), [])


def parts_of(model: Recommender, **arrays: AnyArray) -> Parts:
    """Its parts, with arrays replaced: ranker__gram is "ranker.gram"."""
    given = model.arrays() | {name.replace("__", "."): array for name, array in arrays.items()}
    catalog = model.catalog
    return Parts.from_arrays(given, model.config, n_films=len(catalog), n_genres=len(catalog.genres))


def rebuilt(model: Recommender, **arrays: AnyArray) -> Recommender:
    return Recommender(model.catalog, parts_of(model, **arrays), model.config)


def ordered(model: Recommender, order: Callable[[Floats], Floats]) -> Recommender:
    """The same model, with other scores made of its own."""

    class Ordered(Ranker):
        def scores(self, vector: Floats) -> Floats:
            return order(Ranker.scores(self, vector))

    parts = parts_of(model)
    assert parts.ranker is not None
    ranker = Ordered(*(getattr(parts.ranker, each.name) for each in fields(parts.ranker)))
    return Recommender(model.catalog, replace(parts, ranker=ranker), model.config)


def by_name(verdict: Verdict) -> dict[str, Check]:
    return {each.name: each for each in verdict.checks}


@pytest.fixture(
    scope="module", params=[400, pytest.param(943, marks=pytest.mark.check)], ids=lambda n: f"{n} people"
)
def holdout(movielens_100k: Dataset, request: pytest.FixtureRequest) -> Holdout:
    """Of the first people of ml-100k, or of all."""
    ratings = movielens_100k.ratings
    return split(ratings.take(ratings.user_ids <= request.param))


@pytest.fixture(scope="module")
def fitted(movielens_100k: Dataset) -> Callable[[Ratings, int], Recommender]:
    quick = TrainingConfig.quick()
    config = replace(quick, device="cpu", ranker=replace(quick.ranker, factors=32))

    def fit(ratings: Ratings, seed: int) -> Recommender:
        return recsys.fit(ratings, movielens_100k.catalog, replace(config, seed=seed))

    return fit


@pytest.fixture(scope="module")
def live(fitted: Callable[[Ratings, int], Recommender], holdout: Holdout) -> Recommender:
    return fitted(holdout.train, 0)


@pytest.fixture(scope="module")
def refit(fitted: Callable[[Ratings, int], Recommender], holdout: Holdout) -> Recommender:
    """As honest as the live one."""
    return fitted(holdout.train, 2)


@pytest.fixture(scope="module")
def tenth(fitted: Callable[[Ratings, int], Recommender], holdout: Holdout) -> Recommender:
    kept = np.random.default_rng(1).random(len(holdout.train)) < 0.1
    return fitted(holdout.train.take(kept), 1)


@pytest.fixture(scope="module")
def judged(live: Recommender, holdout: Holdout) -> Callable[[Recommender], Verdict]:
    """Against the live model of ml-100k."""

    def verdict(candidate: Recommender) -> Verdict:
        return judge(candidate, live, holdout, movie_ids=live.catalog.movie_ids, margin=MARGIN)

    return verdict


@pytest.fixture(scope="module")
def of_refit(judged: Callable[[Recommender], Verdict], refit: Recommender) -> Verdict:
    return judged(refit)


@pytest.fixture(scope="module")
def of_tenth(judged: Callable[[Recommender], Verdict], tenth: Recommender) -> Verdict:
    return judged(tenth)


class TestOnRealRatings:
    def test_an_honest_refit_is_promoted(self, of_refit: Verdict, holdout: Holdout) -> None:
        verdict = of_refit
        assert verdict.passed
        assert verdict.reasons == ()
        everybody = np.concatenate([holdout.train.user_ids, holdout.people.user_ids])
        assert verdict.people > 0.85 * len(np.unique(everybody))
        assert verdict.ratings > 6 * verdict.people
        assert not verdict.few
        assert [each.name for each in verdict.checks] == [
            "finite",
            "vocabulary",
            "rmse",
            "ndcg@10",
            "coverage",
        ]
        for check in verdict.checks[2:]:
            assert check.difference is not None
            assert check.low is not None
            assert check.high is not None
            assert check.low < check.difference < check.high
        assert verdict.drift is not None
        assert 0.5 < verdict.drift.overlap < 1

    def test_a_tenth_of_the_ratings_is_refused(self, of_tenth: Verdict) -> None:
        assert not of_tenth.passed
        assert {"rmse", "ndcg@10"} <= set(of_tenth.reasons)

    def test_a_difference_above_zero_is_better_in_every_measure(
        self, live: Recommender, tenth: Recommender, holdout: Holdout
    ) -> None:
        checks = by_name(judge(live, tenth, holdout, movie_ids=[], margin=MARGIN))
        rmse = checks["rmse"]
        assert rmse.live is not None
        assert rmse.candidate is not None
        assert rmse.difference == pytest.approx(rmse.live - rmse.candidate)
        assert all((checks[name].low or 0) > 0 for name in ("rmse", "ndcg@10"))

    def test_a_wide_margin_lets_a_worse_model_through(
        self, live: Recommender, tenth: Recommender, of_tenth: Verdict, holdout: Holdout
    ) -> None:
        narrow, wide = of_tenth, judge(tenth, live, holdout, movie_ids=[], margin=50 * MARGIN)
        assert wide.passed
        assert not narrow.passed
        for small, large in zip(narrow.checks[2:], wide.checks[2:], strict=True):
            assert large.margin == pytest.approx(50 * small.margin)
        live_ndcg = by_name(narrow)["ndcg@10"].live
        assert live_ndcg is not None
        assert by_name(narrow)["ndcg@10"].margin == pytest.approx(0.02 * live_ndcg)

    def test_a_reversed_order_is_refused_though_its_stars_are_fine(
        self, judged: Callable[[Recommender], Verdict], live: Recommender
    ) -> None:
        verdict = judged(ordered(live, np.negative))
        assert verdict.reasons == ("ndcg@10",)
        assert by_name(verdict)["rmse"].difference == 0

    def test_one_list_for_everybody_is_refused(
        self, judged: Callable[[Recommender], Verdict], live: Recommender
    ) -> None:
        verdict = judged(ordered(live, lambda _: live.popularity.copy()))
        assert verdict.reasons == ("ndcg@10", "coverage")
        assert (by_name(verdict)["coverage"].high or 0) < 0

    def test_stars_of_other_films_are_refused_though_the_order_is_fine(
        self, judged: Callable[[Recommender], Verdict], live: Recommender
    ) -> None:
        bias = live.arrays()["stars.movie_bias"]
        verdict = judged(rebuilt(live, stars__movie_bias=bias[::-1].copy()))
        assert verdict.reasons == ("rmse",)

    def test_the_same_model_is_not_worse_whatever_the_margin(
        self, live: Recommender, holdout: Holdout
    ) -> None:
        verdict = judge(live, live, holdout, movie_ids=live.catalog.movie_ids, margin=0)
        assert verdict.passed
        assert [(each.difference, each.low, each.high) for each in verdict.checks[2:]] == [(0, 0, 0)] * 3
        assert verdict.drift is not None
        assert (verdict.drift.films, verdict.drift.overlap, verdict.drift.changed) == (100, 1, ())

    def test_ten_people_refuse_no_honest_model_but_a_reversed_order(
        self, live: Recommender, holdout: Holdout, refit: Recommender
    ) -> None:
        honest, broken = refit, ordered(live, np.negative)
        everybody = np.concatenate([holdout.people.people(), holdout.ratings.people()])
        promoted = {"honest": 0, "broken": 0}
        for draw in range(10):
            some = np.random.default_rng(draw).choice(everybody, 10, replace=False)
            few = replace(
                holdout,
                people=holdout.people.take(np.isin(holdout.people.user_ids, some)),
                ratings=holdout.ratings.take(np.isin(holdout.ratings.user_ids, some)),
            )
            for name, model in (("honest", honest), ("broken", broken)):
                verdict = judge(model, live, few, movie_ids=[], margin=MARGIN)
                assert verdict.few
                promoted[name] += verdict.passed
        assert promoted["honest"] >= 8
        assert promoted["broken"] == 0

    def test_what_is_told_of_the_live_model_is_what_its_own_training_measured(
        self, of_refit: Verdict, live: Recommender, holdout: Holdout
    ) -> None:
        checks, measured = by_name(of_refit), measure_holdout(live, holdout)
        assert checks["rmse"].live == pytest.approx(measured["rmse"])
        assert checks["ndcg@10"].live == pytest.approx(measured["ndcg@10"])

    def test_the_films_whose_neighbours_changed_most_are_told(
        self, judged: Callable[[Recommender], Verdict], live: Recommender
    ) -> None:
        """The most rated film takes the place of the least rated one among neighbours."""
        order = np.argsort(-live.popularity, kind="stable")
        codes = live.arrays()["neighbours.codes"].copy()
        codes[order[0]] = codes[order[-1]]
        drift = judged(rebuilt(live, neighbours__codes=codes)).drift
        assert drift is not None
        assert drift.changed[0].movie_id == live.catalog.movie_ids[order[0]]
        overlaps = [each.overlap for each in drift.changed]
        assert overlaps == sorted(overlaps)
        assert drift.overlap == pytest.approx(1, abs=0.2)


@pytest.fixture(scope="module")
def world(small_ratings: Ratings) -> Holdout:
    """Two people of the small world held out whole, and every sixth rating of the others."""
    whole = np.isin(small_ratings.user_ids, [1000, 1003])
    single = np.arange(len(small_ratings)) % 6 == 0
    return Holdout(
        small_ratings.take(~whole & ~single), small_ratings.take(whole), small_ratings.take(~whole & single)
    )


@pytest.fixture(scope="module")
def model(world: Holdout, small_catalog: Catalog, quick_config: TrainingConfig) -> Recommender:
    return recsys.fit(world.train, small_catalog, quick_config)


class TestFinite:
    @pytest.mark.parametrize(
        "name", ["ranker.film_factors", "ranker.ease_scale", "stars.movie_bias", "newcomers.stars_weights"]
    )
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_one_number_that_is_none_refuses(
        self, model: Recommender, world: Holdout, name: str, bad: float
    ) -> None:
        array = model.arrays()[name].copy()
        array.reshape(-1)[-1:] = bad
        broken = rebuilt(model, **{name.replace(".", "__"): array})
        verdict = judge(broken, model, world, movie_ids=model.catalog.movie_ids, margin=MARGIN)
        assert verdict.reasons == ("finite",)
        assert [each.name for each in verdict.checks] == ["finite", "vocabulary"]
        assert 0.5 < (verdict.checks[0].candidate or 0) < 1
        assert verdict.drift is None
        json.dumps(verdict.to_dict(), allow_nan=False)

    def test_finite_numbers_that_make_others_refuse_too(self, model: Recommender, world: Holdout) -> None:
        factors = np.full_like(model.arrays()["ranker.film_factors"], 3e38)
        verdict = judge(
            rebuilt(model, ranker__film_factors=factors), model, world, movie_ids=[], margin=MARGIN
        )
        assert verdict.reasons == ("finite",)

    def test_they_are_found_without_anybody_in_the_holdout(self, model: Recommender, world: Holdout) -> None:
        nobody = replace(world, people=NOTHING, ratings=NOTHING)
        mean = np.full_like(model.arrays()["newcomers.ranker_mean"], 3e38)
        broken = rebuilt(model, newcomers__ranker_mean=mean)
        assert judge(broken, None, nobody, movie_ids=[], margin=MARGIN).reasons == ("finite",)

    def test_a_live_model_that_is_broken_is_nothing_to_compare_with(
        self, model: Recommender, world: Holdout
    ) -> None:
        factors = model.arrays()["ranker.film_factors"].copy()
        factors[:] = 3e38
        verdict = judge(
            model, rebuilt(model, ranker__film_factors=factors), world, movie_ids=[], margin=MARGIN
        )
        assert verdict.passed
        assert [each.live for each in verdict.checks[2:]] == [None] * 3


class TestVocabulary:
    def test_a_film_that_is_missing_refuses(self, model: Recommender, world: Holdout) -> None:
        wanted = [*model.catalog.movie_ids.tolist(), 999_999]
        verdict = judge(model, model, world, movie_ids=wanted, margin=MARGIN)
        assert verdict.reasons == ("vocabulary",)
        assert verdict.checks[1].candidate == pytest.approx(24 / 25)

    def test_films_beyond_the_wanted_ones_are_welcome(self, model: Recommender, world: Holdout) -> None:
        verdict = judge(model, model, world, movie_ids=model.catalog.movie_ids[:3], margin=MARGIN)
        assert verdict.passed


class TestTheSameGround:
    def test_films_that_one_of_them_knows_alone_are_left_out(
        self, model: Recommender, world: Holdout, small_catalog: Catalog, quick_config: TrainingConfig
    ) -> None:
        """A live model that does not know the most rated film is not measured on it, nor is the candidate."""
        unknown = int(small_catalog.movie_ids[0])

        def without(ratings: Ratings) -> Ratings:
            return ratings.take(ratings.movie_ids != unknown)

        known = Catalog([each for each in small_catalog if each.movie_id != unknown], "small world")
        older = recsys.fit(without(world.train), known, quick_config)
        rest = Holdout(*map(without, (world.train, world.people, world.ratings)))
        for candidate, live in ((model, older), (older, model)):
            verdict = judge(candidate, live, world, movie_ids=[], margin=MARGIN)
            assert verdict == judge(candidate, live, rest, movie_ids=[], margin=MARGIN)
            assert verdict.ratings < len(world.people) + len(world.ratings)

    def test_a_film_that_the_live_model_cannot_list_takes_no_place(
        self, model: Recommender, world: Holdout, small_catalog: Catalog
    ) -> None:
        """The same model with one film more, which it puts first in every list, is as good as before."""
        catalog = Catalog([*small_catalog, Film(77_777, "New", 2000, ("Comedy",))], "small world")
        parts = {
            name: np.concatenate([array, array[-1:]]) if len(array) == len(small_catalog) else array
            for name, array in model.arrays().items()
            if array.ndim
        }
        grown = Parts.from_arrays(
            model.arrays() | parts, model.config, n_films=len(catalog), n_genres=len(catalog.genres)
        )
        newest = len(small_catalog)

        class NewestFirst(Ranker):
            def scores(self, vector: Floats) -> Floats:
                scores = Ranker.scores(self, vector)
                scores[newest] = 1e6
                return scores

        assert grown.ranker is not None
        ranker = NewestFirst(*(getattr(grown.ranker, each.name) for each in fields(grown.ranker)))
        candidate = Recommender(catalog, replace(grown, ranker=ranker), model.config)
        assert candidate.recommend(candidate.fold_in(), n=1)[0].movie_id == 77_777
        verdict = judge(candidate, model, world, movie_ids=catalog.movie_ids, margin=0)
        assert verdict.passed
        assert [each.difference for each in verdict.checks[2:]] == [0, 0, 0]

    def test_people_count_whom_one_of_them_knows_or_neither(
        self, model: Recommender, world: Holdout, small_catalog: Catalog, quick_config: TrainingConfig
    ) -> None:
        newcomers = world.train.user_ids >= 1060
        older = recsys.fit(world.train.take(~newcomers), small_catalog, quick_config)
        unheard = Ratings.from_arrays([5, 5], small_catalog.movie_ids[:2], [4.0, 1.0])
        rating = Ratings.from_arrays(
            np.concatenate([world.ratings.user_ids, unheard.user_ids]),
            np.concatenate([world.ratings.movie_ids, unheard.movie_ids]),
            np.concatenate([world.ratings.values, unheard.values]),
        )
        verdict = judge(model, older, replace(world, ratings=rating), movie_ids=[], margin=MARGIN)
        assert verdict.people == 2 + len(world.ratings.people()) + 1
        assert verdict.ratings == len(world.people) + len(rating)


class TestWhatThereIs:
    def test_the_first_model_only_has_to_be_whole(self, model: Recommender, world: Holdout) -> None:
        verdict = judge(model, None, world, movie_ids=model.catalog.movie_ids, margin=MARGIN)
        assert verdict.passed
        assert verdict.drift is None
        for check in verdict.checks[2:]:
            assert check.candidate is not None
            assert (check.live, check.difference, check.low, check.high) == (None,) * 4

    def test_nobody_in_the_holdout(self, model: Recommender, world: Holdout) -> None:
        nobody = replace(world, people=NOTHING, ratings=NOTHING)
        verdict = judge(model, model, nobody, movie_ids=[], margin=MARGIN)
        assert verdict.passed
        assert (verdict.people, verdict.ratings, verdict.few) == (0, 0, True)
        assert all(each.candidate is None for each in verdict.checks[2:])

    def test_one_person_proves_nothing(self, model: Recommender, world: Holdout) -> None:
        one = replace(world, ratings=NOTHING, people=world.people.take(world.people.user_ids == 1000))
        verdict = judge(ordered(model, np.negative), model, one, movie_ids=[], margin=0)
        assert verdict.passed
        assert verdict.people == 1
        assert by_name(verdict)["rmse"].low is None

    def test_a_part_that_the_live_model_has_is_needed(
        self, model: Recommender, world: Holdout, small_catalog: Catalog, quick_config: TrainingConfig
    ) -> None:
        stars = recsys.fit(world.train, small_catalog, replace(quick_config, parts=("stars",)))
        verdict = judge(stars, model, world, movie_ids=[], margin=MARGIN)
        assert {"ndcg@10", "coverage"} <= set(verdict.reasons)
        assert verdict.drift is None
        assert judge(model, stars, world, movie_ids=[], margin=MARGIN).checks[3].passed

    @pytest.mark.parametrize("margin", [-0.01, float("nan"), float("inf")])
    def test_a_margin_is_a_share(self, model: Recommender, world: Holdout, margin: float) -> None:
        with pytest.raises(InvalidData, match="margin"):
            judge(model, None, world, movie_ids=[], margin=margin)


class TestPlainValues:
    def test_there_and_back(
        self, model: Recommender, world: Holdout, small_catalog: Catalog, quick_config: TrainingConfig
    ) -> None:
        other = recsys.fit(world.train, small_catalog, replace(quick_config, seed=3))
        for live in (other, None):
            verdict = judge(model, live, world, movie_ids=[1], margin=MARGIN)
            assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict(), allow_nan=False))) == verdict

    @pytest.mark.parametrize("change", [{"checks": None}, {"more": 1}, {"drift": {"films": 1}}])
    def test_anything_else_is_no_verdict(
        self, model: Recommender, world: Holdout, change: dict[str, object]
    ) -> None:
        plain = judge(model, model, world, movie_ids=[], margin=MARGIN).to_dict()
        with pytest.raises(InvalidData, match="no verdict"):
            Verdict.from_dict(plain | change)


class TestIntervals:
    @pytest.mark.parametrize(("people", "quantile"), [(2, 6.314), (3, 2.920), (10, 1.833), (1001, 1.646)])
    def test_they_are_students(self, people: int, quantile: float) -> None:
        differences = np.tile([-1.0, 1.0], 500)
        expected = quantile * (people / (people - 1)) ** 0.5
        assert half_width(differences, people, 0.9) == pytest.approx(
            expected, rel=0.05 if people == 2 else 0.003
        )

    def test_ten_alike_people_are_seldom_surely_worse(self) -> None:
        """One interval in twenty lies wholly below the truth."""
        rng = np.random.default_rng(3)
        below = 0
        for seed in range(400):
            own = rng.normal(size=10)
            width = half_width(draws(10, seed) @ own / 10, 10, 0.9)
            assert width is not None
            below += own.mean() + width < 0
        assert 0.02 < below / 400 < 0.08

    def test_people_are_drawn_with_the_seed(self) -> None:
        assert draws(7, 1).shape == (1000, 7)
        assert (draws(7, 1).sum(axis=1) == 7).all()
        np.testing.assert_array_equal(draws(7, 1), draws(7, 1))
        assert (draws(7, 1) != draws(7, 2)).any()

    def test_one_person_or_no_draw_has_none(self) -> None:
        assert half_width(np.ones(1000), 1, 0.9) is None
        assert half_width(np.full(1000, np.nan), 5, 0.9) is None
