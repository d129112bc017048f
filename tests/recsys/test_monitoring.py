"""Where the loop drifts: tiny worlds whose figures are worked out by hand, and ml-100k."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest

from recsys import Catalog, Film, InvalidData, Ratings, UnknownMovie
from recsys.arrays import Ints
from recsys.data.dataset import Dataset
from recsys.monitoring import (
    RIPE,
    Events,
    Figure,
    Figures,
    gini,
    hit_rate,
    miscalibration,
    most_active_share,
    popularity_lift,
    watch,
)

DAY = 86_400
ANN, BOB, CAT = 70, 7, 700  # ids that are no row numbers
# Five films whose ids fall; the last has no genre. Three people, so a transpose cannot pass.
COMEDY, HORROR, BOTH, DRAMA, BLANK = 90, 50, 40, 30, 5
CATALOG = Catalog(
    [
        Film(COMEDY, "A", 1990, ("Comedy",)),
        Film(HORROR, "B", 1991, ("Horror",)),
        Film(BOTH, "C", 1992, ("Comedy", "Horror")),
        Film(DRAMA, "D", 1993, ("Drama",)),
        Film(BLANK, "E", None),
    ],
    "five films",
)
POPULARITY = np.array([100, 50, 10, 40, 0], np.float32)


def events(*rows: tuple[int, int, int]) -> Events:
    """From (person, film, second)."""
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return Events(*columns)


def rated(*rows: tuple[int, int, float, int]) -> Ratings:
    """From (person, film, stars, second)."""
    columns: Sequence[Sequence[float]] = list(zip(*rows, strict=True)) or [[], [], [], []]
    people, films, stars, times = columns
    return Ratings.from_arrays(
        np.array(people, np.int64), np.array(films, np.int64), stars, np.array(times, np.int64)
    )


def test_gini_of_known_worlds() -> None:
    assert gini(np.array([3, 3, 3, 3])) == Figure(0.0, 12)
    assert gini(np.array([0, 7, 0, 0])) == Figure(0.75, 7)
    # All pairs of 1, 2, 6 differ by 1, 5, 4: mean difference 20 / 9, over twice the mean of 3.
    assert gini(np.array([6, 1, 2])).value == pytest.approx(20 / 9 / 6)


def test_gini_of_a_few_exposures_is_bounded_by_how_few_they_are() -> None:
    counts = np.zeros(50, np.int64)
    counts[[3, 30, 41]] = 1
    assert gini(counts).value == pytest.approx(1 - 3 / 50)


def test_popularity_is_averaged_over_people_and_not_over_films() -> None:
    shown = events((ANN, COMEDY, 1), (ANN, HORROR, 1), (BOB, DRAMA, 1), (CAT, COMEDY, 1))
    # Nothing is known of what 99 was shown, nor of what Cat rated.
    ratings = rated(
        (ANN, BOTH, 3, 1),
        (BOB, HORROR, 1, 1),
        (BOB, COMEDY, 1, 1),
        (BOB, BLANK, 1, 1),
        (99, COMEDY, 5, 1),
    )
    seen, own, lift = popularity_lift(shown, ratings, CATALOG, POPULARITY)
    assert (seen.n, own.n, lift.n) == (2, 2, 2)
    assert seen.value == pytest.approx((75 + 40) / 2)
    assert own.value == pytest.approx((10 + 50) / 2)
    assert lift.value == pytest.approx(57.5 / 30 - 1)


def test_there_is_no_lift_over_films_that_nobody_knows() -> None:
    found = popularity_lift(events((ANN, COMEDY, 1)), rated((ANN, BLANK, 5, 1)), CATALOG, POPULARITY)
    assert found == (Figure(100.0, 1), Figure(0.0, 1), Figure(None, 1))


def test_genres_shown_as_they_are_loved_are_calibrated() -> None:
    """One film of two genres weighs as much for each as two films of one genre."""
    shown = events((ANN, COMEDY, 1), (ANN, HORROR, 1), (ANN, BLANK, 1))
    found = miscalibration(shown, rated((ANN, BOTH, 4, 1), (ANN, DRAMA, 3.5, 1)), CATALOG)
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.n == 1


def test_miscalibration_of_known_people() -> None:
    shown = events((ANN, COMEDY, 1), (BOB, DRAMA, 1), (BOB, DRAMA, 2), (BOB, COMEDY, 2), (CAT, BLANK, 1))
    ratings = rated((ANN, BOTH, 5, 1), (BOB, COMEDY, 4, 1), (CAT, DRAMA, 5, 1))
    # Ann loves both halves and was shown one; Bob loves comedies and had a third of them.
    ann = 0.5 * np.log(0.5 / (0.99 + 0.005)) + 0.5 * np.log(0.5 / 0.005)
    bob = np.log(1 / (0.99 / 3 + 0.01))
    found = miscalibration(shown, ratings, CATALOG)
    assert found.value == pytest.approx((ann + bob) / 2)
    assert found.n == 2  # the one film that Cat was shown has no genre


def test_miscalibration_ends_at_the_log_of_a_hundred() -> None:
    found = miscalibration(events((ANN, DRAMA, 1)), rated((ANN, HORROR, 5, 1)), CATALOG)
    assert found.value == pytest.approx(np.log(100))


@pytest.mark.parametrize(("people", "loud"), [(1, 1), (3, 1), (199, 1), (200, 2), (350, 3)])
def test_the_most_active_are_a_hundredth_and_one_at_least(people: int, loud: int) -> None:
    """The loud ones gave ten ratings each, the others one."""
    user_ids = np.array([*range(1000, 1000 + people), *np.repeat(np.arange(1000, 1000 + loud), 9)])
    assert most_active_share(np.random.default_rng(0).permutation(user_ids)) == Figure(
        10 * loud / (people + 9 * loud), people
    )


def test_a_hit_is_loved_or_wished_for_within_a_fortnight() -> None:
    shown = events(
        (ANN, COMEDY, 100),  # loved on its last second
        (ANN, HORROR, 100),  # loved a second too late
        (ANN, DRAMA, 100),  # rated, not loved
        (BOB, COMEDY, 100),  # Ann's love is not Bob's
        (BOB, HORROR, 100),  # wished for
        (CAT, HORROR, 100),  # loved before it was shown
        (CAT, DRAMA, 50),  # loved before the second time it was shown
        (CAT, DRAMA, 100),
    )
    ratings = rated(
        (ANN, COMEDY, 4, 100 + RIPE),
        (ANN, HORROR, 5, 101 + RIPE),
        (ANN, DRAMA, 3.5, 200),
        (CAT, HORROR, 5, 99),
        (CAT, DRAMA, 4.5, 75),
    )
    wishes = events((BOB, HORROR, 100), (ANN, BLANK, 100))
    assert hit_rate(shown, ratings, wishes) == Figure(3 / 8, 8)
    assert hit_rate(shown.between(50, 51), ratings, wishes) == Figure(1.0, 1)
    assert hit_rate(shown, rated(), events()) == Figure(0.0, 8)


def test_a_take_belongs_to_one_person_and_one_film() -> None:
    """Many pairs at once, against a loop over all of them."""
    rng = np.random.default_rng(3)
    films = CATALOG.movie_ids

    def some(n: int) -> list[tuple[int, int, int]]:
        columns = np.stack([rng.integers(1, 9, n), rng.choice(films, n), rng.integers(0, 90 * DAY, n)])
        return [(user, film, when) for user, film, when in columns.T.tolist()]

    shown, wishes = some(300), some(30)
    hits = sum(
        any((user, film) == (person, wish) and 0 <= then - when <= RIPE for person, wish, then in wishes)
        for user, film, when in shown
    )
    assert 0 < hits < 300
    assert hit_rate(events(*shown), rated(), events(*wishes)).value == pytest.approx(hits / 300)
    last, first = events((ANN, BLANK, 1000)), events((ANN, DRAMA, 0), (BOB, BLANK, 0), (CAT, BLANK, 0))
    assert hit_rate(last, rated(), first).value == 0


def test_nothing_is_said_of_nothing() -> None:
    found = watch(events(), rated(), events(), CATALOG, POPULARITY, 0, DAY)
    assert {field.name: getattr(found, field.name) for field in fields(Figures)} == {
        field.name: Figure(None, 5 if field.name == "coverage" else 0) for field in fields(Figures)
    }
    empty = watch(events(), rated(), events(), Catalog([], "no films"), np.zeros(0), 0, DAY)
    assert empty.gini == empty.coverage == Figure(None, 0)


def test_each_figure_has_its_span() -> None:
    """A week that begins at 100 days: what was shown in it counts; for hits, what had its fortnight."""
    start, end = 100 * DAY, 107 * DAY
    shown = events(
        (ANN, COMEDY, start),
        (BOB, DRAMA, end - 1),
        (BOB, DRAMA, end),  # next week's
        (ANN, HORROR, start - RIPE),  # ripe
        (BOB, BOTH, end - RIPE - 1),  # ripe
        (BOB, HORROR, end - RIPE),  # not yet
        (BOB, HORROR, start - RIPE - 1),  # long ago
    )
    ratings = rated((ANN, HORROR, 5, start), (BOB, HORROR, 5, start), (BOB, COMEDY, 2, 1))
    found = watch(shown, ratings, events(), CATALOG, POPULARITY, start, end)
    assert number(found.gini) == pytest.approx(0.6)
    assert [found.gini.n, found.miscalibration.n, found.most_active_share.n] == [2, 2, 2]
    assert found.coverage == Figure(0.4, 5)
    assert found.popularity_shown == Figure(70.0, 2)
    assert found.popularity_rated == Figure((50 + 75) / 2, 2)
    assert number(found.miscalibration) == pytest.approx(np.log(100))
    assert number(found.most_active_share) == pytest.approx(2 / 3)
    assert found.hit_rate == Figure(0.5, 2)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InvalidData, match="one length"):
        Events(np.arange(3), np.arange(2), np.arange(3))
    with pytest.raises(UnknownMovie):
        watch(events((ANN, 4711, 5)), rated(), events(), CATALOG, POPULARITY, 0, DAY)


def test_real_people_shown_the_best_known_are_shown_little_else(movielens_100k: Dataset) -> None:
    """Everybody gets the ten most rated films, or all that they rated themselves: the figures tell which."""
    ratings, catalog = movielens_100k.ratings, movielens_100k.catalog
    popularity = np.bincount(catalog.rows(ratings.movie_ids), minlength=len(catalog)).astype(np.float32)
    people = ratings.people()
    best_known = catalog.movie_ids[np.argsort(-popularity)[:10]]
    start = int(ratings.timestamps.max()) + 1

    def shown(user_ids: Ints, films: Ints) -> Figures:
        exposures = Events(user_ids, films, np.full(films.size, start))
        return watch(exposures, ratings, events(), catalog, popularity, start, start + 1)

    charts = shown(np.repeat(people, 10), np.tile(best_known, len(people)))
    own = shown(ratings.user_ids, ratings.movie_ids)
    assert charts.gini.value == pytest.approx(1 - 10 / 1682)
    assert charts.coverage.value == pytest.approx(10 / 1682)
    assert own.coverage.value == 1
    assert number(own.gini) == pytest.approx(0.63, abs=0.01)
    assert number(charts.popularity_lift) > 1
    assert own.popularity_lift.value == pytest.approx(0)
    assert 0 < number(own.miscalibration) < 0.1 < number(charts.miscalibration) < np.log(100)
    counts = np.sort(np.unique(ratings.user_ids, return_counts=True)[1])
    assert number(charts.most_active_share) == pytest.approx(counts[-9:].sum() / 100_000)
    assert charts.most_active_share.n == 943


def number(figure: Figure) -> float:
    assert figure.value is not None
    return figure.value
