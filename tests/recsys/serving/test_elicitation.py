"""Which films to ask about."""

from __future__ import annotations

import numpy as np
import pytest

import recsys
from recsys import Recommender
from recsys.data.dataset import Dataset
from recsys.serving.elicitation import SPREAD_SHRINKAGE, Elicitation
from recsys.serving.seen import Seen
from recsys.serving.stars import Sensitivity

KINDS = np.array([[0, 0], [1, 0], [1, 0], [0, 1], [0, 1]], np.float32)  # row 0 is no candidate
FILMS = np.array([1, 2, 3, 4])
ALL = np.ones(4, np.bool_)
NONE = np.zeros(0, np.int64)


def elicitation(variance: list[float]) -> Elicitation:
    nothing = np.zeros((len(variance), 1), np.float32)
    share = np.full(len(variance), 0.5, np.float32)
    return Elicitation(Seen(FILMS[: len(variance)], share, nothing), np.array(variance, np.float32))


def test_variance_is_shrunk_to_that_of_all() -> None:
    films = np.array([1, 1, 1, 1, 3, 3])
    people = np.array([0, 1, 2, 3, 0, 1])
    values = np.array([1, 5, 1, 5, 3, 3], np.float32)  # variance 4 and 0; overall 16 / 6
    overall = 16 / 6
    built = Elicitation.build(Seen.build(people, films, 4, 5), films, values, n_films=5)
    first = (16 + SPREAD_SHRINKAGE * overall) / (4 + SPREAD_SHRINKAGE)
    third = (0 + SPREAD_SHRINKAGE * overall) / (2 + SPREAD_SHRINKAGE)
    assert built.seen.films.tolist() == [1, 3]
    assert built.variance.tolist() == pytest.approx([first, third])


class TestDivisive:
    def test_another_genre_comes_before_more_of_the_same(self) -> None:
        found = elicitation([10, 9, 8, 1]).divisive(4, np.ones(4, np.float32), ALL, KINDS, NONE)
        assert found.tolist() == [1, 3, 2, 4]

    def test_what_was_asked_counts_towards_variety_and_is_not_asked_again(self) -> None:
        waiting = np.array([False, True, True, True])
        found = elicitation([10, 9, 8, 1]).divisive(9, np.ones(4, np.float32), waiting, KINDS, np.array([1]))
        assert found.tolist() == [3, 2, 4]

    def test_what_is_hardly_known_waits(self) -> None:
        chances = np.array([0.1, 0.9, 0.1, 0.1], np.float32)
        assert elicitation([10, 9, 8, 1]).divisive(1, chances, ALL, KINDS, NONE).tolist() == [2]


class TestInformative:
    rng = np.random.default_rng(3)
    gradients = rng.normal(size=(4, 3))
    root = rng.normal(size=(3, 3))
    person = Sensitivity(gradients, root @ root.T, noise=0.7)
    chances = np.array([0.9, 0.4, 0.6, 0.8], np.float32)

    def left_open(self, asked: list[int]) -> float:
        """Weighted variance of all predictions after answers to `asked`, by inverting."""
        G = self.gradients[asked]
        covariance = np.linalg.inv(np.linalg.inv(self.person.covariance) + G.T @ G / self.person.noise)
        return float(self.chances @ np.einsum("nk,kl,nl->n", self.gradients, covariance, self.gradients))

    def test_is_the_greatest_fall_in_variance_by_brute_force_each_time(self) -> None:
        remaining = [0, 1, 2, 3]
        asked: list[int] = []
        while remaining:
            falls = {
                each: self.chances[each] ** 2 * (self.left_open(asked) - self.left_open([*asked, each]))
                for each in remaining
            }
            asked.append(max(falls, key=lambda each: falls[each]))
            remaining.remove(asked[-1])
        found = elicitation([1, 1, 1, 1]).informative(9, self.chances, ALL, self.person)
        assert found.tolist() == FILMS[asked].tolist()

    def test_a_film_like_the_one_just_chosen_waits(self) -> None:
        gradients = np.array([[1.0, 0], [1, 0], [0, 0.9], [0, 0.1]])
        person = Sensitivity(gradients, np.eye(2), noise=0.1)
        found = elicitation([1, 1, 1, 1]).informative(2, np.ones(4, np.float32), ALL, person)
        assert found.tolist() == [1, 3]

    def test_only_what_may_be_asked(self) -> None:
        waiting = np.array([False, True, False, True])
        found = elicitation([1, 1, 1, 1]).informative(9, self.chances, waiting, self.person)
        assert sorted(found.tolist()) == [2, 4]


def test_questions_follow_what_was_answered(small_recommender: Recommender) -> None:
    model = small_recommender
    ids = model.catalog.movie_ids.tolist()
    first = model.next_questions(model.fold_in(), n=8)
    assert model.next_questions(model.fold_in({ids[1]: 5.0, ids[3]: 5.0}), n=8) != first
    assert set(model.next_questions(model.fold_in(), n=8, unseen=first[:3])).isdisjoint(first[:3])


@pytest.fixture(scope="module")
def without_stars(movielens_100k: Dataset) -> Recommender:
    """A third of the people, and a ranker alone."""
    ratings = movielens_100k.ratings.take(movielens_100k.ratings.user_ids % 3 == 0)
    ranker = recsys.RankerConfig(factors=8, sweeps=1)
    config = recsys.TrainingConfig(device="cpu", parts=("ranker",), ranker=ranker)
    return recsys.fit(ratings, movielens_100k.catalog, config)


def test_somebody_who_knows_no_old_film_is_asked_about_newer_ones(without_stars: Recommender) -> None:
    model = without_stars
    nobody = model.fold_in()

    def old(movie_ids: list[int]) -> list[int]:
        return [movie_id for movie_id in movie_ids if 0 < (model.catalog[movie_id].year or 0) < 1980]

    unseen = old(model.next_questions(nobody, n=200))[:10]
    plain = old(model.next_questions(nobody, n=100, exclude=unseen))
    avoiding = old(model.next_questions(nobody, n=100, unseen=unseen))
    assert len(unseen) == 10
    assert len(avoiding) < len(plain) / 2


def test_genre_answers_change_what_is_asked(without_stars: Recommender) -> None:
    model = without_stars

    def share(answer: int) -> float:
        person = model.fold_in(genres={"Sci-Fi": answer, "Romance": -answer})
        asked = model.next_questions(person, n=40)
        return float(np.mean(["Sci-Fi" in model.catalog[movie_id].genres for movie_id in asked]))

    assert share(1) > share(-1)
