"""A full fit beside the bot: when it is not begun, and what a failure and a swap leave."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

import recsys
from bot.metrics import build_metrics
from bot.taste import Folded
from bot.upgrade import Upgrade, upgrading
from recsys import Catalog, Film, Ratings, Recommender, TrainingConfig
from recsys.config import RankerConfig


def fitted(factors: int, *, preliminary: bool) -> Recommender:
    catalog = Catalog([Film(3, "Heat", 1995), Film(8, "Up", 2009), Film(9, "Alien", 1979)], "three")
    ratings = Ratings.from_arrays([1, 1, 2, 2, 2], [3, 8, 3, 8, 9], [5, 2, 1, 4, 3])
    config = TrainingConfig(device="cpu", parts=("ranker",), ranker=RankerConfig(factors=factors, sweeps=1))
    made = recsys.fit(ratings, catalog, config)
    made.preliminary = preliminary
    return made


def test_a_profile_moves_to_the_model_that_serves_now() -> None:
    """Each model has vectors of its own length: with the other's, this would fail."""
    serving = fitted(2, preliminary=True)
    folded = Folded(lambda: serving, {3: 5.0}, {}, [], build_metrics())
    before = folded.user()
    assert folded.user() is before
    serving = fitted(3, preliminary=False)
    assert {each.movie_id for each in serving.recommend(folded.user())} == {8, 9}


async def test_a_full_model_is_left_alone(tmp_path: Path) -> None:
    with capture_logs() as logs:
        await Upgrade(tmp_path, fitted(2, preliminary=False), lambda *_: pytest.fail("swapped")).run()
    assert logs == []


async def test_a_fit_that_fails_leaves_the_quick_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path))  # where the child finds no model
    with capture_logs() as logs:
        await Upgrade(tmp_path, fitted(2, preliminary=True), lambda *_: pytest.fail("swapped")).run()
    assert [each["event"] for each in logs] == [
        "a full fit begins",
        "the full fit failed, the quick model stays",
    ]


async def test_it_ends_with_the_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path))
    with capture_logs() as logs:
        async with upgrading(tmp_path, fitted(2, preliminary=True), lambda *_: pytest.fail("swapped")):
            pass
    assert all(each["log_level"] == "info" for each in logs)
