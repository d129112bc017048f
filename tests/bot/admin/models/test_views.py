"""Models, the gate's verdicts and the notices about them, from sample data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

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
from bot.telegram.screen import Screen
from bot.texts import translator
from storage.running.models import Model
from tests.bot.admin.conftest import NOW, check
from tests.bot.admin.screens import labels, shown

T = translator("en")
MakeModel = Callable[..., Model]
Verdict = dict[str, Any]
FILMS = {50: "Star Wars (1977)", 51: "Star Wars (1977)"}


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
