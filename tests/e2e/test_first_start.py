"""The first start: people are answered on a quick model, and the full one takes over beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.driving import PATIENCE, TICK, Bot, Telegram


@pytest.fixture
def few(test_data: Path, tmp_path: Path) -> Path:
    """The ratings of a hundred people of ml-100k, of a quarter of its films: a full fit takes a moment."""
    folder = tmp_path / "few"
    folder.mkdir()
    limits = {"few.item": (400,), "few.inter": (100, 400)}  # of the first columns: films; people and films
    for name, most in limits.items():
        source = test_data / "ml-100k" / name.replace("few", "ml-100k")
        header, *lines = source.read_text(encoding="utf-8").splitlines()
        kept = [
            line
            for line in lines
            if all(int(cell) <= limit for cell, limit in zip(line.split("\t"), most, strict=False))
        ]
        (folder / name).write_text("\n".join([header, *kept, ""]), encoding="utf-8")
    return folder


@pytest.fixture
def new_bot(tmp_path: Path) -> Iterator[Bot]:
    """A bot in an empty home, not started yet."""
    served = Telegram()
    (tmp_path / "home").mkdir()
    with closing(served), Bot(served, tmp_path / "home") as bot:
        yield bot
        bot.check()


def model_line(bot: Bot, data: Path) -> tuple[str, str]:
    """How the doctor finds the model, and what it says of it."""
    told = json.loads(bot.command("doctor", "--json", MATINEE_DATASET=str(data)).stdout)
    return next((each["level"], each["found"]) for each in told["findings"] if each["check"] == "model")


def wait_for(bot: Bot, word: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while word not in bot.text():
        assert time.monotonic() < deadline, bot.text()
        time.sleep(TICK)


def test_the_quick_model_serves_until_the_full_one_does(new_bot: Bot, few: Path) -> None:
    """Killed in between, and failed once, the full fit begins again; who was half-way through goes on."""
    new_bot.start(MATINEE_DATASET=str(few))
    ada = new_bot.person("Ada")
    page = ada.join(5, 4, 3, 2, 1)
    new_bot.kill()
    level, found = model_line(new_bot, few)
    assert (level, found.endswith("a quick fit")) == ("warn", True)

    ratings = few / "few.inter"
    sound = ratings.read_text(encoding="utf-8")
    ratings.write_text(f"{sound}1\t1\tnonsense\t1\n", encoding="utf-8")
    new_bot.start(MATINEE_DATASET=str(few))
    wait_for(new_bot, "the full fit failed, the quick model stays")
    assert ada.tap("More", page) == ""
    assert new_bot.stop() == 0
    assert "the full model serves" not in new_bot.text()

    ratings.write_text(sound, encoding="utf-8")
    new_bot.start(MATINEE_DATASET=str(few))
    wait_for(new_bot, "the full model serves")
    assert len(ada.send("/recommend").films) == 5
    maps = Path(f"/proc/{new_bot.pid}/maps").read_text(encoding="utf-8")
    assert "site-packages/torch/" not in maps
    assert [each.name for each in sorted((new_bot.home / "models").iterdir())] == ["0001", "0002"]
    assert model_line(new_bot, few)[0] == "ok"
