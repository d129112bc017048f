"""The process: how it starts, stops, refuses, and what it loads."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from bot.process.modes import open_to_others
from tests.e2e.driving import PATIENCE, ROOT, TOKEN, Bot, Telegram


def test_sigterm_ends_it_in_order_and_loses_nothing(own_bot: Bot) -> None:
    ada = own_bot.person("Ada")
    card = ada.send("/rate")
    film = card.head
    ada.press("5★", card)
    ada.write("/help")
    assert own_bot.stop() == 0
    assert "stopped" in own_bot.text()
    own_bot.start()
    own_bot.settle()
    assert ada.history() == {film: "5★"}
    assert sum("What I can do" in message.text for message in ada.messages()) == 1


def test_a_second_process_in_the_same_home_is_refused(own_bot: Bot) -> None:
    own_bot.person("Ada").send("/help")
    second = own_bot.command("run")
    assert second.returncode == 1
    assert re.fullmatch(r"matinee: another Matinee is running in .+\n", second.stderr)
    assert own_bot.person("Grace").send("/help").text.startswith("What I can do")


@pytest.fixture
def idle(telegram: Telegram, new_home: object, tmp_path: Path) -> Bot:
    """A bot that is not started, in an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return Bot(telegram, home)


def test_without_a_token_it_says_what_to_do(idle: Bot) -> None:
    refused = idle.command("run", MATINEE_TELEGRAM_TOKEN=None)
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert "MATINEE_TELEGRAM_TOKEN" in line
    assert "@BotFather" in line
    assert "make demo" in line
    assert refused.stdout == ""


def test_all_wrong_settings_are_told_at_once_by_name(idle: Bot) -> None:
    wrong = {
        "MATINEE_TELEGRAM_TOKEN": "nonsense secret",
        "MATINEE_TELEGRAM_API_URL": "example.org",
        "MATINEE_SENDS_PER_SECOND": "fast",
        "MATINEE_CHAT_SEND_BURST": "0",
        "MATINEE_DATABASE_URL": "mysql://x",
        "MATINEE_LOG_LEVEL": "LOUD",
    }
    refused = idle.command("run", **wrong)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "nonsense secret" not in refused.stderr
    for name in wrong:
        assert name in refused.stderr


def test_a_wrong_token_is_told(own_bot: Bot) -> None:
    assert own_bot.stop() == 0
    refused = own_bot.command("run", MATINEE_TELEGRAM_TOKEN="4839574812:another-secret")
    assert refused.returncode == 1
    assert "matinee: Telegram does not know this MATINEE_TELEGRAM_TOKEN" in refused.stderr
    assert "another-secret" not in refused.stdout + refused.stderr
    own_bot.start()


def test_it_waits_for_a_telegram_that_is_not_there(own_bot: Bot) -> None:
    """And stops at once when asked to."""
    assert own_bot.stop() == 0
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    own_bot.start("Telegram is not there yet", MATINEE_TELEGRAM_API_URL=f"http://127.0.0.1:{port}")
    assert own_bot.stop() == 0
    own_bot.forget_troubles()
    own_bot.start()


def test_what_serves_loads_no_torch(own_bot: Bot) -> None:
    own_bot.person("Ada").join(5, 4, 3, 2, 1)
    maps = Path(f"/proc/{own_bot.pid}/maps").read_text(encoding="utf-8")
    assert "numpy" in maps
    assert not re.search(r"site-packages/(torch|scipy)/", maps)
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{own_bot.pid}/status").read_text(encoding="utf-8"))
    assert peak
    assert int(peak[1]) < 200 * 1024


def test_importing_the_bot_imports_neither() -> None:
    code = "import sys, bot.app, bot.cli; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_who_blocks_the_bot_is_left_alone_and_the_others_are_served(own_bot: Bot) -> None:
    ada, grace = own_bot.person("Ada"), own_bot.person("Grace")
    ada.send("/help")
    ada.block()
    own_bot.settle()
    active = "SELECT active FROM people WHERE telegram_id = ?"
    assert own_bot.rows(active, ada.id) == [(0,)]
    assert grace.send("/help").text.startswith("What I can do")
    ada.unblock()
    assert ada.send("/help").text.startswith("What I can do")
    assert own_bot.rows(active, ada.id) == [(1,)]


def test_who_blocks_the_bot_before_it_answers(own_bot: Bot) -> None:
    """The answer is refused with 403, which is life and no failure."""
    ada, grace = own_bot.person("Ada"), own_bot.person("Grace")
    card = ada.begin()
    assert own_bot.stop() == 0
    ada.press("5★", card)
    ada.write("/recommend")
    ada.block()
    own_bot.expect("Forbidden: bot was blocked by the user")
    own_bot.start()
    own_bot.settle()
    assert own_bot.rows("SELECT active FROM people WHERE telegram_id = ?", ada.id) == [(0,)]
    assert grace.send("/help").text.startswith("What I can do")
    ada.unblock()
    assert list(ada.history().values()) == ["5★"]


def test_the_demo_answers_on_another_port_if_its_own_is_taken(own_bot: Bot) -> None:
    assert own_bot.stop() == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "bot", "demo", "--port", port],
            cwd=own_bot.home,
            env=own_bot.environment(MATINEE_TELEGRAM_TOKEN=""),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        url = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+(?=/ )", line)))
        assert not url.endswith(f":{port}")
        assert "You are its admin as Ada: /admin" in next(process.stdout)
        with httpx.Client(base_url=url, timeout=PATIENCE) as http:
            assert "<html" in http.get("/").text
            published = "5000000001:local-telegram-needs-no-secret"  # until 0.1.0; now another one each time
            assert http.get(f"/bot{published}/getMe").status_code == 401
            ada, *others = [person["person_id"] for person in http.get("/control/people").json()]
            (group,) = http.get("/control/groups").json()
            assert (group["title"], group["members"][0]) == (
                "Movie night",
                {"person_id": ada, "status": "creator", "is_bot": False},
            )
            assert [member["is_bot"] for member in group["members"]] == [
                False,
                *(False for _ in others),
                True,
            ]
            http.post(f"/control/chats/{ada}/messages", json={"text": "/start"}).raise_for_status()
            chat = http.get(f"/control/chats/{ada}").json()
            deadline = time.monotonic() + PATIENCE
            while not chat["messages"][-1]["labels"]:
                assert time.monotonic() < deadline
                chat = http.get(f"/control/chats/{ada}", params={"after": chat["version"], "wait": 10}).json()
            http.post(f"/control/chats/{ada}/messages", json={"text": "/admin"}).raise_for_status()
            while not chat["messages"][-1]["text"].startswith("🎛 Admin"):
                assert time.monotonic() < deadline
                chat = http.get(f"/control/chats/{ada}", params={"after": chat["version"], "wait": 10}).json()
            while http.get("/control/updates").json()["pending"]:  # then no call of the bot is cut short
                assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert TOKEN not in rest
    assert (own_bot.home / "demo.db").exists()
    assert list(open_to_others(own_bot.home)) == []  # Telegram and all
    own_bot.start()
