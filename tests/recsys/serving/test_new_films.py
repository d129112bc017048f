"""Films that nobody has rated: a map from what is known of them, and a recommender that is given some."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys import Catalog, Film, InvalidData, Ratings, Recommender, TrainingConfig
from recsys.arrays import Doubles
from recsys.data.content import content_features, genre_matrix
from recsys.serving.newfilms import NewFilms

COMEDY, HORROR, ODD, BARE, LATE = -1, -2, -3, -4, -5
ADDED = (
    Film(COMEDY, "A New Comedy", 1990, ("Comedy",)),
    Film(HORROR, "A New Horror", 1990, ("Horror",)),
    Film(ODD, "An Anime", 1990, ("Anime", "Comedy")),
    Film(BARE, "Of Which Nothing Is Known"),
    Film(LATE, "Comedy To Come", 2190, ("Comedy",)),
)
IDS = [film.movie_id for film in ADDED]


@pytest.fixture(scope="module")
def base(small_recommender: Recommender) -> Recommender:
    return small_recommender


@pytest.fixture(scope="module", params=["extended", "in two steps", "loaded"])
def extended(
    request: pytest.FixtureRequest, base: Recommender, tmp_path_factory: pytest.TempPathFactory
) -> Recommender:
    """The same films, however they came."""
    if request.param == "in two steps":
        return base.extended(ADDED[:2]).extended(ADDED)
    whole = base.extended(ADDED)
    if request.param == "extended":
        return whole
    folder = tmp_path_factory.mktemp("extended")
    whole.save(folder)
    return Recommender.load(folder)


def lover(recommender: Recommender, genre: str = "Comedy") -> recsys.User:
    """Gave 5 stars to twelve films of a genre and 1 to those without, of the small world's own."""
    known = [film for film in recommender.catalog if film.movie_id > 5][:12]
    return recommender.fold_in({film.movie_id: 5.0 if genre in film.genres else 1.0 for film in known})


class TestMap:
    """Sixty films, alternately horror, which is (-1, 3), and comedies, (1, 0)."""

    def world(self) -> tuple[Catalog, Doubles, Doubles]:
        films = [Film(at, str(at), 1990, ("Comedy" if at % 2 else "Horror",)) for at in range(60)]
        table = np.array([[1.0, 0.0] if at % 2 else [-1.0, 3.0] for at in range(60)])
        new = [Film(-1, "c", 1990, ("Comedy",)), Film(-2, "h", 1990, ("Horror",)), Film(-3, "?")]
        return Catalog(films, "map").extended(new), np.full(60, 20.0), table

    def test_a_kind_is_learned_and_the_unknown_is_usual(self) -> None:
        catalog, counts, table = self.world()
        for made in (NewFilms.for_stars, NewFilms.for_order):
            new = made(catalog, counts, np.arange(60, 63))
            comedy, horror, unknown = new.expected(table)
            assert comedy == pytest.approx([1, 0], abs=0.5)
            assert horror == pytest.approx([-1, 3], abs=0.8)
            assert unknown == pytest.approx([0, 1.5], abs=1e-9)

    def test_films_that_are_rated_more_say_more_of_stars_than_of_the_order(self) -> None:
        catalog, counts, table = self.world()
        table[1], counts[1] = (9, 9), 2000
        rows = np.arange(60, 63)
        by_stars = NewFilms.for_stars(catalog, counts, rows).expected(table)[0]
        by_order = NewFilms.for_order(catalog, counts, rows).expected(table)[0]
        plain = np.average(table[1::2], axis=0)
        assert by_stars[0] > by_order[0] > plain[0] - 0.3

    def test_films_without_ratings_teach_nothing(self) -> None:
        catalog, counts, _ = self.world()
        counts[1] = 0
        new = NewFilms.for_stars(catalog, counts, np.arange(60, 63))
        assert 1 not in new.learned
        assert len(new.learned) == 59

    def test_unexplained_is_what_a_map_without_the_film_misses(self) -> None:
        catalog, counts, table = self.world()
        films = [replace(film, genres=("Western",)) if film.movie_id == 7 else film for film in catalog]
        catalog, counts[7], table[7] = Catalog(films, "one western"), 80, (6, -6)  # far from all, and heavy
        left = NewFilms.for_stars(catalog, counts, np.arange(60, 63)).unexplained(table)
        without = counts.copy()
        without[7] = 0
        alone = NewFilms.for_stars(catalog, without, np.array([7]))
        assert left[7] == pytest.approx(table[7] - alone.expected(table[alone.learned])[0], rel=0.03)

    def test_puts_rows_where_they_belong(self) -> None:
        catalog, counts, table = self.world()
        new = NewFilms.for_stars(catalog, counts, np.arange(60, 63))
        grown = new.put(table, [[7, 7]] * 3)
        assert np.array_equal(grown[:60], table)
        assert (grown[60:] == 7).all()


class TestCatalog:
    def test_columns_stay_whatever_is_added(self, small_catalog: Catalog) -> None:
        wider = small_catalog.extended(ADDED)
        assert wider.genres == small_catalog.genres
        assert wider[ODD].genres == ("Anime", "Comedy")
        features = content_features(wider)
        assert np.array_equal(features[: len(small_catalog)], content_features(small_catalog))
        assert features[wider.row(LATE)].max() <= 1
        last = content_features(Catalog([Film(1, "", 1960), Film(2, "", 2004)], "x"))[1]
        late = content_features(Catalog([Film(1, "", 1960), Film(2, "", 2004)], "x").extended([ADDED[4]]))[2]
        assert np.array_equal(late, last)
        odd, comedy = genre_matrix(wider)[wider.rows([ODD, COMEDY])]
        assert np.array_equal(odd, comedy)

    def test_films_that_are_known_stay(self, small_catalog: Catalog) -> None:
        known = next(iter(small_catalog))
        renamed = replace(known, title="Another", genres=("Anime",))
        assert small_catalog.extended([renamed]) is small_catalog
        both = small_catalog.extended([renamed, ADDED[0]])
        assert both[known.movie_id] == known
        assert len(both) == len(small_catalog) + 1

    def test_of_films_without_years_none_are_learned(self) -> None:
        bare = Catalog([Film(1, "", None, ("Comedy",))], "x")
        assert content_features(bare.extended(ADDED)).shape == (6, 2)


class TestExtended:
    def test_nothing_to_add_is_the_same(self, base: Recommender) -> None:
        assert base.extended([]) is base
        assert base.extended(list(base.catalog)) is base

    def test_changes_nothing_of_what_was_there(self, base: Recommender, extended: Recommender) -> None:
        ids, n = base.catalog.movie_ids, len(base.catalog)
        assert extended.catalog.movie_ids[:n].tolist() == ids.tolist()
        assert extended.catalog.movie_ids[n:].tolist() == IDS
        assert np.array_equal(extended.popularity[:n], base.popularity)
        assert (extended.popularity[n:] == 0).all()
        answers = {"Comedy": 1, "Horror": -1}
        picks = [shelf.movie_ids for shelf in base.shelves()[:1]]
        assert extended.shelves() == base.shelves()
        one, other = (each.fold_in({int(ids[0]): 4.0}, answers, picks) for each in (base, extended))
        assert one.vector == pytest.approx(other.vector)
        assert base.predict_for(one, ids)[0] == pytest.approx(extended.predict_for(other, ids)[0])
        assert base.next_questions(one, 8) == extended.next_questions(other, 8)
        before, after = (each.recommend(one, n=10**6, diversity=0) for each in (base, extended))
        kept = [each.movie_id for each in after if each.movie_id not in IDS]
        assert kept == [each.movie_id for each in before]
        seed = int(ids[0])
        near = [each for each in extended.similar([seed], n=10**6) if each.movie_id not in IDS]
        assert [each.movie_id for each in near] == [each.movie_id for each in base.similar([seed], n=10**6)]

    def test_answers_of_somebody_folded_in_before_hold(
        self, base: Recommender, extended: Recommender
    ) -> None:
        before, after = lover(base), lover(extended)
        assert extended.predict_for(before, IDS)[0] == pytest.approx(extended.predict_for(after, IDS)[0])
        assert extended.recommend(before, n=5) == extended.recommend(after, n=5)

    def test_their_kind_tells_what_somebody_thinks_of_them(self, extended: Recommender) -> None:
        for loved, other, genre in ((COMEDY, HORROR, "Comedy"), (HORROR, COMEDY, "Horror")):
            person = lover(extended, genre)
            stars = extended.predict_for(person, [loved, other])[0]
            assert stars[0] > stars[1] + 0.3
            order = [each.movie_id for each in extended.recommend(person, n=10**6, diversity=0)]
            assert order.index(loved) < order.index(other)
            assert (
                extended.satisfaction([person], [loved])[0, 0]
                > extended.satisfaction([person], [other])[0, 0]
            )

    def test_less_is_known_of_them(self, extended: Recommender) -> None:
        deviation = extended.predict_for(lover(extended), extended.catalog.movie_ids)[1]
        well_known = extended.popularity >= 10
        assert deviation[-len(IDS) :].min() > np.quantile(deviation[well_known], 0.8)

    def test_an_unknown_genre_says_nothing(self, extended: Recommender) -> None:
        person = lover(extended)
        odd, comedy = extended.predict_for(person, [ODD, COMEDY])[0]
        assert odd == pytest.approx(comedy)
        with pytest.raises(InvalidData, match="Anime"):
            extended.recommend(person, genres=["Anime"])
        with pytest.raises(InvalidData, match="Anime"):
            extended.fold_in(genres={"Anime": 1})
        found = extended.recommend(person, n=10**6, genres=["Comedy"])
        assert {COMEDY, ODD, LATE} <= {each.movie_id for each in found}
        assert not {HORROR, BARE} & {each.movie_id for each in found}

    def test_lists_are_narrowed_by_their_own_year(self, extended: Recommender) -> None:
        found = extended.recommend(lover(extended), n=10**6, years=(2190, 2190))
        assert [each.movie_id for each in found] == [LATE]
        rare = extended.recommend(lover(extended), n=10**6, popularity=(0.0, 0.0))
        assert set(IDS) <= {each.movie_id for each in rare}

    def test_alike_by_genre_and_year_in_both_directions(self, extended: Recommender) -> None:
        near = extended.similar([COMEDY], n=10**6)
        assert near[0].movie_id in (
            ODD,
            *(film.movie_id for film in extended.catalog if "Comedy" in film.genres),
        )
        assert (near[0].because, near[0].shared_genres) == ("genres", ("Comedy",))
        at = {each.movie_id: each for each in near}
        assert at[ODD].similarity > at[HORROR].similarity
        best_known = next(film.movie_id for film in extended.catalog if film.genres == ("Comedy",))
        back = {each.movie_id: each for each in extended.similar([best_known], n=10**6)}
        assert back[COMEDY].because == "genres"
        assert back[COMEDY].similarity > back[HORROR].similarity
        assert back[COMEDY].similarity == pytest.approx(at[best_known].similarity, abs=1e-5)
        assert extended.compare([BARE], [best_known])[0].because is None

    def test_can_be_rated_like_others(self, extended: Recommender) -> None:
        nobody, fan = extended.fold_in(), extended.fold_in({COMEDY: 5.0, HORROR: 1.0})
        rated = [film.movie_id for film in extended.catalog if film.genres == ("Comedy",)][:3]
        gained = extended.predict_for(fan, rated)[0] - extended.predict_for(nobody, rated)[0]
        assert gained.mean() > 0.02
        assert COMEDY not in [each.movie_id for each in extended.recommend(fan, n=10**6)]
        assert extended.explain(fan, LATE) == COMEDY
        assert extended.next_questions(fan, 3)

    def test_groups_and_typical_stars(self, extended: Recommender) -> None:
        people = [lover(extended), lover(extended, "Horror")]
        slate = extended.group(people, n=10**6)
        assert set(IDS) <= {each.movie_id for each in slate}
        typical = extended.typical_stars(extended.catalog.movie_ids)
        assert typical[-len(IDS) :].min() > typical[: -len(IDS)].min()
        assert typical[-len(IDS) :].max() < typical[: -len(IDS)].max()
        assert extended.predict([int(extended.user_ids[0])], [COMEDY])[0] > 0.5


@pytest.mark.parametrize("parts", [("stars",), ("ranker",), ("similar",), ("ranker", "similar")])
def test_whatever_parts_there_are(
    parts: tuple[str, ...],
    small_ratings: Ratings,
    small_catalog: Catalog,
    quick_config: TrainingConfig,
    tmp_path: Path,
) -> None:
    config = replace(quick_config, parts=parts)
    recsys.fit(small_ratings, small_catalog, config).extended(ADDED).save(tmp_path)
    loaded = Recommender.load(tmp_path)
    assert loaded.catalog.movie_ids[-len(IDS) :].tolist() == IDS
    if "similar" in parts:
        genres, years = (0.25, 0.05) if "stars" in parts else (0.25 / 0.8, 0.05 / 0.8)
        found = loaded.compare([COMEDY], [ODD, HORROR])
        assert [each.similarity for each in found] == pytest.approx([genres + years, years], abs=0.01)


def test_after_training_a_film_without_ratings_is_what_it_was_when_it_was_added(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    """In the catalog from the start, or given later: the same map of the same fit."""
    config = replace(quick_config, model="dot_bias")
    known = [film for film in small_catalog if film.movie_id != 5]
    later = recsys.fit(small_ratings, Catalog(known, "w"), config).extended([*ADDED[:2]])
    there = recsys.fit(small_ratings, Catalog([*known, *ADDED[:2]], "w"), config)
    user_later, user_there = lover(later), lover(there)
    one, other = (
        later.predict_for(user_later, [COMEDY, HORROR]),
        there.predict_for(user_there, [COMEDY, HORROR]),
    )
    assert one[0] == pytest.approx(other[0], abs=0.25)
    assert one[1] == pytest.approx(other[1], abs=0.15)
