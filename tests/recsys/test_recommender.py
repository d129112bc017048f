"""What every recommender keeps, whatever it learned from and wherever it comes from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys import InvalidData, Ratings, Recommender, TrainingConfig, UnknownMovie, UnknownUser, User
from recsys.data.dataset import Dataset

UNKNOWN = 987_654_321


@pytest.fixture(scope="module", params=["fitted", "loaded", "movielens"])
def recommender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """A model fresh from the fit, one from disk, and one of real ratings."""
    if request.param == "movielens":
        dataset: Dataset = request.getfixturevalue("movielens_100k")
        config: TrainingConfig = request.getfixturevalue("quick_config")
        return recsys.fit(dataset.ratings, dataset.catalog, config)
    small: Recommender = request.getfixturevalue("small_recommender")
    if request.param == "fitted":
        return small
    folder = tmp_path_factory.mktemp("artifact")
    small.save(folder)
    return Recommender.load(folder)


@pytest.fixture
def some(recommender: Recommender) -> list[int]:
    """Twelve movie ids, the most rated first."""
    order = np.argsort(-recommender.popularity, kind="stable")[:12]
    return [int(movie_id) for movie_id in recommender.catalog.movie_ids[order]]


@pytest.fixture
def person(recommender: Recommender, some: list[int]) -> User:
    """Rated four films, likes a genre, dislikes another."""
    stars = dict(zip(some[:4], (5.0, 1.5, 4.0, 3.0), strict=True))
    return recommender.fold_in(stars, {"Comedy": 1, "Horror": -1})


class TestRecommend:
    def test_best_first_and_nothing_twice(self, recommender: Recommender, person: User) -> None:
        found = recommender.recommend(person, n=15)
        scores = [each.score for each in found]
        assert len(found) == 15
        assert scores == sorted(scores, reverse=True)
        assert scores[0] > scores[-1]
        assert len({each.movie_id for each in found}) == 15

    def test_never_what_was_rated_or_is_excluded(self, recommender: Recommender, person: User) -> None:
        best = [each.movie_id for each in recommender.recommend(person, n=3)]
        ids = {each.movie_id for each in recommender.recommend(person, n=10**6, exclude=best)}
        assert ids == set(recommender.catalog.movie_ids.tolist()) - set(person.ratings) - set(best)

    def test_past_the_catalog_gives_all_that_is_left(self, recommender: Recommender, person: User) -> None:
        found = recommender.recommend(person, n=10**6)
        assert len(found) == len(recommender.catalog) - len(person.ratings)
        assert recommender.recommend(person, n=2) == found[:2]
        assert recommender.recommend(person, n=0) == []

    def test_a_negative_number_is_refused(self, recommender: Recommender, person: User) -> None:
        with pytest.raises(InvalidData, match="-1"):
            recommender.recommend(person, n=-1)

    def test_filter_by_any_of_several_genres(self, recommender: Recommender, person: User) -> None:
        wanted = {"Romance", "Sci-Fi"}
        ids = {each.movie_id for each in recommender.recommend(person, n=10**6, genres=wanted)}
        expected = {film.movie_id for film in recommender.catalog if wanted & set(film.genres)}
        assert ids == expected - set(person.ratings)
        assert recommender.recommend(person, genres=[]) == []

    def test_filter_by_years_includes_both_ends(self, recommender: Recommender, person: User) -> None:
        year = recommender.catalog[recommender.recommend(person, n=1)[0].movie_id].year
        assert year is not None
        found = recommender.recommend(person, n=10**6, years=(year, year))
        assert found
        assert {recommender.catalog[each.movie_id].year for each in found} == {year}

    def test_films_without_a_year_are_outside_every_range(
        self, recommender: Recommender, person: User
    ) -> None:
        found = recommender.recommend(person, n=10**6, years=(0, 9999))
        assert all(recommender.catalog[each.movie_id].year for each in found)

    def test_unknown_genre_is_named(self, recommender: Recommender, person: User) -> None:
        with pytest.raises(InvalidData, match=r"'Jazz'.*Comedy"):
            recommender.recommend(person, genres=["Jazz"])

    def test_unknown_films_raise(self, recommender: Recommender, person: User) -> None:
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.recommend(person, exclude=[UNKNOWN])
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.recommend(person, penalties={UNKNOWN: 1.0})

    @pytest.mark.parametrize("penalty", [float("nan"), float("inf"), float("-inf")])
    def test_penalties_that_are_not_finite(
        self, recommender: Recommender, some: list[int], penalty: float
    ) -> None:
        with pytest.raises(InvalidData, match="penalties"):
            recommender.recommend(recommender.fold_in(), penalties={some[0]: penalty})

    def test_penalties_count_in_deviations_of_the_scores(self, recommender: Recommender) -> None:
        nobody = recommender.fold_in(genres={"Comedy": 1})
        plain = recommender.recommend(nobody, n=10**6, diversity=0)
        first = plain[0].movie_id
        lowered = {
            each.movie_id: each.score
            for each in recommender.recommend(nobody, n=10**6, diversity=0, penalties={first: 1.5})
        }
        deviation = np.std([each.score for each in plain])
        assert plain[0].score - lowered[first] == pytest.approx(1.5 * deviation, rel=1e-4)
        assert all(lowered[each.movie_id] == each.score for each in plain[1:])
        assert recommender.recommend(nobody, n=10**6, penalties={first: 100.0})[-1].movie_id == first

    def test_filter_by_several_spans_of_years(self, recommender: Recommender, person: User) -> None:
        spans = [(1960, 1979), (1990, 1995)]
        ids = {each.movie_id for each in recommender.recommend(person, n=10**6, years=spans)}
        expected = {
            film.movie_id
            for film in recommender.catalog
            if film.year is not None and any(first <= film.year <= last for first, last in spans)
        }
        assert ids == expected - set(person.ratings)
        assert recommender.recommend(person, years=[]) == []
        with pytest.raises(InvalidData, match="first must not come after the last"):
            recommender.recommend(person, years=(1999, 1990))

    def test_what_has_an_unwanted_genre_is_left_out(self, recommender: Recommender, person: User) -> None:
        found = recommender.recommend(
            person, n=10**6, genres=["Comedy"], without={"Romance", "Horror"}, diversity=0
        )
        expected = {
            film.movie_id
            for film in recommender.catalog
            if "Comedy" in film.genres and not {"Romance", "Horror"} & set(film.genres)
        }
        assert {each.movie_id for each in found} == expected - set(person.ratings)
        plain = recommender.recommend(person, n=10**6, diversity=0)
        assert found == [each for each in plain if each.movie_id in expected]
        assert recommender.recommend(person, genres=["Comedy"], without=["Comedy"]) == []

    def test_bands_of_popularity_part_the_catalog(self, recommender: Recommender, person: User) -> None:
        known, deep = (
            recommender.catalog.rows(
                [each.movie_id for each in recommender.recommend(person, n=10**6, popularity=band)]
            )
            for band in ((0.5, 1.0), (0.0, 0.5))
        )
        assert len(known) + len(deep) == len(recommender.catalog) - len(person.ratings)
        assert recommender.popularity[known].min() >= recommender.popularity[deep].max()
        assert len(known) < len(deep)
        everything = recommender.recommend(person, n=10**6)
        assert recommender.recommend(person, n=10**6, popularity=(0.0, 1.0)) == everything

    @pytest.mark.parametrize("band", [(0.6, 0.4), (-0.1, 1.0), (0.0, 1.1), (float("nan"), 1.0)])
    def test_a_band_that_is_none_is_refused(
        self, recommender: Recommender, person: User, band: tuple[float, float]
    ) -> None:
        with pytest.raises(InvalidData, match="band of quantiles"):
            recommender.recommend(person, popularity=band)

    def test_filters_of_unknown_genres_are_refused(self, recommender: Recommender, person: User) -> None:
        for filters in ({"genres": ["Jazz"]}, {"without": ["Jazz"]}):
            with pytest.raises(InvalidData, match="'Jazz'"):
                recommender.recommend(person, **filters)  # type: ignore[arg-type]  # one of the two
            with pytest.raises(InvalidData, match="'Jazz'"):
                recommender.similar([int(recommender.catalog.movie_ids[0])], **filters)  # type: ignore[arg-type]  # as above

    def test_stars_are_those_of_predict_for(self, recommender: Recommender, person: User) -> None:
        found = recommender.recommend(person, n=6)
        mean, _ = recommender.predict_for(person, [each.movie_id for each in found])
        assert [each.stars for each in found] == pytest.approx(mean.tolist(), abs=1e-5)

    def test_somebody_who_told_nothing_gets_what_is_popular(self, recommender: Recommender) -> None:
        found = recommender.recommend(recommender.fold_in(), n=5)
        rank = np.argsort(np.argsort(-recommender.popularity, kind="stable"))
        ranks = rank[recommender.catalog.rows([each.movie_id for each in found])]
        assert ranks.mean() < len(rank) / 4


class TestStars:
    def test_a_batch_equals_its_pairs(self, recommender: Recommender, some: list[int]) -> None:
        people = recommender.user_ids[: len(some)].tolist()
        batch = recommender.predict(people, some)
        single = [recommender.predict([user], [movie])[0] for user, movie in zip(people, some, strict=True)]
        assert batch.tolist() == pytest.approx(single, abs=1e-5)
        assert len(set(np.round(batch, 3).tolist())) > 1

    def test_for_somebody_new_a_batch_equals_its_films(
        self, recommender: Recommender, person: User, some: list[int]
    ) -> None:
        mean, deviation = recommender.predict_for(person, some)
        for at, movie in enumerate(some):
            one, spread = recommender.predict_for(person, [movie])
            assert (one[0], spread[0]) == pytest.approx((mean[at], deviation[at]), abs=1e-5)
        assert (deviation > 0).all()

    def test_unknown_people_and_films_raise(self, recommender: Recommender, person: User) -> None:
        known_user, known_movie = int(recommender.user_ids[0]), int(recommender.catalog.movie_ids[0])
        with pytest.raises(UnknownUser, match=str(UNKNOWN)):
            recommender.predict([UNKNOWN], [known_movie])
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.predict([known_user], [UNKNOWN])
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.predict_for(person, [UNKNOWN])

    def test_pairs_must_match(self, recommender: Recommender, some: list[int]) -> None:
        with pytest.raises(InvalidData, match="pairs"):
            recommender.predict([int(recommender.user_ids[0])], some[:2])


class TestFoldIn:
    def test_is_pure(self, recommender: Recommender, some: list[int]) -> None:
        stars, genres = {some[0]: 5.0, some[1]: 2.0}, {"Comedy": 1}
        before = recommender.recommend(recommender.fold_in(stars, genres))
        recommender.fold_in({some[2]: 0.5, some[3]: 5.0}, {"Horror": 1})
        assert recommender.recommend(recommender.fold_in(stars, genres)) == before
        assert (stars, genres) == ({some[0]: 5.0, some[1]: 2.0}, {"Comedy": 1})

    def test_keeps_what_was_told_when_the_caller_changes_theirs(
        self, recommender: Recommender, some: list[int]
    ) -> None:
        stars = {some[0]: 5.0}
        person = recommender.fold_in(stars)
        stars[some[1]] = 1.0
        assert dict(person.ratings) == {some[0]: 5.0}

    def test_the_order_of_ratings_changes_nothing(self, recommender: Recommender, some: list[int]) -> None:
        pairs = list(zip(some, (5.0, 1.0, 4.0, 3.0, 2.0, 4.5), strict=False))
        one, other = recommender.fold_in(dict(pairs)), recommender.fold_in(dict(reversed(pairs)))
        assert recommender.recommend(one) == recommender.recommend(other)
        assert recommender.next_questions(one) == recommender.next_questions(other)

    def test_every_film_of_the_catalog_can_be_rated(self, recommender: Recommender) -> None:
        person = recommender.fold_in(dict.fromkeys(recommender.catalog.movie_ids.tolist(), 4.0))
        assert recommender.recommend(person) == []
        assert recommender.next_questions(person) == []

    @pytest.mark.parametrize("stars", [0.0, 5.5, -1.0, float("nan")])
    def test_stars_out_of_range_are_refused(
        self, recommender: Recommender, some: list[int], stars: float
    ) -> None:
        with pytest.raises(InvalidData, match="stars"):
            recommender.fold_in({some[0]: stars})

    def test_unknown_films_genres_and_answers_are_refused(self, recommender: Recommender) -> None:
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.fold_in({UNKNOWN: 4.0})
        with pytest.raises(InvalidData, match="'Jazz'"):
            recommender.fold_in(genres={"Jazz": 1})
        with pytest.raises(InvalidData, match="Comedy is 2"):
            recommender.fold_in(genres={"Comedy": 2})

    @pytest.mark.parametrize("answer", [-1, 0, 1])
    def test_the_same_answer_to_every_genre_says_nothing(self, recommender: Recommender, answer: int) -> None:
        same = recommender.fold_in(genres=dict.fromkeys(recommender.catalog.genres, answer))
        nothing = recommender.fold_in()
        assert [each.movie_id for each in recommender.recommend(same)] == [
            each.movie_id for each in recommender.recommend(nothing)
        ]

    def test_answers_move_the_list_towards_a_genre(self, recommender: Recommender) -> None:
        def share(genres: dict[str, int]) -> float:
            found = recommender.recommend(recommender.fold_in(genres=genres), n=10)
            return float(np.mean(["Comedy" in recommender.catalog[each.movie_id].genres for each in found]))

        assert share({"Comedy": 1, "Horror": -1}) > share({"Comedy": -1, "Horror": 1})

    def test_answers_fade_with_every_rating(self, recommender: Recommender, some: list[int]) -> None:
        answers = {"Comedy": 1, "Horror": -1}
        moved = []
        for n in (0, 6, 12):
            stars = dict.fromkeys(some[:n], 4.0)
            with_answers, without = recommender.fold_in(stars, answers), recommender.fold_in(stars)
            assert with_answers.vector is not None
            assert without.vector is not None
            moved.append(float(np.linalg.norm(with_answers.vector - without.vector)))
        assert moved == pytest.approx(moved[0] * np.exp(np.array([0, -1, -2])), rel=1e-3)


class TestSimilar:
    def test_best_first_without_the_seeds(self, recommender: Recommender, some: list[int]) -> None:
        for seeds in (some[:1], some[:3], [some[0], some[0]]):
            found = recommender.similar(seeds, n=10**6)
            values = [each.similarity for each in found]
            assert values == sorted(values, reverse=True)
            assert {each.movie_id for each in found} == set(recommender.catalog.movie_ids.tolist()) - set(
                seeds
            )
            assert recommender.similar(seeds, n=3) == found[:3]

    def test_is_a_cosine(self, recommender: Recommender, some: list[int]) -> None:
        there = {each.movie_id: each.similarity for each in recommender.similar([some[0]], n=10**6)}
        back = {each.movie_id: each.similarity for each in recommender.similar([some[1]], n=10**6)}
        assert there[some[1]] == pytest.approx(back[some[0]], abs=1e-6)
        assert all(-1 <= value <= 1 for value in there.values())
        assert recommender.similar([some[0], some[0]]) == recommender.similar([some[0]])

    def test_filters_keep_the_order(self, recommender: Recommender, some: list[int]) -> None:
        plain = recommender.similar(some[:2], n=10**6)
        found = recommender.similar(
            some[:2],
            n=10**6,
            exclude=[plain[0].movie_id],
            years=(1960, 1995),
            without=["Horror"],
            popularity=(0.0, 0.9),
        )
        allowed = {
            each.movie_id
            for each in recommender.recommend(
                recommender.fold_in(), n=10**6, years=(1960, 1995), without=["Horror"], popularity=(0.0, 0.9)
            )
        }
        assert found == [each for each in plain[1:] if each.movie_id in allowed]
        assert 0 < len(found) < len(plain) - 1

    def test_needs_known_seeds(self, recommender: Recommender) -> None:
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.similar([UNKNOWN])
        with pytest.raises(InvalidData, match="One movie id or more"):
            recommender.similar([])

    def test_compares_any_films_as_similar_does(self, recommender: Recommender, some: list[int]) -> None:
        nearest = recommender.similar(some[:2], n=4)
        assert recommender.compare(some[:2], [each.movie_id for each in nearest]) == nearest
        (itself,) = recommender.compare(some[:1], some[:1])
        assert itself.similarity <= 1
        assert set(itself.shared_genres) <= set(recommender.catalog[some[0]].genres)


class TestNextQuestions:
    def test_neither_rated_nor_excluded_nor_twice(self, recommender: Recommender, person: User) -> None:
        first = recommender.next_questions(person, n=6)
        assert len(set(first)) == 6
        assert not set(first) & set(person.ratings)
        assert not set(recommender.next_questions(person, n=6, exclude=first)) & set(first)

    def test_the_same_every_time(self, recommender: Recommender, person: User) -> None:
        assert recommender.next_questions(person) == recommender.next_questions(person)

    def test_asks_about_films_that_people_know(self, recommender: Recommender) -> None:
        asked = recommender.catalog.rows(recommender.next_questions(recommender.fold_in(), n=5))
        assert recommender.popularity[asked].mean() > 1.5 * recommender.popularity.mean()

    def test_unknown_films_raise(self, recommender: Recommender, person: User) -> None:
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.next_questions(person, exclude=[UNKNOWN])


class TestExplain:
    def test_names_a_film_that_was_liked(self, recommender: Recommender, person: User) -> None:
        liked = {movie_id for movie_id, stars in person.ratings.items() if stars >= 4}
        reasons = {recommender.explain(person, each.movie_id) for each in recommender.recommend(person, n=20)}
        assert reasons - {None}
        assert reasons <= {*liked, None}

    def test_nothing_liked_gives_no_reason(self, recommender: Recommender, some: list[int]) -> None:
        for stars in ({}, {some[0]: 3.5, some[1]: 1.0}):
            assert recommender.explain(recommender.fold_in(stars), some[5]) is None

    def test_a_film_that_adds_nothing_is_no_reason(self, recommender: Recommender, some: list[int]) -> None:
        """Every film is either nearer to the one liked film or has no reason; both happen."""
        person = recommender.fold_in({some[0]: 5.0})
        reasons = {recommender.explain(person, movie) for movie in recommender.catalog.movie_ids.tolist()}
        assert reasons == {some[0], None}

    def test_a_film_is_no_reason_for_itself(self, recommender: Recommender, some: list[int]) -> None:
        assert recommender.explain(recommender.fold_in({some[0]: 5.0}), some[0]) is None
        fan = recommender.fold_in(dict.fromkeys(some, 5.0))
        assert all(recommender.explain(fan, movie_id) != movie_id for movie_id in some)

    def test_unknown_films_raise(self, recommender: Recommender, person: User) -> None:
        with pytest.raises(UnknownMovie, match=str(UNKNOWN)):
            recommender.explain(person, UNKNOWN)


def test_the_same_seed_gives_the_same_model_whatever_the_order_of_the_ratings(
    small_ratings: Ratings, small_recommender: Recommender
) -> None:
    shuffled = small_ratings.take(np.random.default_rng(3).permutation(len(small_ratings)))
    again = recsys.fit(shuffled, small_recommender.catalog, small_recommender.config)
    for fitted in (again, small_recommender):
        assert len(fitted.user_ids) == 36
    user = {int(small_recommender.catalog.movie_ids[0]): 4.0}
    one, other = small_recommender.fold_in(user), again.fold_in(user)
    assert small_recommender.recommend(one, n=99) == again.recommend(other, n=99)
    assert small_recommender.similar(list(user), n=99) == again.similar(list(user), n=99)
    pairs = small_ratings.user_ids, small_ratings.movie_ids
    assert small_recommender.predict(*pairs).tolist() == again.predict(*pairs).tolist()


def test_another_seed_gives_another_model(small_ratings: Ratings, small_recommender: Recommender) -> None:
    config = TrainingConfig.from_dict({**asdict(small_recommender.config), "seed": 1})
    other = recsys.fit(small_ratings, small_recommender.catalog, config)
    pairs = small_ratings.user_ids, small_ratings.movie_ids
    assert small_recommender.predict(*pairs).tolist() != other.predict(*pairs).tolist()


def test_saving_and_loading_change_nothing(small_recommender: Recommender, tmp_path: Path) -> None:
    small_recommender.save(tmp_path / "model", metrics={"rmse": 0.9})
    loaded = Recommender.load(tmp_path / "model")
    movie_ids = small_recommender.catalog.movie_ids.tolist()
    stars = {movie_ids[3]: 5.0, movie_ids[8]: 1.0}
    one, other = (model.fold_in(stars, {"Comedy": 1}) for model in (small_recommender, loaded))
    assert list(loaded.catalog) == list(small_recommender.catalog)
    assert loaded.config == small_recommender.config
    assert loaded.metrics == {"rmse": 0.9}
    assert loaded.recommend(other, n=99) == small_recommender.recommend(one, n=99)
    assert loaded.similar([movie_ids[2]], n=99) == small_recommender.similar([movie_ids[2]], n=99)
    assert loaded.next_questions(other) == small_recommender.next_questions(one)
    people = small_recommender.user_ids[: len(movie_ids)]
    films = movie_ids[: len(people)]
    assert loaded.predict(people, films).tolist() == small_recommender.predict(people, films).tolist()
    assert loaded.popularity.tolist() == small_recommender.popularity.tolist()
