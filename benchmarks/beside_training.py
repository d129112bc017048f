"""How long people wait for answers while a model is trained beside the bot, against a bot at rest.

    python -m benchmarks.beside_training PATH [--people 10 40] [--seconds 60] [--quick]

The bot runs as an operator runs it, on a local Telegram; PATH is what its first model learns from. People
write and tap at random, one act every two seconds each. Their answer times are those that the bot's database
has: from the commit of an update to the end of its answer. An admin sends /retrain full, then /retrain fine;
the rows that were received while a job ran are those beside a training.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.report import Options, Section, about, arguments, log
from sandbox import Sandbox, serve

TOKEN = "5000000002:benchmark-needs-no-secret"
PAUSE = 2.0  # seconds between two acts of a person, on average
PATIENCE = 900.0  # seconds for one training
WISHES = ("/recommend", "more like heat", "silence of the lambs", "/rate", "/watchlist", "fargo", "/history")
BUTTONS = ("5★", "4★", "3★", "Haven't seen", "More", "Seen it")


def main(options: Options) -> Section:
    section = Section("Answers beside a training", options.into)
    section.note("about", about(options))
    rows: list[list[str]] = []
    for people in options.extra["people"]:
        log(f"  {people} people")
        found = asyncio.run(measured(options.path, people, float(options.extra["seconds"])))
        rest = found.pop("at rest")
        rows += [
            [str(people), name, *waits(times, rest)] for name, times in {"at rest": rest, **found}.items()
        ]
        columns = ["people", "while", "answers", "p50, ms", "p99, ms", "p99 against rest"]
        section.rows("answers", columns, rows)
    return section


def waits(times: list[float], rest: list[float]) -> list[str]:
    """Milliseconds, and the ratio of the 99th percentiles."""
    if not times:
        return ["0", "–", "–", "–"]
    p50, p99 = np.percentile(times, [50, 99]) * 1000
    return [str(len(times)), f"{p50:.0f}", f"{p99:.0f}", f"{p99 / (np.percentile(rest, 99) * 1000):.2f}"]


async def measured(source: str, people: int, seconds: float) -> dict[str, list[float]]:
    """Answer times in seconds, at rest and beside each kind of training."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        environment = {**os.environ, "MATINEE_HOME": str(home), "MATINEE_DATASET": source}
        await command(environment, "prepare")
        with closing(Sandbox(TOKEN)) as sandbox:
            async with serve(sandbox, port=0) as url:
                crowd = [sandbox.people.add(f"Person {number}").person_id for number in range(people)]
                boss = sandbox.people.add("Boss").person_id
                environment |= {
                    "MATINEE_TELEGRAM_TOKEN": TOKEN,
                    "MATINEE_TELEGRAM_API_URL": url,
                    "MATINEE_ADMIN_IDS": str(boss),
                    "MATINEE_RETRAIN_AT": "off",
                    "MATINEE_LOG_LEVEL": "WARNING",
                }
                bot = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bot", "run", env=environment
                )
                try:
                    await converse(url, crowd, boss, home, seconds)
                finally:
                    bot.terminate()
                    await bot.wait()
        return answer_times(home, seconds)


async def command(environment: dict[str, str], *words: str) -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", *words, env=environment)
    if await child.wait():
        raise RuntimeError(f"matinee {' '.join(words)} failed")


async def converse(url: str, crowd: list[int], boss: int, home: Path, seconds: float) -> None:
    """Everybody talks; after a while at rest there are two trainings, one after the other."""
    async with httpx.AsyncClient(base_url=f"{url}/control", timeout=60) as http:
        talking = [asyncio.create_task(talk(http, person, seed)) for seed, person in enumerate(crowd)]
        await asyncio.sleep(10 + seconds)  # ten for the first questions, which count nowhere
        for number, kind in enumerate(("full", "fine"), start=1):
            await http.post(f"/chats/{boss}/messages", json={"text": f"/retrain {kind}"})
            await until_trained(home, number)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


async def talk(http: httpx.AsyncClient, person: int, seed: int) -> None:
    """One person, who writes, or taps whatever of their newest message they like."""
    chance = random.Random(seed)
    await http.post(f"/chats/{person}/messages", json={"text": "/start"})
    while True:
        await asyncio.sleep(chance.expovariate(1 / PAUSE))
        if chance.random() < 0.5:
            await http.post(f"/chats/{person}/messages", json={"text": chance.choice(WISHES)})
        else:  # a button that the newest message may not have: then nothing happens
            await http.post(f"/chats/{person}/taps", json={"label": chance.choice(BUTTONS)})


async def until_trained(home: Path, number: int) -> None:
    """Wait for the end of a training. Raises RuntimeError if it fails."""
    for _ in range(int(PATIENCE)):
        await asyncio.sleep(1)
        found = read(home, "SELECT state, error FROM jobs ORDER BY id")
        if len(found) == number and found[-1][0] not in ("waiting", "running"):
            if found[-1][0] != "done":
                raise RuntimeError(f"the training ended as {found[-1]}")
            return
    raise RuntimeError("the training does not end")


def answer_times(home: Path, seconds: float) -> dict[str, list[float]]:
    """From the rows: what was received beside a training of each kind, and in the time before the first."""
    jobs = read(home, "SELECT kind, started_at, finished_at FROM jobs ORDER BY id")
    updates = read(home, "SELECT received_at, finished_at FROM updates WHERE finished_at IS NOT NULL")
    spans = {f"{kind} training": (_time(began), _time(ended)) for kind, began, ended in jobs}
    first = min(began for began, _ in spans.values())
    spans = {"at rest": (first - seconds, first), **spans}
    found: dict[str, list[float]] = {name: [] for name in spans}
    for received_at, finished_at in updates:
        received, finished = _time(received_at), _time(finished_at)
        for name, (began, ended) in spans.items():
            if began <= received < ended:
                found[name].append(finished - received)
    return found


def read(home: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{home / 'matinee.db'}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query).fetchall()


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--people", type=int, nargs="+", default=[10, 40], help="how many chat")
    own.add_argument("--seconds", type=float, default=60, help="of rest that are measured")
    sys.stdout.write(main(arguments(__doc__ or "", (0,), (0,), own)).markdown())
