"""Another model into use: /models, /rollback, /promote, and one that cannot be read."""

from __future__ import annotations

import json

from tests.e2e.administering import AdminBot


def test_a_rollback_is_one_command_and_needs_no_restart(two_models: AdminBot) -> None:
    root = two_models.root
    assert "▶ 2 by hand" in root.send("/models").text
    answer = root.send("/rollback")
    assert answer.text == "Model 1 serves now, in place of 2."
    assert two_models.live() == 1
    assert "another model serves" in two_models.bot.text()
    assert "▶ 1 by hand" in root.send("/models").text
    assert root.send("/rollback").text.startswith("There is no earlier model")
    assert root.tap("Back to 2", answer) == ""
    assert root.last().text == "Model 2 serves now, in place of 1."
    assert root.tap("Back to 2", answer) == ""
    assert root.last().text == "Model 2 serves already."
    assert root.send("/recommend").text
    record = root.send("/audit").text
    assert record.count(f"admin {root.id}") == 2
    assert record.index("Rolled back to model 2, from 1") < record.index("Rolled back to model 1, from 2")
    two_models.bot.stop()
    two_models.start()
    assert two_models.live() == 2


def test_a_rollback_is_done_once_whatever_becomes_of_its_answer(two_models: AdminBot) -> None:
    """Killed between the change and the answer: it is answered at the next start, and done no second time."""
    root = two_models.root
    answer = root.send("/rollback")
    updates = two_models.bot.telegram.on_loop(
        lambda: list(two_models.bot.telegram.world.updates._updates.values())
    )
    two_models.bot.kill()
    two_models.bot.change(
        "UPDATE updates SET state = 'applied', body = ?, result = ?, finished_at = NULL"
        " WHERE seq = (SELECT max(seq) FROM updates)",
        json.dumps(updates[-1]),
        json.dumps({"version": 1, "was": 2}),
    )
    two_models.start()
    two_models.bot.settle()
    assert root.last().id > answer.id
    assert root.last().text == "Model 1 serves now, in place of 2."
    assert two_models.live() == 1
    assert two_models.bot.rows("SELECT act FROM audit") == [("rolled_back",)]


def test_what_cannot_be_gone_back_to_is_said_and_changes_nothing(two_models: AdminBot) -> None:
    root = two_models.root
    two_models.bot.stop()
    (two_models.artifact(3) / "manifest.json").unlink()
    damaged = two_models.artifact(4)
    (tensors,) = damaged.glob("tensors-*")
    content = tensors.read_bytes()
    tensors.unlink()  # a link: the artifact that it is a copy of keeps its own
    tensors.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    insert = "INSERT INTO models (version, origin, state, made_at, metrics, pruned_at) VALUES "
    made = "'2026-11-24 04:00:00', '{}'"
    two_models.bot.change(f"{insert} (3, 'fine', 'former', {made}, '2026-11-24 05:00:00')")
    two_models.bot.change(
        f"{insert} (4, 'fine', 'former', {made}, NULL), (5, 'fine', 'refused', {made}, NULL)"
    )
    two_models.start()
    for text, answer in (
        ("/rollback 77", "There is no model 77."),
        ("/rollback 99999999999999999999999", "There is no model 99999999999999999999999."),
        ("/rollback 3", "Model 3 was deleted to save room."),
        ("/rollback 2", "Model 2 serves already."),
        ("/rollback four", "That takes the number of a model"),
        ("/rollback -1", "That takes the number of a model"),
        ("/rollback 4", "Model 4 cannot be used, so nothing was changed: "),
        ("/rollback 5", "Model 5 was refused"),
        ("/models 77", "There is no model 77."),
        ("/models x", "That takes the number of a model"),
        ("/models 2", "🧠 Model 2: live"),
        ("/models 3", "🧠 Model 3: deleted"),
        ("/promote", "That takes the number of a model"),
        ("/promote 2", "Model 2 serves already."),
        ("/promote 3", "Model 3 was deleted to save room."),
        ("/promote 77", "There is no model 77."),
    ):
        assert root.send(text).text.startswith(answer), text
    assert two_models.live() == 2
    assert root.send("/audit").text == "🗒 Nothing has been done yet."
    two_models.bot.forget_troubles()


def test_a_promotion_by_hand_is_asked_for_first(two_models: AdminBot) -> None:
    root = two_models.root
    two_models.bot.stop()
    two_models.artifact(3)
    verdict = (
        '{"checks": [{"name": "rmse", "live": 0.85, "candidate": 0.91, "difference": -0.06,'
        ' "margin": 0.01, "passed": false}], "drift": null}'
    )
    two_models.bot.change(
        "INSERT INTO models (version, origin, state, made_at, metrics, verdict)"
        " VALUES (3, 'fine', 'refused', '2026-11-24 04:00:00', '{}', ?)",
        verdict,
    )
    two_models.start()
    assert two_models.live() == 2
    question = root.send("/promote 3")
    assert "Error, stars: worse by 0.060, at most 0.010 is let pass." in question.text
    root.tap("Cancel", question)
    assert root.again(question).text == "Nothing changed: model 2 serves."
    assert two_models.live() == 2
    question = root.send("/promote 3")
    root.tap("Yes, promote 3", question)
    assert root.again(question).text == "Model 3 serves now, in place of 2."
    assert two_models.live() == 3
    assert "Promoted model 3 in place of 2, overruling the gate" in root.send("/audit").text
    assert root.send("/rollback").text == "Model 2 serves now, in place of 3."


def test_admins_are_told_that_the_live_model_could_not_be_read(two_models: AdminBot) -> None:
    root = two_models.root
    root.send("/help")
    two_models.bot.stop()
    (two_models.bot.home / "models" / "0002" / "manifest.json").unlink()
    two_models.start()
    two_models.until(lambda: root.last().text == "⚠️ Model 2 could not be read; model 1 serves instead.")
    assert "Model 2 could not be read: went back to 1" in root.send("/audit").text
    two_models.bot.forget_troubles()
