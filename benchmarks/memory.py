"""What a serving process holds in memory at most, and how long it takes to serve.

    python -m benchmarks.memory HOME [--runs 3]

HOME is prepared, and left as it is: the bot runs in a copy of its models, on a local Telegram, as an operator
runs it. Two people do forty things between them, of every kind. Memory is VmHWM, the most that the process
ever held, as Linux tells it; the seconds are those from the start of the process to its first poll.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from asyncio.subprocess import Process
from contextlib import closing
from pathlib import Path
from statistics import median

import httpx

from sandbox import Sandbox, serve

TOKEN = "5000000002:benchmark-needs-no-secret"
PATIENCE = 60.0  # seconds
TICK = 0.02
NEWCOMER = ["/start", "tap Comedy", "tap Done", *["tap 5★", "tap 3★", "tap Haven't seen", "tap 4★", "tap 2★"]]
REGULAR = [
    *[
        "/recommend",
        "tap 1",
        "tap Watchlist",
        "tap Back",
        "tap More",
        "tap Filter",
        "tap Comedy",
        "tap Apply",
    ],
    *["more like heat", "tap 2", "tap More like this", "tap Seen it", "tap 4★", "silense of the lams"],
    *["/rate", "tap 5★", "tap Undo", "tap 1★", "tap Done", "/watchlist", "/history", "/profile"],
    *["tap Rate these", "/settings", "tap Genres", "/mydata", "/help", "fargo", "/recommend", "tap 3"],
    *["tap Not interested", "tap Back"],
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    figures = [asyncio.run(measured(asked.home)) for _ in range(asked.runs)]
    for name, unit in (("serving", "s"), ("resting", "MB"), ("most", "MB")):
        each = [figure[name] for figure in figures]
        values = ", ".join(f"{value:.1f}" for value in each)
        sys.stdout.write(f"{name}: {median(each):.1f} {unit} ({values})\n")


async def measured(home: Path) -> dict[str, float]:
    """Seconds until it serves, MB at that moment, and the most after forty actions."""
    with tempfile.TemporaryDirectory() as folder, closing(Sandbox(TOKEN)) as telegram:
        shutil.copytree(home / "models", Path(folder) / "models")
        async with serve(telegram, port=0) as url:
            plain = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
            environment = plain | {
                "MATINEE_HOME": folder,
                "MATINEE_TELEGRAM_TOKEN": TOKEN,
                "MATINEE_TELEGRAM_API_URL": url,
                "MATINEE_RETRAIN_AT": "off",
                "MATINEE_LOG_LEVEL": "WARNING",
            }
            async with httpx.AsyncClient(base_url=f"{url}/control", timeout=PATIENCE) as http:
                await http.get("/bot")
                began = time.perf_counter()
                bot = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bot", "run", env=environment
                )
                try:
                    await until_polled(http, bot)
                    serving = time.perf_counter() - began
                    resting = megabytes(bot.pid)
                    for acts in (NEWCOMER, REGULAR):
                        await converse(http, Path(folder), acts)
                    return {"serving": serving, "resting": resting, "most": megabytes(bot.pid)}
                finally:
                    bot.terminate()
                    await bot.wait()


async def until_polled(http: httpx.AsyncClient, bot: Process) -> None:
    """Wait until the bot asks for updates. Raises RuntimeError if it ends instead, or never does."""
    for _ in range(int(PATIENCE / TICK)):
        if (await http.get("/updates")).json()["allowed_updates"]:
            return
        if bot.returncode is not None:
            raise RuntimeError(f"the bot ended with {bot.returncode}")
        await asyncio.sleep(TICK)
    raise RuntimeError("the bot does not ask for updates")


async def converse(http: httpx.AsyncClient, home: Path, acts: list[str]) -> None:
    """One person does these things one after the other, each once the last is answered."""
    person = (await http.post("/people", json={"first_name": "Somebody"})).json()["person_id"]
    for act in acts:
        if act.startswith("tap "):
            label = act.removeprefix("tap ")
            done = await http.post(f"/chats/{person}/taps", json={"label": label, "wait": PATIENCE})
        else:
            done = await http.post(f"/chats/{person}/messages", json={"text": act})
        if done.is_error:
            raise RuntimeError(f"{act}: {done.text}")
        await until_answered(http, home)


async def until_answered(http: httpx.AsyncClient, home: Path) -> None:
    """Wait until everything that people did is confirmed, and every update is done. Raises RuntimeError."""
    for _ in range(int(PATIENCE / TICK)):
        pending = (await http.get("/updates")).json()["pending"]
        with closing(sqlite3.connect(home / "matinee.db")) as database:
            working = database.execute("SELECT count(*) FROM updates WHERE finished_at IS NULL").fetchone()[0]
        if not pending and not working:
            return
        await asyncio.sleep(TICK)
    raise RuntimeError("the bot does not come to rest")


def megabytes(pid: int) -> float:
    """The most that a process ever held. Raises where the system does not tell."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("this system does not tell what a process holds")


if __name__ == "__main__":
    main()
