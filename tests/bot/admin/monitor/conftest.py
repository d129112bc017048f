"""The small world of the profile's tests, and a monitor over it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.admin.monitor.service import Monitor
from bot.films.serving import Serving
from bot.process.bounds import Bound
from storage.database import Database
from tests.bot.profile.conftest import ann, bob, film_id, library, recommender, serving

__all__ = ["ADMIN", "ann", "bob", "film_id", "library", "make_monitor", "recommender", "serving"]

ADMIN = 7_000_000_001  # Ann


@pytest.fixture
def make_monitor(database: Database, serving: Serving) -> Callable[..., Monitor]:
    """`make_monitor(*bounds)`: one for an operator in Berlin."""

    def make(*bounds: Bound) -> Monitor:
        library, taste = serving.library, serving.taste
        return Monitor(database, library, taste, [ADMIN, 5], "Europe/Berlin", bounds, lambda: None)

    return make
