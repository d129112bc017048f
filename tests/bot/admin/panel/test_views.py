"""Pages of the panel, from sample data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.admin.panel.views import quality_screen, training_screen
from bot.admin.training.service import TrainingOverview
from bot.texts import translator
from storage.running.jobs import Job
from storage.running.weeks import Week
from tests.bot.admin.conftest import NOW
from tests.bot.admin.screens import labels, shown

T = translator("en")
MakeJob = Callable[..., Job]


def test_the_panel_lists_the_last_trainings(make_job: MakeJob) -> None:
    ended = make_job(state="done", outcome="refused", version=7, finished_at=NOW, reason="schedule")
    page = TrainingOverview(None, (ended,), NOW + timedelta(hours=3), 500)
    text = shown(training_screen(page, NOW + timedelta(hours=2), T))
    assert "2 h ago: fine-tuning, by the clock: model 7 refused" in text
    assert "Also after 500 new ratings." in text
    under_way = training_screen(TrainingOverview(make_job(), (), None, None), NOW, T)
    assert labels(under_way)[0] == ["Stop"]
    assert "Next: not by the clock." in shown(under_way)


def test_figures_of_a_week_are_aligned_and_gaps_left_out() -> None:
    figures = {"gini": {"value": 0.7312, "n": 90}, "hit_rate": {"value": None, "n": 0}, "odd": 3}
    week = Week("2026-W48", {**figures, "coverage": {"value": 0.25, "n": 1}}, NOW)
    text = shown(quality_screen(week, T))
    assert "Week 2026-W48\nFew films shown most (Gini)  0.731\nFilms shown at all           25.0%" in text
