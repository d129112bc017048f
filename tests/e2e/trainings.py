"""Watching a training from outside: its row, its process, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from bot.training.parent import CHILD
from tests.e2e.driving import TICK, Bot, Person

__all__ = [
    "LENIENT",
    "LONG",
    "ask_for",
    "asked_by_ratings",
    "children",
    "live",
    "no_child_in",
    "signal_child",
    "work_folders",
    "working_on",
]

LONG = 300.0  # seconds until a test gives up on a fit; nothing is measured by it

# On so few ratings the gate may well refuse an honest model, and these tests are not about it.
LENIENT = {"MATINEE_GATE_MARGIN": "10"}

_ASK = (
    "INSERT INTO jobs (slot, kind, reason, state, attempts, stop, created_at)"
    " VALUES (1, ?, 'command', 'waiting', 0, false, CURRENT_TIMESTAMP)"
)


def ask_for(bot: Bot, kind: str) -> None:
    """Add a training while no bot runs, as an admin's command would."""
    bot.change(_ASK, kind)


def asked_by_ratings(bot: Bot, **settings: str) -> Person:
    """Start a bot where somebody has rated enough films to be learned from; who that was.

    The schedule looks at each start, and then every ten seconds: nobody waits for it so.
    """
    bot.start(**settings)
    ada = bot.person("Ada")
    ada.join(5, 4, 3, 2, 1)
    bot.stop()
    bot.start(**settings, MATINEE_RETRAIN_AFTER="1")
    return ada


def children(home: Path) -> list[int]:
    """The training processes that work in a home."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode().split("\0") if folder.name.isdecimal() else []
            if CHILD in words and any(word.startswith(str(home)) for word in words):
                found.append(int(folder.name))
    return found


def signal_child(home: Path, number: signal.Signals) -> None:
    """Send a signal to the training process."""
    (child,) = children(home)
    os.kill(child, number)


def working_on(bot: Bot, phase: str, job: int = 1, attempt: int = 0) -> None:
    """Wait until a training is in this phase or state, at this attempt or a later one."""
    deadline = time.monotonic() + LONG
    while True:
        found = bot.rows("SELECT phase, state, attempts FROM jobs WHERE id = ?", job)
        if found and phase in found[0][:2] and found[0][2] >= attempt:
            return
        assert not found or found[0][1] in ("waiting", "running"), (found, bot.text())
        assert time.monotonic() < deadline, (found, bot.text())
        assert bot.process is not None
        assert bot.process.poll() is None, bot.text()
        time.sleep(TICK)


def no_child_in(home: Path) -> None:
    """Wait until no training process works in a home any more."""
    deadline = time.monotonic() + LONG
    while children(home):
        assert time.monotonic() < deadline, children(home)
        time.sleep(TICK)


def live(bot: Bot) -> int:
    """The version that the database says is live."""
    ((version,),) = bot.rows("SELECT version FROM models WHERE state = 'live'")
    return int(version)


def work_folders(home: Path) -> list[str]:
    """What trainings have left in a home."""
    return sorted(path.name for path in (home / "work").iterdir()) if (home / "work").exists() else []
