"""What an operator sees of the running process: health checks, and logs for machines."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import Any

import httpx

from tests.e2e.driving import PATIENCE, TICK, TOKEN, Bot


def health(bot: Bot) -> httpx.Client:
    """A client of the health checks of the process that was started last."""
    port = re.findall(r"health checks .*port=(\d+)", bot.text())[-1]
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)


def checks_until(http: httpx.Client, name: str, found: str) -> httpx.Response:
    """What /readyz answers once one of its checks says `found`."""
    deadline = time.monotonic() + PATIENCE
    while (answer := http.get("/readyz")).json()["checks"][name] != found:
        assert time.monotonic() < deadline, answer.text
        time.sleep(TICK)
    return answer


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port: int = closed.getsockname()[1]
    return port


def test_alive_and_not_ready_while_telegram_is_away_and_ready_with_it(own_bot: Bot) -> None:
    assert own_bot.stop() == 0
    assert "health checks" not in own_bot.text()  # without a port nothing listens
    away = f"http://127.0.0.1:{closed_port()}"
    own_bot.start("health checks", MATINEE_HTTP_PORT="0", MATINEE_TELEGRAM_API_URL=away)
    with health(own_bot) as http:
        alive = http.get("/healthz")
        assert (alive.status_code, alive.json()) == (200, {"alive": True})
        answer = checks_until(http, "model", "ok")
        assert answer.status_code == 503
        assert answer.json() == {
            "ready": False,
            "checks": {"database": "ok", "model": "ok", "polling": "Telegram has not answered yet"},
        }
        assert TOKEN not in answer.text
    assert own_bot.stop() == 0
    own_bot.forget_troubles()
    polls = len(own_bot.telegram.get("/calls", method="getUpdates"))
    own_bot.start(MATINEE_HTTP_PORT="0")
    with health(own_bot) as http:
        answer = checks_until(http, "polling", "ok")
        # though the first poll is still open: nobody has written, and it may last half a minute
        assert len(own_bot.telegram.get("/calls", method="getUpdates")) == polls
        assert answer.status_code == 200
        assert answer.json() == {
            "ready": True,
            "checks": {"database": "ok", "model": "ok", "polling": "ok"},
        }
    assert own_bot.person("Ada").send("/help").text.startswith("What I can do")


def test_a_port_that_is_taken_is_told(own_bot: Bot) -> None:
    assert own_bot.stop() == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = own_bot.command("run", MATINEE_HTTP_PORT=str(port))
    assert refused.returncode == 1
    assert f"matinee: MATINEE_HTTP_PORT {port} on 127.0.0.1: Address already in use" in refused.stderr
    own_bot.start()


def test_logs_for_machines_name_updates_and_chats_and_quote_nobody(own_bot: Bot) -> None:
    """At the level that says most; what people write and what they are answered stays out of it."""
    assert own_bot.stop() == 0
    begun = len(own_bot.text())
    own_bot.start(MATINEE_LOG_FORMAT="json", MATINEE_LOG_LEVEL="DEBUG")
    ada = own_bot.person("Ada", last_name="Lovelace-Byron", username="ada_countess")
    texts = ["/start quixotic", "silense of the lams", "more like heat", "zyzzyva <b>flummox</b> & co"]
    for text in texts:
        ada.say(text)
    ada.join(5, 4, 3, 2, 1)
    seen = [line for message in ada.messages() for line in message.text.splitlines() if len(line) > 3]
    assert own_bot.stop() == 0
    log = own_bot.text()[begun:]
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    done = [line for line in lines if line["event"] == "update done"]
    assert len(done) >= len(texts) + 6
    assert {line["chat_id"] for line in done} == {ada.id}
    assert len({line["update_id"] for line in done}) == len(done)
    quoted = [text for text in [*texts, *seen, "quixotic", "flummox", "countess", "Byron"] if text in log]
    assert quoted == []
    assert TOKEN.partition(":")[2] not in log
    own_bot.start()
