"""A bot and its admin, from outside."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.driving import PATIENCE, TICK, Bot, Message, Person


class AdminBot:
    """A bot that has not started yet, its admin, and what it takes to start it again.

    Trainings wait: nothing trains.
    """

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.root = bot.person("Root")

    def start(self, *admins: Person, **changes: str) -> None:
        """Start the bot with these admins, or with Root."""
        ids = ",".join(str(admin.id) for admin in admins or (self.root,))
        self.bot.start(MATINEE_ADMIN_IDS=ids, MATINEE_TRAIN_HERE="false", **changes)

    def stop(self) -> None:
        """Stop the bot once it has answered everything."""
        self.bot.settle()
        self.bot.stop()

    def artifact(self, version: int, of: int = 1) -> Path:
        """Another artifact, a copy of one that is there."""
        models = self.bot.home / "models"
        copy = shutil.copytree(models / f"{of:04d}", models / f"{version:04d}", copy_function=os.link)
        return Path(copy)

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait for what happens in the background."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline, self.bot.text()
            time.sleep(TICK)

    def live(self) -> int:
        """The live version, as the database has it."""
        ((version,),) = self.bot.rows("SELECT version FROM models WHERE state = 'live'")
        return int(version)

    def training_message(self) -> Message:
        """Root's message about the first training, once it is there."""

        def found() -> list[Message]:
            return [each for each in self.root.messages() if each.text.startswith("🎓 Training 1")]

        self.until(lambda: bool(found()))
        return found()[-1]
