"""The first start: people are answered on a quick model, and the full one takes over beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recsys.serving.artifact import MANIFEST
from tests.e2e.driving import Bot, Telegram


@pytest.fixture
def new_bot(tmp_path: Path) -> Iterator[Bot]:
    """A bot in an empty home, not started yet."""
    served = Telegram()
    (tmp_path / "home").mkdir()
    with closing(served), Bot(served, tmp_path / "home") as bot:
        yield bot
        bot.check()


def test_the_quick_model_serves_until_the_full_one_does(new_bot: Bot, few: Path) -> None:
    """Killed in between, it begins the full fit again; who was half-way through goes on."""
    lenient = {"MATINEE_DATASET": str(few), "MATINEE_GATE_MARGIN": "0.5"}  # so few people tell little
    new_bot.start(**lenient)
    ada = new_bot.person("Ada")
    page = ada.join(5, 4, 3, 2, 1)
    new_bot.kill()
    doctor = json.loads(new_bot.command("doctor", "--json", MATINEE_DATASET=str(few)).stdout)
    (model,) = [each for each in doctor["findings"] if each["check"] == "model"]
    assert model["level"] == "warn"
    assert model["found"].endswith("a quick fit")

    new_bot.start("another model serves", **lenient)
    assert ada.tap("More", page) == ""
    assert len(ada.last().films) == 5
    maps = Path(f"/proc/{new_bot.pid}/maps").read_text(encoding="utf-8")
    assert "site-packages/torch/" not in maps
    assert [each.name for each in sorted((new_bot.home / "models").iterdir())] == ["0001", "0002"]
    manifest = json.loads((new_bot.home / "models" / "0002" / MANIFEST).read_bytes())
    assert (manifest["about"]["preliminary"], manifest["about"]["origin"]) == (False, "full")
    assert new_bot.rows("SELECT kind, reason, state, outcome, version, attempts FROM jobs") == [
        ("full", "first", "done", "promoted", 2, 2)
    ]
