"""From the quick first model to a full one, while people are answered.

The full fit runs in a child process at low priority; this one never loads torch. It is started again at
every start for as long as the live model is a preliminary one.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from bot.errors import NotPrepared
from bot.home import live_model
from bot.prepare import require_training
from recsys.recommender import Recommender

__all__ = ["FIT_COMMAND", "Upgrade", "upgrading"]

log = structlog.get_logger(__name__)

FIT_COMMAND = "fit-beside-the-bot"

Swap = Callable[[str, Recommender], None]


class Upgrade:
    """One full fit beside the bot. `swap` is called with the number of the new model and the model."""

    def __init__(self, models: Path, live: Recommender, swap: Swap) -> None:
        self._models = models
        self._live = live
        self._swap = swap

    async def run(self) -> None:
        """Fit and swap, if the live model is a preliminary one. Raises nothing: what fails is logged."""
        if not self._live.preliminary:
            return
        try:
            require_training()
        except NotPrepared as error:
            log.warning("the quick model stays", cause=str(error))
            return
        log.info("a full fit begins")
        code = await _fit()
        if code:
            log.warning("the full fit failed, the quick model stays", exit_code=code)
            return
        version, recommender = await asyncio.to_thread(live_model, self._models)
        if recommender.preliminary or recommender.catalog.fingerprint != self._live.catalog.fingerprint:
            log.warning("the full fit gave no model of these films, the quick one stays", newest=version)
            return
        self._swap(version, recommender)
        log.info("the full model serves", model=version)


@asynccontextmanager
async def upgrading(models: Path, live: Recommender, swap: Swap) -> AsyncIterator[None]:
    """An Upgrade under way while the block runs, and ended with it."""
    task = asyncio.create_task(Upgrade(models, live, swap).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _fit() -> int:
    """The exit code of the child. It ends when its standard input closes, so however this process ends."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        FIT_COMMAND,
        stdin=PIPE,
        stdout=DEVNULL,
        start_new_session=True,  # Ctrl+C is for us, and we end it
    )
    try:
        return await child.wait()
    finally:
        await _end(child)


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()
