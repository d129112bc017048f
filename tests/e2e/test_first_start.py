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
    new_bot.start(MATINEE_DATASET=str(few))
    ada = new_bot.person("Ada")
    page = ada.join(5, 4, 3, 2, 1)
    new_bot.kill()
    doctor = json.loads(new_bot.command("doctor", "--json", MATINEE_DATASET=str(few)).stdout)
    (model,) = [each for each in doctor["findings"] if each["check"] == "model"]
    assert model["level"] == "warn"
    assert model["found"].endswith("a quick fit")

    new_bot.start("another model serves", MATINEE_DATASET=str(few))
    assert ada.tap("More", page) == ""
    assert len(ada.last().films) == 5
    maps = Path(f"/proc/{new_bot.pid}/maps").read_text(encoding="utf-8")
    assert "site-packages/torch/" not in maps
    ((*job, version),) = new_bot.rows("SELECT kind, reason, state, outcome, attempts, version FROM jobs")
    assert job == ["full", "first", "done", "promoted", 2]
    assert version in (2, 3)  # the killed fit may have left a folder that was never published
    manifest = json.loads((new_bot.home / "models" / f"{version:04}" / MANIFEST).read_bytes())
    assert (manifest["about"]["preliminary"], manifest["about"]["origin"]) == (False, "full")
