"""A small world of films with titles, a model of it, and what rooms do with it over an empty database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import recsys
from bot.discover.service import Discover, Phrases
from bot.films.library import Library
from bot.films.serving import Serving
from bot.films.store import open_store
from bot.films.taste import Taste
from bot.process.bells import Bells
from bot.process.metrics import Metrics
from bot.process.settings import Settings
from bot.profile.history.service import History
from bot.profile.portrait.service import Portraits
from bot.rating.service import Rating
from bot.telegram.client import Client
from bot.telegram.messenger import Messenger
from bot.telegram.rights import Rights
from bot.wiring import Rooms, wire
from recsys import Catalog, Film, Ratings, Recommender, TrainingConfig
from recsys.config import PmfConfig, RankerConfig
from storage.database import Database
from storage.people import people
from storage.people.people import Person

FILMS = (
    ("Heat", 1995, ("Crime", "Thriller")),
    ("Heathers", 1989, ("Comedy",)),
    ("Dead Heat", 1988, ("Comedy", "Horror")),
    ("Casino", 1995, ("Crime", "Drama")),
    ("Goodfellas", 1990, ("Crime", "Drama")),
    ("2001: A Space Odyssey", 1968, ("Sci-Fi",)),
    ("Amélie", 2001, ("Comedy", "Romance")),
    ("The Silence of the Lambs", 1991, ("Crime", "Horror", "Thriller")),
    ("Shrek", 2001, ("Animation", "Comedy")),
    ("Alien", 1979, ("Horror", "Sci-Fi")),
    ("Aliens", 1986, ("Action", "Horror", "Sci-Fi")),
    ("Notting Hill", 1999, ("Comedy", "Romance")),
    ("Se7en", 1995, ("Crime", "Thriller")),
    ("Undated", None, ("Drama",)),
)


@pytest.fixture(scope="session")
def recommender() -> Recommender:
    """Thirty people: the even ones love crime and leave comedies, the odd ones the other way round."""
    catalog = Catalog(
        [Film(900 - 7 * at, title, year, genres) for at, (title, year, genres) in enumerate(FILMS)], "tiny"
    )
    rng = np.random.default_rng(3)
    rows = []
    for person in range(30):
        for at in rng.choice(len(FILMS), 9, replace=False):
            loved = ("Comedy" in FILMS[at][2]) == bool(person % 2)
            rows.append((person, 900 - 7 * int(at), float(rng.choice((4, 5) if loved else (1, 2, 3)))))
    users, movies, values = zip(*rows, strict=True)
    config = TrainingConfig(
        device="cpu",
        pmf=PmfConfig(factors=4, chains=1, sweeps=20, draws=4, implicit=4),
        ranker=RankerConfig(factors=6, sweeps=4),
    )
    return recsys.fit(Ratings.from_arrays(users, movies, values), catalog, config)


@pytest.fixture
async def serving(database: Database, recommender: Recommender, tmp_path: Path, metrics: Metrics) -> Serving:
    recommender.save(tmp_path / "models" / "0001")
    return await Serving.begin(database, open_store(tmp_path / "models", None), (), metrics)


@pytest.fixture
def library(serving: Serving) -> Library:
    return serving.library


@pytest.fixture
def taste(serving: Serving) -> Taste:
    return serving.taste


@pytest.fixture
def rating(database: Database, library: Library, taste: Taste) -> Rating:
    return Rating(database, library, taste)


@pytest.fixture
def discover(database: Database, library: Library, taste: Taste) -> Discover:
    return Discover(database, library, taste, Phrases.spoken())


@pytest.fixture
def history(database: Database, library: Library) -> History:
    return History(database, library)


@pytest.fixture
def portraits(database: Database, library: Library, taste: Taste) -> Portraits:
    return Portraits(database, library, taste)


@pytest.fixture
def rooms(database: Database, messenger: Messenger, client: Client, serving: Serving) -> Rooms:
    """As the composition root builds them."""
    return wire(database, messenger, Rights(client), serving, Settings(timezone="UTC"), Bells())


@pytest.fixture
async def ann(database: Database) -> Person:
    async with database.write() as conn:
        return await people.meet(conn, 7_000_000_001, "en", datetime.now(UTC))


@pytest.fixture
async def bob(database: Database) -> Person:
    async with database.write() as conn:
        return await people.meet(conn, 42, "en", datetime.now(UTC))


@pytest.fixture
def minute() -> Callable[[int], datetime]:
    """The n-th minute of an evening."""
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    return lambda n: evening + timedelta(minutes=n)


@pytest.fixture
def film_id(library: Library) -> Callable[[str], int]:
    """Our id of a film by its title."""
    return lambda title: library.film_id(900 - 7 * [name for name, _, _ in FILMS].index(title))


@pytest.fixture
def rate(database: Database, rating: Rating, film_id: Callable[[str], int]) -> Callable[..., object]:
    """`await rate(person, "Heat", 5)`: later calls are later ratings."""
    clock = iter(range(10_000))
    began = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)

    async def write(person: Person, title: str, stars: int) -> None:
        at = began + timedelta(minutes=next(clock))
        async with database.write() as conn:
            await rating.rate(conn, person.id, film_id(title), stars, at)

    return write
