"""Shelves of films that go together."""

from __future__ import annotations

import numpy as np
import pytest

import recsys
from recsys import Catalog, Film, Ratings, Recommender, TrainingConfig, UnknownMovie
from recsys.serving.seen import Seen
from recsys.serving.shelves import SHOWN, Shelves


@pytest.fixture(scope="module")
def shelves() -> Shelves:
    """Nine films in two camps of five and four, which other people know; a tenth film nobody knows."""
    loadings = np.array([[1, 0.1 * at] if at < 5 else [-1, 0.1 * at] for at in range(9)], np.float32)
    share = np.linspace(0.9, 0.5, 9).astype(np.float32)
    kinds = np.zeros((10, 2), np.float32)
    kinds[:5, 0], kinds[5:, 1] = 1, 1
    return Shelves.build(Seen(np.arange(9), share, loadings), kinds)


def test_camps_are_cells_and_unknown_films_in_none(shelves: Shelves) -> None:
    camps = {frozenset(np.flatnonzero(column).tolist()) for column in shelves.membership().T if column.any()}
    assert shelves.cells[9] == -1
    assert frozenset(range(5, 9)) in camps or len(camps) == 3
    assert all(group <= set(range(5)) or group <= set(range(5, 9)) for group in camps)


def test_a_shelf_shows_films_of_its_cell_best_known_first(shelves: Shelves) -> None:
    for cell, films in enumerate(shelves.shown):
        assert 0 < len(films) <= SHOWN
        assert list(films) == sorted(films)
        assert set(shelves.cells[list(films)]) == {cell}


def test_a_pick_adds_one_shared_among_the_cells_of_its_films(shelves: Shelves) -> None:
    own = shelves.answers([shelves.shown[1]])
    assert own.tolist() == [float(cell == 1) for cell in range(len(shelves.shown))]
    mixed = shelves.answers([[shelves.shown[0][0], shelves.shown[1][0]], shelves.shown[0], [9]])
    assert mixed[:2].tolist() == [1.5, 0.5]
    assert not shelves.answers([]).any()


def test_arrays_give_the_shelves_back(shelves: Shelves) -> None:
    again = Shelves.from_arrays(shelves.arrays())
    assert again.shown == shelves.shown
    assert again.cells.tolist() == shelves.cells.tolist()


def test_films_of_one_kind_make_no_empty_shelf() -> None:
    """Everybody knows all 30 films, all of one genre: nothing tells them apart, and centres coincide."""
    catalog = Catalog([Film(at, f"Film {at}", 1990, ("Drama",)) for at in range(1, 31)], "alike")
    people, films = (column.ravel() for column in np.meshgrid(range(4), catalog.movie_ids, indexing="ij"))
    values = 1 + np.arange(people.size) % 5
    config = TrainingConfig(device="cpu", parts=("ranker",))
    model = recsys.fit(Ratings.from_arrays(people, films, values), catalog, config)
    found = model.shelves()
    assert found
    assert all(shelf.movie_ids for shelf in found)
    assert model.fold_in(shelves=[shelf.movie_ids for shelf in found]).vector is not None


class TestRecommender:
    def test_shelves_hold_known_films_and_none_twice(self, small_recommender: Recommender) -> None:
        found = small_recommender.shelves()
        shown = [movie_id for shelf in found for movie_id in shelf.movie_ids]
        assert len(found) > 1
        assert len(set(shown)) == len(shown)
        assert small_recommender.popularity[small_recommender.catalog.rows(shown)].min() > 0
        assert small_recommender.shelves(n=1) == found[:1]

    def test_a_pick_moves_the_order_and_the_stars(self, small_recommender: Recommender) -> None:
        model = small_recommender
        nobody = model.fold_in()
        for shelf in model.shelves():
            person = model.fold_in(shelves=[shelf.movie_ids])
            assert person.vector is not None
            assert nobody.vector is not None
            assert np.abs(person.vector - nobody.vector).max() > 1e-4
            everything = model.catalog.movie_ids
            moved = model.predict_for(person, everything)[0] - model.predict_for(nobody, everything)[0]
            assert np.abs(moved).max() > 1e-3

    def test_picking_every_shelf_says_nothing(self, small_recommender: Recommender) -> None:
        everything = small_recommender.fold_in(
            shelves=[each.movie_ids for each in small_recommender.shelves()]
        )
        assert everything.vector == pytest.approx(small_recommender.fold_in().vector, abs=1e-6)

    def test_unknown_films_raise(self, small_recommender: Recommender) -> None:
        with pytest.raises(UnknownMovie):
            small_recommender.fold_in(shelves=[[10**9]])
