"""`matinee doctor` beside a bot that runs, and beside one that cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.driving import TOKEN, Bot


def levels(said: str) -> dict[str, list[str]]:
    """The levels by check."""
    told: dict[str, Any] = json.loads(said)
    found: dict[str, list[str]] = {}
    for finding in told["findings"]:
        assert finding["level"] == "ok" or finding["advice"]
        found.setdefault(finding["check"], []).append(finding["level"])
    assert told["ok"] is all("fail" not in each for each in found.values())
    return found


def modified(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_beside_a_running_bot_and_without_a_trace(own_bot: Bot) -> None:
    ada = own_bot.person("Ada")
    ada.join(5, 4, 3, 2, 1)
    done = own_bot.command("doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = levels(done.stdout)
    for check in ("home", "schema", "model", "films", "data", "train extra", "telegram", "clock"):
        assert set(found[check]) == {"ok"}, done.stdout
    assert TOKEN.partition(":")[2] not in done.stdout + done.stderr
    assert ada.send("/help").text.startswith("What I can do")
    assert own_bot.stop() == 0
    before = modified(own_bot.home)
    assert own_bot.command("doctor").returncode == 0
    assert modified(own_bot.home) == before
    own_bot.start()


def test_in_words_and_with_what_fails(own_bot: Bot) -> None:
    own_bot.settle()
    own_bot.expect("Unauthorized")
    assert own_bot.stop() == 0
    own_bot.change("UPDATE settings SET value = ? WHERE key = 'catalog'", '{"source": "another"}')
    done = own_bot.command("doctor", MATINEE_TELEGRAM_TOKEN="4839574812:another-secret")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert any(
        line.startswith("fail films: the database numbers them by {'source': 'another'}") for line in lines
    )
    assert "      → `matinee catalog migrate` moves every rating to its film" in lines
    assert "fail telegram: 127.0.0.1 does not know this token" in lines
    assert "another-secret" not in done.stdout + done.stderr
    assert own_bot.command("catalog", "migrate").returncode == 0
    own_bot.start()
