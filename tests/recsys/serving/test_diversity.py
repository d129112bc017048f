"""The head of a list in another order."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import InvalidData, Recommender
from recsys.data.content import genre_vectors
from recsys.serving.diversity import rearranged

SCORES = np.array([1.0, 0.9, 0.5, 0.2], np.float32)
LIKENESS = np.array(  # the first two are all but the same film
    [[1, 0.9, 0.1, 0.3], [0.9, 1, 0.2, 0.0], [0.1, 0.2, 1, 0.6], [0.3, 0.0, 0.6, 1]], np.float32
)


@pytest.mark.parametrize(
    ("diversity", "order", "scores"),
    [
        (0.0, [0, 1, 2, 3], [1.0, 0.9, 0.5, 0.2]),
        (0.5, [0, 2, 1, 3], [0.5, 0.25 - 0.04, 0.45 - 0.36, 0.1 - 0.24]),  # a likeness of 1 costs .5 · .8
        (1.0, [0, 2, 3, 1], [0, -0.08, -0.48, -0.72]),
    ],
)
def test_by_hand(diversity: float, order: list[int], scores: list[float]) -> None:
    found, lowered = rearranged(SCORES, LIKENESS, diversity, 4)
    assert found.tolist() == order
    assert lowered.tolist() == pytest.approx(scores)


def test_what_follows_the_head_stays_and_scores_descend_across_the_border() -> None:
    found, lowered = rearranged(SCORES, LIKENESS[:3, :3], 0.5, 9)
    assert found.tolist() == [0, 2, 1, 3]
    assert lowered[3] == pytest.approx(0.1 - 0.25)
    assert (np.diff(lowered) <= 0).all()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_equal_scores_and_short_lists(n: int) -> None:
    found = rearranged(np.full(n, 0.4, np.float32), np.eye(n, dtype=np.float32), 0.3, 3)
    assert found[0].tolist() == list(range(n))
    assert found[1].shape == (n,)


def test_more_diversity_parts_the_genres_and_drops_nothing(small_recommender: Recommender) -> None:
    kinds = genre_vectors(small_recommender.catalog)
    movie_ids = small_recommender.catalog.movie_ids.tolist()
    user = small_recommender.fold_in({movie_ids[0]: 5.0, movie_ids[2]: 5.0, movie_ids[1]: 0.5})
    distances = []
    pure = small_recommender.recommend(user, n=99, diversity=0)
    for diversity in (0.0, 0.5, 1.0):
        found = small_recommender.recommend(user, n=99, diversity=diversity)
        assert found[0].movie_id == pure[0].movie_id
        scores = [each.score for each in found]
        assert scores == sorted(scores, reverse=True)
        assert {each.movie_id for each in found} == {each.movie_id for each in pure}
        assert small_recommender.recommend(user, n=4, diversity=diversity) == found[:4]
        vectors = kinds[small_recommender.catalog.rows([each.movie_id for each in found[:4]])]
        distances.append(1 - (vectors @ vectors.T)[np.triu_indices(4, 1)].mean())
    assert distances[0] < distances[2], distances


def test_filters_hold_whatever_the_diversity(small_recommender: Recommender) -> None:
    user = small_recommender.fold_in({int(small_recommender.catalog.movie_ids[0]): 5.0})
    for diversity in (0.0, 1.0):
        found = small_recommender.recommend(user, n=99, genres=["Comedy"], diversity=diversity)
        assert len(found) == 11  # of twelve comedies one is rated
        assert all("Comedy" in small_recommender.catalog[each.movie_id].genres for each in found)


@pytest.mark.parametrize("diversity", [-0.1, 1.1, float("nan")])
def test_out_of_range(small_recommender: Recommender, diversity: float) -> None:
    with pytest.raises(InvalidData, match="diversity"):
        small_recommender.recommend(small_recommender.fold_in(), diversity=diversity)
