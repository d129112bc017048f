"""Models, trainings and verdicts to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from storage.running.jobs import Job
from storage.running.models import Model

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_job() -> Callable[..., Job]:
    def make(**fields: Any) -> Job:
        known: dict[str, Any] = {
            "id": 5,
            "kind": "fine",
            "reason": "command",
            "state": "running",
            "asked_by": 42,
            "chat_id": 42,
            "message_id": None,
            "phase": None,
            "progress": None,
            "owner": "bot",
            "lease_until": None,
            "attempts": 1,
            "stop": False,
            "version": None,
            "outcome": None,
            "error": None,
            "created_at": NOW,
            "started_at": NOW,
            "finished_at": None,
        }
        return Job(**{**known, **fields})

    return make


@pytest.fixture
def make_model() -> Callable[..., Model]:
    def make(version: int, state: str = "former", **fields: Any) -> Model:
        known: dict[str, Any] = {
            "origin": "fine",
            "made_at": NOW,
            "job_id": 5,
            "metrics": {"holdout_rmse": 0.8492, "holdout_ndcg@10": 0.3867, "holdout_recall@20": 0.4043},
            "verdict": None,
            "live_since": NOW if state == "live" else None,
            "pruned_at": None,
        }
        return Model(version=version, state=state, **{**known, **fields})  # type: ignore[arg-type]  # it is one

    return make


@pytest.fixture
def refused() -> dict[str, Any]:
    """A verdict as the gate writes it: the stars got worse."""
    whole = {"live": None, "difference": None, "low": None, "high": None, "margin": 0.0, "passed": True}
    return {
        "passed": False,
        "checks": [
            {"name": "finite", "candidate": 1.0, **whole},
            {"name": "vocabulary", "candidate": 1.0, **whole, "live": 1.0},
            check("rmse", 0.8512, 0.9123, -0.0611, 0.0085, passed=False),
            check("ndcg@10", 0.3867, 0.3901, 0.0034, 0.0077),
            check("coverage", 0.4121, 0.3986, -0.0135, 0.04),
        ],
        "drift": {
            "films": 100,
            "overlap": 0.713,
            "changed": [
                {"movie_id": 50, "overlap": 0.2},
                {"movie_id": 51, "overlap": 0.2},
                {"movie_id": 999, "overlap": 0.3},
            ],
        },
        "reasons": ["rmse"],
        "people": 120,
        "ratings": 2210,
    }


def check(
    name: str,
    live: float | None,
    candidate: float | None,
    difference: float | None,
    margin: float,
    **more: Any,
) -> dict[str, Any]:
    """One check of a verdict."""
    known = {"name": name, "live": live, "candidate": candidate, "difference": difference}
    return {**known, "low": None, "high": None, "margin": margin, "passed": True, **more}
