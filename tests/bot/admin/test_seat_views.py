"""The admin's screens from sample data: in words, aligned, and as Telegram would take them."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.admin.audit import AuditPage, audit_screen
from bot.admin.models.notices import broken_screen, outcome_screen
from bot.admin.models.service import ModelsPage
from bot.admin.models.views import (
    AskPromote,
    PromoteNow,
    RollBackTo,
    confirm_screen,
    model_screen,
    models_screen,
    switched_screen,
)
from bot.admin.panel.views import admin_menu, quality_screen, training_screen
from bot.admin.training.service import Clock, TrainingOverview
from bot.admin.training.views import already_screen, curves_text, losses_picture, progress_screen
from bot.admin.wording import span
from bot.pictures import read_request
from bot.process.bells import Bells
from bot.process.settings import Settings
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from bot.texts import translator
from bot.wiring import wire
from sandbox.text.markup import parse_html
from storage.running.audit import Act
from storage.running.jobs import Job
from storage.running.models import Model
from storage.running.weeks import Week
from tests.bot.admin.conftest import NOW, check

T = translator("en")
MakeJob = Callable[..., Job]
MakeModel = Callable[..., Model]
Verdict = dict[str, Any]
FILMS = {50: "Star Wars (1977)", 51: "Star Wars (1977)"}


def shown(screen: Screen) -> str:
    """The text as a person reads it; fails on what Telegram would not take."""
    text, _ = parse_html(screen.text)
    assert 1 <= len(text.encode("utf-16-le")) // 2 <= 4096
    assert all(button.label.strip() for row in screen.rows for button in row)
    assert screen.markup or not screen.rows
    return text


def labels(screen: Screen) -> list[list[str]]:
    return [[button.label for button in row] for row in screen.rows]


def outcome(**fields: Any) -> Screen:
    known = {"job": 4, "kind": "fine", "reason": "schedule", "outcome": None, "version": None}
    return outcome_screen({**known, "live": 1, "verdict": None, "error": None, **fields}, FILMS.get, T)


def test_a_refused_model_is_shown_beside_the_live_one_with_the_reason(refused: Verdict) -> None:
    screen = outcome(outcome="refused", version=3, verdict=refused)
    assert shown(screen) == (
        "Refused: model 3 is kept aside, 1 goes on serving.\n"
        "Training 4, fine-tuning\n\n"
        "                 №1     №3\n"
        "Error, stars  0.851  0.912  ✗\n"
        "List order    0.387  0.390  ✓\n"
        "Catalog used  41.2%  39.9%  ≈\n"
        "≈ worse, by less than the margin that is let pass.\n"
        "Error, stars: worse by 0.061, at most 0.009 is let pass.\n"
        "Measured on 2210 ratings of 120 people, never trained on.\n"
        "“More like this” of the 100 best known films: 71 % stayed the same. Changed most: Star Wars (1977)."
    )
    assert labels(screen) == [["Promote 3", "Model 3"]]
    assert screen.rows[0][0].action == AskPromote(3)


def test_a_model_that_was_overtaken_names_the_one_it_was_compared_with(refused: Verdict) -> None:
    checks = [{**each, "passed": True} for each in refused["checks"]]
    verdict = {**refused, "checks": checks, "reasons": ["live_changed"]}
    screen = outcome(outcome="refused", version=3, verdict=verdict)
    text = shown(screen)
    assert text.startswith(
        "Refused: model 3 is kept aside. It was compared with model 1, which serves no more."
    )
    assert "Another model was made the live one meanwhile" in text
    assert labels(screen) == [["Promote 3", "Model 3"]]


def test_a_promoted_model_can_be_taken_back(refused: Verdict) -> None:
    checks = [{**each, "passed": True} for each in refused["checks"]]
    screen = outcome(outcome="promoted", version=3, verdict={**refused, "checks": checks, "passed": True})
    text = shown(screen)
    assert text.startswith("Promoted: model 3 serves now, in place of 1.")
    assert "✗" not in text
    assert "worse by" not in text
    assert screen.rows[0][0].action == RollBackTo(1)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (check("finite", None, 0.98, None, 0.0, passed=False), "Only 98.0 % of its numbers are finite"),
        (check("vocabulary", 1.0, 0.5, None, 0.0, passed=False), "It knows only 50.0 % of the films."),
        (check("ndcg@10", 0.38, None, None, 0.0, passed=False), "List order: could not be measured."),
        (check("new<measure", 0.38, 0.2, -0.18, 0.01, passed=False), "new<measure: worse by 0.180"),
    ],
)
def test_each_reason_has_words(found: Verdict, words: str) -> None:
    text = shown(outcome(outcome="refused", version=3, verdict={"checks": [found], "drift": None}))
    assert words in text


def test_the_first_model_has_nothing_beside_it() -> None:
    screen = outcome(outcome="promoted", version=1, live=None)
    assert shown(screen) == "Promoted: model 1 serves now.\nTraining 4, fine-tuning"
    assert labels(screen) == [["Model 1"]]


def test_a_training_that_failed_says_why() -> None:
    text = shown(outcome(error="no <room> left " + "x" * 5000))
    assert text.startswith("Failed: training 4, fine-tuning. The model that served goes on.\nno <room> left")
    assert text.endswith("…")


def test_a_model_that_cannot_be_read_is_told() -> None:
    text = shown(broken_screen({"version": 3, "live": 2, "reason": "a <b> is missing"}, T))
    assert text == "⚠️ Model 3 could not be read; model 2 serves instead.\nThe reason: a <b> is missing"
    assert shown(broken_screen({"version": 3, "live": 2, "reason": ""}, T)).endswith("serves instead.")


def test_the_live_model_is_marked_in_the_list(make_model: MakeModel) -> None:
    models = (
        make_model(9, "refused", made_at=NOW - timedelta(minutes=5)),
        make_model(8, "live", made_at=NOW - timedelta(days=3), origin="full"),
        make_model(7, metrics={}, origin="hand", made_at=NOW - timedelta(hours=90), pruned_at=NOW),
    )
    screen = models_screen(ModelsPage(0, 11, models), NOW, T)
    assert shown(screen) == (
        "🧠 11 models, newest first\n\n"
        "9 fine-tuned, 5 min old · error 0.849★ · refused\n"
        "▶ 8 full training, 3 days old · error 0.849★ · live\n"
        "7 by hand, 4 days old · deleted"
    )
    assert labels(screen) == [["9", "8", "7"], ["Older", "Back"]]
    assert labels(models_screen(ModelsPage(8, 11, models), NOW, T))[-1] == ["Newer", "Back"]


def test_what_can_be_done_with_a_model_is_on_its_page(make_model: MakeModel, refused: Verdict) -> None:
    assert labels(model_screen(make_model(3, "live"), NOW, 0, T)) == [["Back"]]
    assert labels(model_screen(make_model(3, pruned_at=NOW), NOW, 0, T)) == [["Back"]]
    assert labels(model_screen(make_model(3), NOW, 0, T)) == [["Back to 3"], ["Back"]]
    screen = model_screen(make_model(3, "refused", verdict=refused), NOW, 8, T)
    assert labels(screen) == [["Promote 3"], ["Back"]]
    assert "              live then     №3\nError, stars      0.851  0.912  ✗" in shown(screen)
    assert shown(model_screen(make_model(3, "live"), NOW + timedelta(hours=5), 0, T)) == (
        "🧠 Model 3: live\nMade 5 h ago: fine-tuned.\nIt has served for 5 h.\n\n"
        "On ratings that no model has seen:\n"
        "Error, stars  0.849\nList order    0.387\nLiked found   40.4%"
    )


def test_a_promotion_by_hand_is_asked_for_with_what_the_gate_found(
    make_model: MakeModel, refused: Verdict
) -> None:
    screen = confirm_screen(make_model(3, "refused", verdict=refused), NOW, T)
    assert "Error, stars: worse by 0.061, at most 0.009 is let pass." in shown(screen)
    assert screen.rows[0][0].action == PromoteNow(3)
    assert "never compared" in shown(confirm_screen(make_model(3), NOW, T))


@pytest.mark.parametrize("why", ["wrong", "nothing", "unknown", "pruned", "serves", "refused", "damaged"])
def test_every_refusal_has_words(why: str) -> None:
    done = {"refusal": why, "version": 3, "asked": "3", "reason": "<" * 9999}
    assert shown(switched_screen(done, T))


def test_what_was_typed_is_echoed_in_part() -> None:
    done = {"refusal": "unknown", "version": None, "asked": "9" * 9999, "reason": ""}
    assert "99999…" in shown(switched_screen(done, T))


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
def test_whatever_a_process_tells_can_be_shown(make_job: MakeJob, fields: Verdict, words: str) -> None:
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
def test_the_last_change_says_how_it_ended(make_job: MakeJob, fields: Verdict, words: str) -> None:
    screen = progress_screen(make_job(finished_at=NOW + timedelta(seconds=90), **fields), T)
    assert words in shown(screen)
    assert screen.rows == ()


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


def test_acts_are_told_in_words_also_those_of_other_versions() -> None:
    acts = (
        Act(4, NOW, 42, "rolled_back", {"version": 2, "was": 3}),
        Act(3, NOW, 0, "fallback", {"version": 3, "live": 2}),
        Act(2, NOW, 42, "excluded", {"flag": 9}),
        Act(1, NOW, 42, "film_added", {"wrong": "details"}),
        Act(0, NOW, 42, "danced_<b>", {"how": "a" * 9999, "count": 1, "self": None, "key": 2}),
    )
    text = shown(audit_screen(AuditPage(0, 30, acts), T))
    assert "2026-11-24 12:00, admin 42\nRolled back to model 2, from 3" in text
    assert "2026-11-24 12:00, the bot\nModel 3 could not be read: went back to 2" in text
    assert "Kept the flagged accounts 9 out of training" in text
    assert "Film added: wrong details" in text
    assert "Danced <b>: how aaa" in text


def test_a_long_record_fits_into_a_message() -> None:
    acts = tuple(Act(n, NOW, 42, "x" * 32, {"y": "<" * 9999}) for n in range(10))
    screen = audit_screen(AuditPage(10, 30, acts), T)
    assert shown(screen)
    assert labels(screen) == [["Newer", "Older", "Back"]]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (1e6, "12 days"),
    ],
)
def test_spans_are_told_in_their_largest_unit(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds), T) == words


def test_the_next_training_is_at_that_time_of_the_operators_day() -> None:
    at = (NOW + timedelta(hours=1)).time()
    assert Clock(at, "UTC", None).next(NOW) == NOW + timedelta(hours=1)
    assert Clock(NOW.time(), "UTC", None).next(NOW) == NOW + timedelta(days=1)
    due = Clock(at, "Asia/Tokyo", None).next(NOW)  # 21:00 there: its 13:00 is tomorrow's
    assert due is not None
    assert due.astimezone(timezone(timedelta(hours=9))).isoformat() == "2026-11-25T13:00:00+09:00"
    assert due.tzinfo == ZoneInfo("Asia/Tokyo")
    assert Clock(None, "UTC", None).next(NOW) is None


def test_every_command_of_admins_is_in_their_menu() -> None:
    commands = _router().admin.commands
    assert {"admin", "models", "rollback", "promote", "retrain", "audit"} <= set(commands)
    assert [name for name, does in admin_menu(commands, T) if does] == list(commands)


def _router() -> Router:
    """As it is wired: handlers keep what they use and call none of it while they register."""
    anything: typing.Any = _Anything()
    return wire(anything, anything, anything, anything, Settings(timezone="UTC"), Bells()).router


class _Anything:
    """Has every attribute."""

    def __getattr__(self, name: str) -> _Anything:
        return self


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
