"""Worlds to learn from: a small one made up, and ml-100k."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys import Catalog, Film, Ratings, Recommender, TrainingConfig
from recsys.config import DotBiasConfig, DotConfig, NetworkConfig, PmfConfig, RankerConfig
from recsys.data.dataset import Dataset

N_PEOPLE, N_FILMS = 36, 24
BACKENDS = ("torch", "numpy")
QUICK = TrainingConfig(
    device="cpu",
    dot=DotConfig(factors=4, ensemble=2, ensemble_factors=4, epochs=3),
    pmf=PmfConfig(factors=3, chains=2, sweeps=8, draws=4, implicit=4),
    dot_bias=DotBiasConfig(factors=4, ensemble=2, ensemble_factors=4, epochs=3),
    nn=NetworkConfig(layers=(100, 50), epochs=8, valid_share=0.0, weight_decay=0.5),
    ranker=RankerConfig(factors=6, sweeps=4),
)


@contextmanager
def on(backend: str) -> Iterator[None]:
    """One of BACKENDS; on "numpy" torch cannot be imported inside, as where it is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        if backend == "numpy":
            patch.setitem(sys.modules, "torch", None)
        yield


@pytest.fixture(scope="session")
def quick_config() -> TrainingConfig:
    """Small enough that a fit of the small world takes a moment."""
    return QUICK


@pytest.fixture(scope="session")
def small_catalog() -> Catalog:
    """24 films with falling ids; the last two are not rated, and the last has neither genres nor year."""
    kinds = (("Comedy",), ("Horror",), ("Comedy", "Romance"), ("Horror", "Sci-Fi"))
    films = [
        Film(100 + 7 * (N_FILMS - at), f"Film {at}", 1960 + 2 * at, kinds[at % 4])
        for at in range(N_FILMS - 1)
    ]
    return Catalog([*films, Film(5, "Blank")], "small world")


@pytest.fixture(scope="session")
def small_ratings(small_catalog: Catalog) -> Ratings:
    """36 people with ids 1000, 1003, … and 8 to 15 ratings each, of the first films above all.

    Every other person loves comedies, the others horror.
    """
    rng = np.random.default_rng(7)
    popularity = 0.85 ** np.arange(N_FILMS - 2)
    rows = []
    for person in range(N_PEOPLE):
        for film in rng.choice(N_FILMS - 2, 8 + person % 8, replace=False, p=popularity / popularity.sum()):
            loved = film % 2 == person % 2
            rows.append(
                (1000 + 3 * person, film, float(rng.choice((4, 4.5, 5) if loved else (0.5, 1, 2, 3))))
            )
    users, films, values = (list(column) for column in zip(*rows, strict=True))
    return Ratings.from_arrays(users, small_catalog.movie_ids[np.array(films)], values)


@pytest.fixture(scope="session")
def small_recommender(
    small_ratings: Ratings, small_catalog: Catalog, quick_config: TrainingConfig
) -> Recommender:
    """All parts, fitted on the small world."""
    return recsys.fit(small_ratings, small_catalog, quick_config)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets that `make test` fetches and names in MATINEE_TEST_DATA."""
    folder = os.environ.get("MATINEE_TEST_DATA")
    if not folder:
        pytest.fail("MATINEE_TEST_DATA is not set: run `make test`, or name the folder that holds ml-100k")
    return Path(folder)


@pytest.fixture(scope="session")
def movielens_100k(test_data: Path) -> Dataset:
    """ml-100k: 943 people, 1,682 films, 100,000 ratings."""
    return recsys.load_dataset(str(test_data / "ml-100k"))
