"""The record of what admins did, from sample data."""

from __future__ import annotations

from bot.admin.audit import AuditPage, audit_screen
from bot.texts import translator
from storage.running.audit import Act
from tests.bot.admin.conftest import NOW
from tests.bot.admin.screens import labels, shown

T = translator("en")


def test_acts_are_told_in_words_also_those_of_other_versions() -> None:
    acts = (
        Act(4, NOW, 42, "rolled_back", {"version": 2, "was": 3}),
        Act(3, NOW, 0, "fallback", {"version": 3, "live": 2}),
        Act(2, NOW, 42, "exclude", {"flag": 9}),
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
