"""/healthz and /readyz over whatever is open."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.process.metrics import build_metrics
from bot.telegram.client import Client
from bot.telegram.intake import Intake
from bot.telegram.limits import Limits
from bot.web import SILENCE_SECONDS, Health, create_app, serve_health
from storage.database import Database
from storage.database.migrations import migrate


async def ask(health: Health, path: str = "/readyz") -> tuple[int, Any]:
    transport = httpx.ASGITransport(create_app(health, build_metrics()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        answer = await http.get(path)
        return answer.status_code, answer.json()


async def test_nothing_is_there_yet() -> None:
    status, body = await ask(Health())
    assert status == 503
    assert body == {
        "ready": False,
        "checks": {
            "database": "not open yet",
            "model": "not loaded yet",
            "polling": "Telegram has not answered yet",
        },
    }
    assert await ask(Health(), "/healthz") == (200, {"alive": True})


async def test_each_of_them_alone_is_enough_to_be_not_ready(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}"
    await migrate(url, tmp_path)
    database = await Database.open(url)
    client = Client("1:none", "http://127.0.0.1:9", Limits(30, 1, 5), build_metrics())
    intake = Intake(client, database, push=lambda update: None)
    health = Health(model=1, database=database, intake=intake)
    assert (await ask(health))[1]["checks"]["polling"] == "Telegram has not answered yet"
    intake.heard_at = time.monotonic()
    assert await ask(health) == (
        200,
        {"ready": True, "checks": {"database": "ok", "model": "ok", "polling": "ok"}},
    )
    intake.heard_at -= SILENCE_SECONDS + 5
    status, body = await ask(health)
    assert (status, body["ready"]) == (503, False)
    assert body["checks"]["polling"].startswith("no update could be asked for in 6")
    intake.heard_at = time.monotonic()
    await database.close()
    status, body = await ask(health)
    assert (status, body["checks"]) == (
        503,
        {"database": "does not answer", "model": "ok", "polling": "ok"},
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_it_listens_while_the_block_runs(host: str, unused_port: int) -> None:
    url = f"http://127.0.0.1:{unused_port}/healthz"
    async with httpx.AsyncClient() as http:
        async with serve_health(Health(), build_metrics(), host, unused_port):
            assert (await http.get(url)).json() == {"alive": True}
        with pytest.raises(httpx.ConnectError):
            await http.get(url)
