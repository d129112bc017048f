"""Trainings: how far they are, how they ended, and when the next one is, from sample data."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.admin.panel.views import training_screen
from bot.admin.training.service import Clock, TrainingOverview
from bot.admin.training.views import already_screen, curves_text, losses_picture, progress_screen
from bot.pictures import read_request
from bot.texts import translator
from storage.running.jobs import Job
from tests.bot.admin.conftest import NOW
from tests.bot.admin.screens import labels, shown

T = translator("en")
MakeJob = Callable[..., Job]


def test_a_training_is_shown_step_by_step(make_job: MakeJob) -> None:
    progress = {
        "part": "stars",
        "number": 12,
        "total": 30,
        "train_loss": 0.8123,
        "valid_loss": None,
        "done": 0.5,
        "seconds_left": 130.0,
        "curve": [],
    }
    screen = progress_screen(make_job(phase="training", progress=progress), T)
    assert shown(screen) == (
        "🎓 Training 5: fine-tuning\n\n"
        "Step 3 of 5: learning\n"
        "▓▓▓▓▓▓▓░░░░░░░ 50 %\n"
        "Stars: pass 12 of 30\n"
        "Loss: 0.812 in training\n"
        "About 2 min left"
    )
    assert labels(screen) == [["Stop"]]
    draw = shown(progress_screen(make_job(phase="training", progress={**progress, "chain": 1}), T))
    assert "Stars: pass 12 of 30\nAbout" in draw  # its error would look as if it should fall
    later = shown(progress_screen(make_job(phase="gate", progress={**progress, "done": 0.9}), T))
    assert "Step 4 of 5: comparing it with the live model\n▓▓▓▓▓▓▓▓▓▓▓▓▓░ 90 %" in later
    assert "pass" not in later


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "waiting"}, "Waits for its turn…"),
        ({}, "Begins…"),
        ({"phase": "dreaming"}, "Begins…"),
        ({"phase": "snapshot", "attempts": 2}, "Taken up again after it broke off (try 2)."),
        ({"phase": "training", "stop": True}, "It stops as soon as it can."),
        (
            {"phase": "training", "progress": {"part": "new<part", "number": 1, "total": 2}},
            "new<part: pass 1",
        ),
        ({"phase": "training", "progress": {"done": float("nan"), "train_loss": float("inf")}}, "learning"),
        ({"phase": "training", "progress": {"done": 7.0}}, "100 %"),
    ],
)
def test_whatever_a_process_tells_can_be_shown(make_job: MakeJob, fields: dict[str, Any], words: str) -> None:
    assert words in shown(progress_screen(make_job(**fields), T))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"state": "done", "outcome": "promoted", "version": 7},
            "Promoted: model 7 serves now. It took 90 s.",
        ),
        ({"state": "done", "outcome": "refused", "version": 7}, "Refused: model 7 is kept aside."),
        ({"state": "stopped"}, "Stopped after 90 s."),
        ({"state": "failed", "error": "<no room>" * 500}, "Failed after 90 s."),
        ({"state": "stopped", "started_at": None}, "Stopped after 90 s."),
    ],
)
def test_the_last_change_says_how_it_ended(make_job: MakeJob, fields: dict[str, Any], words: str) -> None:
    screen = progress_screen(make_job(finished_at=NOW + timedelta(seconds=90), **fields), T)
    assert words in shown(screen)
    assert screen.rows == ()


def test_the_losses_of_a_training_can_be_drawn(make_job: MakeJob) -> None:
    job = make_job(progress={"curve": [[0.9, None], [0.8, 0.95], [None, 0.9]]})
    picture = losses_picture(job, T)
    assert [each.number for each in picture.steps] == [1, 2, 3]
    assert [each.valid_loss for each in picture.steps[1:]] == [0.95, 0.9]
    assert math.isnan(picture.steps[0].valid_loss)
    assert picture.title == "Losses of training 5"
    assert read_request(picture.model_dump_json().encode()).kind == "losses"
    assert "Loss curves" in labels(training_screen(TrainingOverview(job, (), None, None), NOW, T))[1]
    bare = make_job(progress={"curve": [[None, None, 1]]})
    assert labels(training_screen(TrainingOverview(bare, (), None, None), NOW, T))[1] == ["Refresh", "Back"]


@pytest.mark.parametrize(
    ("kind", "curve", "words"),
    [
        ("full", [[0.9, 0.95], [0.8, 0.9]], "how its errors fell"),
        ("full", [[0.9, None, 1], [0.8, None, 1], [0.9, None, 2]], "Each chain falls from where it began"),
        ("fine", [[0.9, None, 1], [0.8, None, 2]], "need not fall"),
    ],
)
def test_the_losses_are_said_to_fall_only_where_they_do(
    make_job: MakeJob, kind: str, curve: list[list[float | None]], words: str
) -> None:
    job = make_job(kind=kind, progress={"curve": curve})
    assert words in curves_text(job, T)
    assert [each.chain for each in losses_picture(job, T).steps] == [(*point, 0)[2] for point in curve]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "waiting"}, "it waits for its turn."),
        ({}, "it begins."),
        ({"phase": "snapshot"}, "step 1 of 5, copying the ratings."),
        ({"phase": "training", "progress": {"done": 0.339}}, "33 %, step 3 of 5, learning."),
    ],
)
def test_a_second_training_is_told_how_far_the_first_is(
    make_job: MakeJob, fields: dict[str, Any], words: str
) -> None:
    text = f"Training 5, fine-tuning, is under way already: {words}"
    assert shown(already_screen(make_job(**fields), "above", T)) == f"{text} The message above follows it."
    assert labels(already_screen(make_job(**fields), "above", T)) == []
    assert labels(already_screen(make_job(**fields), "elsewhere", T)) == [["Training"]]
    assert "has just ended" in shown(already_screen(make_job(finished_at=NOW), "above", T))


def test_the_next_training_is_at_that_time_of_the_operators_day() -> None:
    at = (NOW + timedelta(hours=1)).time()
    assert Clock(at, "UTC", None).next(NOW) == NOW + timedelta(hours=1)
    assert Clock(NOW.time(), "UTC", None).next(NOW) == NOW + timedelta(days=1)
    due = Clock(at, "Asia/Tokyo", None).next(NOW)  # 21:00 there: its 13:00 is tomorrow's
    assert due is not None
    assert due.astimezone(timezone(timedelta(hours=9))).isoformat() == "2026-11-25T13:00:00+09:00"
    assert due.tzinfo == ZoneInfo("Asia/Tokyo")
    assert Clock(None, "UTC", None).next(NOW) is None
