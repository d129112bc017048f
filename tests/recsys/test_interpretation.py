"""What was learned, looked at: biases, the map and its labels, nearest films by raw factors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.transforms import Bbox

import recsys
from recsys import Catalog, InvalidData, MissingPart, Ratings, Recommender, TrainingConfig
from recsys.arrays import Doubles, Floats
from recsys.interpretation import extreme_biases, factor_map, nearest_by_factors
from recsys.plots import place_labels
from recsys.serving.stars import Stars


@pytest.fixture(scope="module")
def stars(small_recommender: Recommender) -> Stars:
    return small_recommender.stars


@pytest.fixture(scope="module")
def biases(stars: Stars) -> Floats:
    found = stars.film_biases()
    assert found is not None
    return found


def test_the_least_and_most_loved_are_those_of_the_biases(
    small_recommender: Recommender, biases: Floats
) -> None:
    lowest, highest = extreme_biases(small_recommender, n=3)
    rated = small_recommender.popularity > 0
    assert [each.bias for each in lowest] == sorted(biases[rated])[:3]
    assert [each.bias for each in highest] == sorted(biases[rated], reverse=True)[:3]
    for each in [*lowest, *highest]:
        assert each.bias == biases[small_recommender.catalog.row(each.movie_id)]


def test_films_without_ratings_are_on_no_list(small_recommender: Recommender) -> None:
    unrated = set(small_recommender.catalog.movie_ids[small_recommender.popularity == 0].tolist())
    film = int(small_recommender.catalog.movie_ids[small_recommender.popularity.argmax()])
    lowest, highest = extreme_biases(small_recommender, n=99)
    listed = [{each.movie_id for each in found} for found in (lowest, highest)]
    listed.append({each.movie_id for each in nearest_by_factors(small_recommender, film, n=99)} | {film})
    listed.append(set(factor_map(small_recommender).movie_ids.tolist()))
    for ids in listed:
        assert len(ids) == len(small_recommender.catalog) - len(unrated)
        assert not ids & unrated


def test_the_map_shows_where_factors_differ_most(small_recommender: Recommender, stars: Stars) -> None:
    found = factor_map(small_recommender, n=15)
    rows = small_recommender.catalog.rows(found.movie_ids)
    counts = small_recommender.popularity[rows]
    assert counts.tolist() == sorted(small_recommender.popularity, reverse=True)[:15]
    variances = np.linalg.eigvalsh(np.cov(stars.film_vectors()[rows].T))[::-1]
    assert np.var(found.points, axis=0, ddof=1) == pytest.approx(variances[:2], rel=1e-4)
    assert found.shares == pytest.approx(tuple(variances[:2] / variances.sum()), rel=1e-4)
    assert found.points.mean(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert (found.points.max(axis=0) >= -found.points.min(axis=0)).all()


def test_the_nearest_by_factors_are_those_of_the_raw_cosine(
    small_recommender: Recommender, stars: Stars
) -> None:
    film = int(small_recommender.catalog.movie_ids[4])
    found = nearest_by_factors(small_recommender, film, n=3)
    mine = stars.film_vectors()[4]
    for each in found:
        other = stars.film_vectors()[small_recommender.catalog.row(each.movie_id)]
        cosine = mine @ other / np.linalg.norm(mine) / np.linalg.norm(other)
        assert each.similarity == pytest.approx(float(cosine), abs=1e-5)
    similarities = [each.similarity for each in found]
    assert similarities == sorted(similarities, reverse=True)
    assert film not in [each.movie_id for each in found]


def test_a_model_that_has_nothing_to_look_at_says_so(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> None:
    stars_alone = replace(quick_config, parts=("stars",))
    network = recsys.fit(small_ratings, small_catalog, replace(stars_alone, model="nn"))
    with pytest.raises(InvalidData, match="'nn' has no biases"):
        extreme_biases(network)
    with pytest.raises(MissingPart, match="a network has no factors"):
        factor_map(network)
    dot = recsys.fit(small_ratings, small_catalog, replace(stars_alone, model="dot"))
    with pytest.raises(InvalidData, match="'dot' has no biases"):
        extreme_biases(dot)
    few = recsys.fit(small_ratings.take(np.array([0])), small_catalog, stars_alone)
    with pytest.raises(InvalidData, match="three films"):
        factor_map(few)


def boxes(centres: Doubles, sizes: Doubles) -> list[tuple[float, float, float, float]]:
    return [
        (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        for (x, y), (width, height) in zip(centres, sizes, strict=True)
    ]


def test_labels_of_a_crowd_lie_beside_one_another() -> None:
    """Thirty films within a patch that their labels would fill twice over."""
    rng = np.random.default_rng(0)
    points = rng.uniform((500, 400), (700, 500), (30, 2))
    sizes = np.column_stack([rng.uniform(60, 160, 30), np.full(30, 14)])
    found = boxes(place_labels(points, sizes, Bbox([[0, 0], [1200, 900]])), sizes)
    for at, (left, low, right, high) in enumerate(found):
        assert left >= 0
        assert right <= 1200
        for other in found[:at]:
            assert right <= other[0] or other[2] <= left or high <= other[1] or other[3] <= low


def test_labels_stay_inside() -> None:
    sizes = np.array([[100.0, 14.0]])
    inside = Bbox([[0, 0], [300, 200]])
    for corner in ((1, 1), (299, 1), (1, 199), (299, 199)):
        ((left, low, right, high),) = boxes(place_labels(np.array([corner], float), sizes, inside), sizes)
        assert min(left, low) >= 0
        assert right <= 300
        assert high <= 200
