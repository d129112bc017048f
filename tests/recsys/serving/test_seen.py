"""Who knows which films."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.serving.seen import SURE, Seen

NOBODY = np.zeros(0, np.int64)
N_FILMS, N_PEOPLE = 14, 400


@pytest.fixture(scope="module")
def seen() -> Seen:
    """Half of the people know films 0 to 5, the others 6 to 11, and all of them film 12; film 13 nobody."""
    rng = np.random.default_rng(0)
    people, films = [], []
    for person in range(N_PEOPLE):
        own = np.arange(6) + 6 * (person % 2)
        known = [*own[rng.random(6) < 0.7], 12]
        people += [person] * len(known)
        films += known
    return Seen.build(np.array(people), np.array(films), N_PEOPLE, N_FILMS)


def chance(seen: Seen, known: list[int], unknown: list[int]) -> dict[int, float]:
    z = seen.locate(np.array(known, np.int64), np.array(unknown, np.int64))
    return dict(zip(seen.films.tolist(), seen.chances(z).tolist(), strict=True))


def test_best_known_first_and_never_what_nobody_knows(seen: Seen) -> None:
    assert seen.films[0] == 12
    assert sorted(seen.films.tolist()) == list(range(13))
    assert seen.share.tolist() == sorted(seen.share.tolist(), reverse=True)


def test_without_answers_a_film_is_known_by_its_share(seen: Seen) -> None:
    assert seen.chances(seen.locate(NOBODY, NOBODY)) == pytest.approx(seen.share.clip(SURE, 1 - SURE))


def test_knowing_films_makes_their_like_more_probable_and_others_less(seen: Seen) -> None:
    before, after = chance(seen, [], []), chance(seen, [0, 1], [])
    assert after[2] > before[2] + 0.2
    assert after[7] < before[7] - 0.2


def test_not_knowing_films_does_the_opposite(seen: Seen) -> None:
    before, after = chance(seen, [], []), chance(seen, [], [0, 1, 2])
    assert after[3] < before[3] - 0.15
    assert after[7] > before[7] + 0.15


def test_what_was_expected_counts_as_far_as_answers_leave_it_open(seen: Seen) -> None:
    fan = seen.locate(np.arange(6), np.arange(6, 12))
    assert seen.locate(NOBODY, NOBODY, expected=fan) == pytest.approx(fan)
    denied = seen.locate(NOBODY, np.arange(6), expected=fan)
    assert seen.chances(denied)[seen.films == 3] < seen.chances(fan)[seen.films == 3] - 0.2


def test_films_that_nobody_knew_say_nothing(seen: Seen) -> None:
    assert chance(seen, [13], []) == chance(seen, [], [])


def test_people_of_the_training_stand_where_telling_all_would_put_them(seen: Seen) -> None:
    people, films = np.array([0, 0, 2, 2, 2]), np.array([0, 13, 6, 7, 12])
    found = seen.locate_training(people, films, n_users=3)
    for person in range(3):
        own = films[people == person]
        assert found[person] == pytest.approx(seen.locate(own, np.setdiff1d(np.arange(14), own)), abs=1e-4)
