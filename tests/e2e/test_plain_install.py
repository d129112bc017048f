"""An installation without the `train` extra: it prepares a quick model by itself, and says what it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recsys.serving.artifact import MANIFEST
from tests.e2e.driving import Bot, Telegram

WITHOUT = "torch pandas scipy matplotlib"
INSTALL = "pip install 'matinee[train]'"


@pytest.fixture
def plain_bot(tmp_path: Path) -> Iterator[Bot]:
    """A bot in an empty home, not started yet."""
    served = Telegram()
    (tmp_path / "home").mkdir()
    with closing(served), Bot(served, tmp_path / "home") as bot:
        yield bot
        bot.check()


@pytest.mark.check
def test_it_serves_a_quick_model_and_says_once_what_a_full_one_needs(plain_bot: Bot, few: Path) -> None:
    root = plain_bot.person("Root")
    settings = {
        "MATINEE_TEST_WITHOUT": WITHOUT,
        "MATINEE_DATASET": str(few),
        "MATINEE_ADMIN_IDS": str(root.id),
        "MATINEE_RETRAIN_AFTER": "1",
    }
    plain_bot.start("the quick model stays", **settings)
    page = root.join(5, 4, 3, 2, 1)
    assert root.tap("More", page) == ""
    assert len(root.last().films) == 5
    refused = "I cannot train here, and keep the model that I have: "
    assert root.send("/retrain full").text.startswith(refused)
    panel = root.send("/admin")
    root.tap("Training", panel)
    assert "Next: not by the clock." in root.again(panel).text
    root.tap("Fine-tune now", panel)
    assert root.last().text.startswith(refused)
    assert INSTALL in root.last().text

    refusal = plain_bot.command(
        "prepare", "--again", **settings | {"MATINEE_HOME": str(plain_bot.home / "new")}
    )
    assert refusal.returncode == 1
    (line,) = refusal.stderr.splitlines()
    assert line.startswith(f"matinee: a full model needs torch, of the `train` extra: {INSTALL}; ")
    assert plain_bot.text().count(INSTALL) == 1
    assert plain_bot.rows("SELECT 1 FROM jobs") == []
    manifest = json.loads((plain_bot.home / "models" / "0001" / MANIFEST).read_bytes())
    assert (manifest["about"]["preliminary"], manifest["about"]["origin"]) == (True, "hand")
    doctor = json.loads(plain_bot.command("doctor", "--json", **settings).stdout)
    found = {each["check"]: each for each in doctor["findings"]}
    assert doctor["ok"]
    assert (found["model"]["level"], found["train extra"]["level"]) == ("warn", "warn")
    assert INSTALL in found["train extra"]["advice"]
