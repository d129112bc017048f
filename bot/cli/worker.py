"""`matinee worker`: trains for a bot elsewhere."""

from __future__ import annotations

import asyncio
import socket
import uuid
from contextlib import suppress
from typing import Annotated

import typer

from bot.errors import SettingsError
from bot.films.store import open_store
from bot.process import home, logs
from bot.process.bells import Bell
from bot.process.extras import require_training
from bot.process.settings import Settings, read_settings
from bot.process.supervision import on_stop_signals
from bot.training.runner import Runner
from storage.database import Database
from storage.database.engine import parse_url, sqlite_file
from storage.database.migrations import REVISIONS, revision


def worker(
    once: Annotated[bool, typer.Option("--once", help="Train what waits now, if anything, and end.")] = False,
) -> None:
    """Train for a bot that runs on another machine, say here on one with a GPU.

    Both need the same PostgreSQL and the same MATINEE_ARTIFACTS. Needs the `train` extra.
    """
    settings = read_settings()
    _check(settings)
    logs.configure(settings.log_level, form=settings.log_format)
    with home.hold(settings.home):
        asyncio.run(_work(settings, once))


def _check(settings: Settings) -> None:
    """Raise SettingsError or NotPrepared for what keeps this machine from training for a bot."""
    require_training()
    if sqlite_file(parse_url(settings.database)) is not None:
        raise SettingsError(
            "MATINEE_DATABASE_URL: a worker needs the bot's PostgreSQL; a SQLite file is written by one "
            "process, the bot, which trains beside itself"
        )
    if settings.artifacts is None:
        raise SettingsError(
            "MATINEE_ARTIFACTS: not set, and the bot would not find what is trained here: name the same "
            "place as for the bot"
        )


async def _work(settings: Settings, once: bool) -> None:
    if await revision(settings.database) != REVISIONS[-1]:
        raise SettingsError("MATINEE_DATABASE_URL: not a database of this version; start the bot on it first")
    store = await asyncio.to_thread(open_store, settings.models, settings.artifacts)
    database = await Database.open(settings.database)
    try:
        runner = Runner(
            database,
            store,
            settings,
            f"worker:{socket.gethostname()}:{uuid.uuid4()}",
            bell=Bell(),
            done=lambda: None,
            threads=None,
        )
        work = asyncio.create_task(_once(runner) if once else runner.run())
        on_stop_signals(work.cancel)
        with suppress(asyncio.CancelledError):
            await work
    finally:
        await database.close()


async def _once(runner: Runner) -> None:
    await runner.once()
