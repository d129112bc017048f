"""The admin's seat: who sits there sees and does everything, and for everybody else it does not exist."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from tests.e2e.driving import PATIENCE, TICK, Bot, Message, Person, Telegram

COMMANDS = ("admin", "models", "rollback", "promote", "retrain", "audit")
SECTIONS = ("Models", "Training", "People", "Quality", "Content")


class Seat:
    """A bot, its admin, and what it takes to start it again. Trainings wait: nobody is there to train."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.root = bot.person("Root")

    def start(self, *admins: Person, **changes: str) -> None:
        """Start the bot with these admins, or with Root."""
        ids = ",".join(str(admin.id) for admin in admins or (self.root,))
        self.bot.start(MATINEE_ADMIN_IDS=ids, MATINEE_TRAIN_HERE="false", **changes)

    def artifact(self, version: int, of: int = 1) -> Path:
        """Another artifact, a copy of one that is there."""
        models = self.bot.home / "models"
        copy = shutil.copytree(models / f"{of:04d}", models / f"{version:04d}", copy_function=os.link)
        return Path(copy)

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait for what happens in the background."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline, self.bot.text()
            time.sleep(TICK)

    def live(self) -> int:
        """The live version, as the database has it."""
        ((version,),) = self.bot.rows("SELECT version FROM models WHERE state = 'live'")
        return int(version)


@pytest.fixture
def seat(
    new_home: Callable[[], Path], new_database: Callable[[], AbstractContextManager[str | None]]
) -> Iterator[Seat]:
    """A bot that has not started yet, with one model."""
    served = Telegram()
    with closing(served), new_database() as url, Bot(served, new_home(), url) as bot:
        yield Seat(bot)
        bot.check()


@pytest.fixture
def two(seat: Seat) -> Seat:
    """The bot runs; model 2 serves, and model 1 did before."""
    seat.start()
    seat.bot.settle()
    seat.bot.stop()
    seat.artifact(2)
    seat.start()
    return seat


def progress(seat: Seat, who: Person | None = None) -> Message:
    """The message about a training, once it is there."""
    person = who or seat.root

    def found() -> list[Message]:
        return [message for message in person.messages() if message.text.startswith("🎓 Training 1")]

    seat.until(lambda: bool(found()))
    return found()[-1]


def test_to_strangers_there_is_no_seat(two: Seat) -> None:
    """Word for word what any unknown command gets, whatever follows it; in groups nothing at all."""
    ada = two.bot.person("Ada")
    nonsense = ada.send("/xyzzy").text
    acts = two.bot.rows("SELECT count(*) FROM audit")
    for command in COMMANDS:
        for text in (f"/{command}", f"/{command} 1", f"/{command} full", f"/{command} no such thing"):
            assert ada.send(text).text == nonsense
        assert command not in ada.send("/help").text
    assert [each["command"] for each in ada.transcript()["commands"]][-1] == "cancel"
    assert ada.send("/start admin").text == ada.send("/start").text
    assert two.bot.rows("SELECT count(*) FROM audit") == acts
    assert two.bot.rows("SELECT count(*) FROM jobs") == [(0,)]
    assert two.live() == 2

    group = two.bot.group("Movie night", ada, two.root)
    for person in (ada, two.root):
        for command in COMMANDS:
            assert group[person].say(f"/{command}") == group[person].say("/xyzzy") == []


def test_a_forged_button_is_a_stale_one(two: Seat) -> None:
    ada = two.bot.person("Ada")
    card = ada.begin()
    stale = ada.tap_data("zz9:1", card)
    for data in (
        "aa1:home",
        "am1:0",
        "ad1:1:0",
        "ao1:1",
        "ar1:1",
        "ap1:1",
        "ay1:1",
        "an1",
        "at1:full",
        "as1:1",
        "au1:0",
        "ac1",
    ):
        assert ada.tap_data(data, card) == stale, data
    assert two.live() == 2
    assert two.bot.rows("SELECT count(*) FROM jobs") == [(0,)]
    menu = two.root.send("/admin")
    assert two.root.tap_data("aa1:cellar", menu) == stale
    assert two.root.tap_data("ad1:99:0", menu) == stale


def test_the_panel_is_one_message(two: Seat) -> None:
    root = two.root
    panel = root.send("/admin")
    assert panel.buttons == list(SECTIONS)
    assert "Model 2 has served for" in panel.text
    pages = []
    for section in SECTIONS:
        assert root.tap(section, panel) == ""
        pages.append(root.again(panel).text)
        assert pages[-1].startswith(f"🎛 {section}")
        root.tap("Back", panel)
        assert root.again(panel).text.startswith("🎛 Admin")
    assert root.last().id == panel.id
    models, training, people, quality, content = pages
    assert "Model 2: live" in models
    assert "Error, stars" in models
    assert "No training is under way." in training
    assert "1 person has met me." in people
    assert "/stats" in people
    assert "No week has been measured yet." in quality
    assert "1682 films." in content
    assert "/addmovie" in content
    root.tap("Models", panel)
    root.tap("All models", panel)
    assert root.again(panel).text.startswith("🧠 2 models, newest first")
    root.tap("1", panel)
    assert root.again(panel).text.startswith("🧠 Model 1: kept")
    root.tap("Back", panel)
    root.tap("Back", panel)
    assert root.again(panel).text.startswith("🎛 Models")


def test_a_rollback_is_one_command_and_needs_no_restart(two: Seat) -> None:
    root = two.root
    assert "▶ 2 by hand" in root.send("/models").text
    answer = root.send("/rollback")
    assert answer.text == "Model 1 serves now, in place of 2."
    assert two.live() == 1
    assert "another model serves" in two.bot.text()
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
    two.bot.stop()
    two.start()
    assert two.live() == 2


def test_a_rollback_is_done_once_whatever_becomes_of_its_answer(two: Seat) -> None:
    """Killed between the change and the answer: it is answered at the next start, and done no second time."""
    root = two.root
    answer = root.send("/rollback")
    updates = two.bot.telegram.on_loop(lambda: list(two.bot.telegram.world.updates._updates.values()))
    two.bot.kill()
    two.bot.change(
        "UPDATE updates SET state = 'applied', body = ?, result = ?, finished_at = NULL"
        " WHERE seq = (SELECT max(seq) FROM updates)",
        json.dumps(updates[-1]),
        json.dumps({"version": 1, "was": 2}),
    )
    two.start()
    two.bot.settle()
    assert root.last().id > answer.id
    assert root.last().text == "Model 1 serves now, in place of 2."
    assert two.live() == 1
    assert two.bot.rows("SELECT act FROM audit") == [("rolled_back",)]


def test_what_cannot_be_gone_back_to_is_said_and_changes_nothing(two: Seat) -> None:
    root = two.root
    two.bot.stop()
    (two.artifact(3) / "manifest.json").unlink()
    damaged = two.artifact(4)
    (tensors,) = damaged.glob("tensors-*")
    content = tensors.read_bytes()
    tensors.unlink()  # a link: the artifact that it is a copy of keeps its own
    tensors.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    insert = "INSERT INTO models (version, origin, state, made_at, metrics, pruned_at) VALUES "
    made = "'2026-11-24 04:00:00', '{}'"
    two.bot.change(f"{insert} (3, 'fine', 'former', {made}, '2026-11-24 05:00:00')")
    two.bot.change(f"{insert} (4, 'fine', 'former', {made}, NULL), (5, 'fine', 'refused', {made}, NULL)")
    two.start()
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
    assert two.live() == 2
    assert root.send("/audit").text == "🗒 Nothing has been done yet."
    two.bot.forget_troubles()


def test_a_promotion_by_hand_is_asked_for_first(two: Seat) -> None:
    root = two.root
    two.bot.stop()
    two.artifact(3)
    verdict = (
        '{"checks": [{"name": "rmse", "live": 0.85, "candidate": 0.91, "difference": -0.06,'
        ' "margin": 0.01, "passed": false}], "drift": null}'
    )
    two.bot.change(
        "INSERT INTO models (version, origin, state, made_at, metrics, verdict)"
        " VALUES (3, 'fine', 'refused', '2026-11-24 04:00:00', '{}', ?)",
        verdict,
    )
    two.start()
    assert two.live() == 2
    question = root.send("/promote 3")
    assert "Error, stars: worse by 0.060, at most 0.010 is let pass." in question.text
    root.tap("Cancel", question)
    assert root.again(question).text == "Nothing changed: model 2 serves."
    assert two.live() == 2
    question = root.send("/promote 3")
    root.tap("Yes, promote 3", question)
    assert root.again(question).text == "Model 3 serves now, in place of 2."
    assert two.live() == 3
    assert "Promoted model 3 in place of 2, overruling the gate" in root.send("/audit").text
    assert root.send("/rollback").text == "Model 2 serves now, in place of 3."


def test_a_training_is_one_message_that_can_be_stopped(seat: Seat) -> None:
    root, other = seat.root, seat.bot.person("Other")
    seat.start(root, other)
    assert root.send("/retrain quick").text.startswith("There is no training called “quick”.")
    assert root.say("/retrain") is not None
    shown = progress(seat)
    assert shown.text == "🎓 Training 1: fine-tuning\n\nWaits for its turn…"
    again = root.send("/retrain full")
    under_way = "Training 1, fine-tuning, is under way already: it waits for its turn."
    assert again.text == f"{under_way} The message above follows it."
    assert again.raw["reply_to"] == shown.id
    assert again.labels == []  # Stop is on the message above, and goes when it ends
    elsewhere = other.send("/retrain")
    assert elsewhere.text == f"{under_way} A message in another admin's chat follows it."
    other.tap("Training", elsewhere)
    assert seat.bot.rows("SELECT kind, reason, asked_by FROM jobs") == [("fine", "command", root.id)]

    seat.bot.kill()
    seat.start(root, other)
    assert other.tap("Stop", elsewhere) == "It stops as soon as it can."
    seat.until(lambda: "Stopped after" in root.again(shown).text)
    assert root.again(shown).labels == []
    assert other.tap("Stop", elsewhere) == "That training has ended."
    assert [m.text for m in root.messages() if m.text.startswith("🎓")] == [root.again(shown).text]
    record = root.send("/audit").text
    assert f"admin {other.id}\nStopped training 1" in record
    assert f"admin {root.id}\nAsked for training 1: fine" in record
    assert record.startswith("🗒 2 acts")


def test_a_training_is_begun_and_stopped_in_the_panel(seat: Seat) -> None:
    root = seat.root
    seat.start()
    panel = root.send("/admin")
    root.tap("Training", panel)
    root.tap("Train in full", panel)
    assert progress(seat).text.startswith("🎓 Training 1: full")
    root.tap("Refresh", panel)
    assert "🎓 Training 1: full\n\nWaits for its turn…" in root.again(panel).text
    root.tap("Stop", panel)
    seat.until(lambda: "Stopped after" in progress(seat).text)
    root.tap("Refresh", panel)
    assert "full, by command: stopped" in root.again(panel).text
    assert "Fine-tune now" in root.again(panel).buttons


def test_a_training_of_the_clock_can_be_followed(seat: Seat) -> None:
    root = seat.root
    seat.start()
    seat.bot.settle()
    seat.bot.stop()
    seat.bot.change(
        "INSERT INTO jobs (slot, kind, reason, state, attempts, stop, created_at)"
        " VALUES (1, 'full', 'schedule', 'waiting', 0, FALSE, '2026-11-24 04:00:00')"
    )
    seat.start()
    under_way = (
        "Training 1, full, is under way already: it waits for its turn. A message follows it from now on."
    )
    assert under_way in [answer.text for answer in root.say("/retrain")]
    assert progress(seat).text == "🎓 Training 1: full\n\nWaits for its turn…"


def test_the_record_is_paged(seat: Seat) -> None:
    root = seat.root
    seat.start()
    seat.bot.settle()
    seat.bot.stop()
    for number in range(23):
        seat.bot.change(
            "INSERT INTO audit (at, actor, act, details) VALUES ('2026-11-24 04:00:00', 0, 'danced', ?)",
            f'{{"step": {number}}}',
        )
    seat.start()
    page = root.send("/audit")
    assert page.text.startswith("🗒 23 acts")
    assert page.text.count("Danced: step") == 10
    root.tap("Older", page)
    root.tap("Older", page)
    assert root.again(page).text.count("Danced: step") == 3
    assert root.again(page).buttons == ["Newer", "Back"]


def test_the_menu_and_the_seat_go_with_the_setting(seat: Seat) -> None:
    root, other = seat.root, seat.bot.person("Other")
    seat.start()

    def commands(person: Person) -> list[str]:
        return [each["command"] for each in person.transcript()["commands"]]

    seat.until(lambda: "audit" in commands(root))
    assert set(COMMANDS) <= set(commands(root))
    assert "recommend" in commands(root)
    assert "admin" not in commands(other)
    panel = root.send("/admin")
    seat.bot.stop()
    seat.start(other)
    seat.until(lambda: "audit" in commands(other) and "audit" not in commands(root))
    assert root.send("/admin").text == root.send("/xyzzy").text
    stale = root.tap_data("zz9:1", panel)
    assert root.tap("Models", panel) == stale
    assert other.send("/admin").text.startswith("🎛 Admin")


def test_an_admin_who_never_was_there_harms_nobody(seat: Seat) -> None:
    seat.bot.start(MATINEE_ADMIN_IDS=f"99,{seat.root.id}", MATINEE_TRAIN_HERE="false")
    seat.bot.expect("Bad Request: chat not found")
    seat.until(lambda: "audit" in [each["command"] for each in seat.root.transcript()["commands"]])
    assert "an admin's command menu waits for the next start" in seat.bot.text()
    assert seat.root.send("/admin").text.startswith("🎛 Admin")


def test_admins_are_told_that_the_live_model_could_not_be_read(two: Seat) -> None:
    root = two.root
    root.send("/help")
    two.bot.stop()
    (two.bot.home / "models" / "0002" / "manifest.json").unlink()
    two.start()
    two.until(lambda: root.last().text == "⚠️ Model 2 could not be read; model 1 serves instead.")
    assert "Model 2 could not be read: went back to 1" in root.send("/audit").text
    two.bot.forget_troubles()


def test_the_losses_of_the_last_training_are_a_picture(seat: Seat) -> None:
    root = seat.root
    seat.start()
    seat.bot.settle()
    seat.bot.stop()
    seat.bot.change(
        "INSERT INTO jobs (kind, reason, state, attempts, stop, created_at, finished_at, progress)"
        " VALUES ('full', 'schedule', 'done', 1, FALSE, '2026-11-24 04:00:00', '2026-11-24 04:01:00', ?)",
        json.dumps({"curve": [[0.95, 1.0], [0.9, 0.92], [0.85, 0.9]]}),
    )
    seat.start()
    panel = root.send("/admin")
    root.tap("Training", panel)
    assert root.tap("Loss curves", panel) == ""
    picture = root.last()
    assert picture.text.startswith("📉 Training 1, full")
    assert picture.raw["file"]["kind"] == "photo"
