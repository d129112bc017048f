"""/retrain: one message for each training, in the chat that asked, and the way to stop it."""

from __future__ import annotations

import json

from tests.e2e.administering import AdminBot


def test_a_training_is_one_message_that_can_be_stopped(admin_bot: AdminBot) -> None:
    root, other = admin_bot.root, admin_bot.bot.person("Other")
    admin_bot.start(root, other)
    assert root.send("/retrain quick").text.startswith("There is no training called “quick”.")
    assert root.say("/retrain") is not None
    shown = admin_bot.training_message()
    assert shown.text == "🎓 Training 1: fine-tuning\n\nWaits for its turn…"
    again = root.send("/retrain full")
    under_way = "Training 1, fine-tuning, is under way already: it waits for its turn."
    assert again.text == f"{under_way} The message above follows it."
    assert again.raw["reply_to"] == shown.id
    assert again.labels == []  # Stop is on the message above, and goes when it ends
    elsewhere = other.send("/retrain")
    assert elsewhere.text == f"{under_way} A message in another admin's chat follows it."
    other.tap("Training", elsewhere)
    assert admin_bot.bot.rows("SELECT kind, reason, asked_by FROM jobs") == [("fine", "command", root.id)]

    admin_bot.bot.kill()
    admin_bot.start(root, other)
    assert other.tap("Stop", elsewhere) == "It stops as soon as it can."
    admin_bot.until(lambda: "Stopped after" in root.again(shown).text)
    assert root.again(shown).labels == []
    assert other.tap("Stop", elsewhere) == "That training has ended."
    assert [m.text for m in root.messages() if m.text.startswith("🎓")] == [root.again(shown).text]
    record = root.send("/audit").text
    assert f"admin {other.id}\nStopped training 1" in record
    assert f"admin {root.id}\nAsked for training 1: fine" in record
    assert record.startswith("🗒 2 acts")


def test_a_training_is_begun_and_stopped_in_the_panel(admin_bot: AdminBot) -> None:
    root = admin_bot.root
    admin_bot.start()
    panel = root.send("/admin")
    root.tap("Training", panel)
    root.tap("Train in full", panel)
    assert admin_bot.training_message().text.startswith("🎓 Training 1: full")
    root.tap("Refresh", panel)
    assert "🎓 Training 1: full\n\nWaits for its turn…" in root.again(panel).text
    root.tap("Stop", panel)
    admin_bot.until(lambda: "Stopped after" in admin_bot.training_message().text)
    root.tap("Refresh", panel)
    assert "full, by command: stopped" in root.again(panel).text
    assert "Fine-tune now" in root.again(panel).buttons


def test_a_training_of_the_clock_can_be_followed(admin_bot: AdminBot) -> None:
    root = admin_bot.root
    admin_bot.start()
    admin_bot.stop()
    admin_bot.bot.change(
        "INSERT INTO jobs (slot, kind, reason, state, attempts, stop, created_at)"
        " VALUES (1, 'full', 'schedule', 'waiting', 0, FALSE, '2026-11-24 04:00:00')"
    )
    admin_bot.start()
    under_way = (
        "Training 1, full, is under way already: it waits for its turn. A message follows it from now on."
    )
    assert under_way in [answer.text for answer in root.say("/retrain")]
    assert admin_bot.training_message().text == "🎓 Training 1: full\n\nWaits for its turn…"


def test_the_losses_of_the_last_training_are_a_picture(admin_bot: AdminBot) -> None:
    root = admin_bot.root
    admin_bot.start()
    admin_bot.stop()
    admin_bot.bot.change(
        "INSERT INTO jobs (kind, reason, state, attempts, stop, created_at, finished_at, progress)"
        " VALUES ('full', 'schedule', 'done', 1, FALSE, '2026-11-24 04:00:00', '2026-11-24 04:01:00', ?)",
        json.dumps({"curve": [[0.95, 1.0], [0.9, 0.92], [0.85, 0.9]]}),
    )
    admin_bot.start()
    panel = root.send("/admin")
    root.tap("Training", panel)
    assert root.tap("Loss curves", panel) == ""
    picture = root.last()
    assert picture.text.startswith("📉 Training 1, full")
    assert picture.raw["file"]["kind"] == "photo"
