"""Making room: models beyond those to keep, and work folders of trainings that have ended.

What is to go is marked in the database before it is deleted: what a killed process leaves over goes at the
next start.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.errors import StoreFailed
from bot.films.store import ModelStore, model_folders
from bot.process.settings import Settings
from bot.training.folder import work_folder, work_folders
from storage.database import AsyncConnection, Database
from storage.errors import StorageError
from storage.running import jobs, models
from storage.running.jobs import Job

log = structlog.get_logger(__name__)

_TIDY_EVERY = 3600.0  # seconds


class Tidier:
    """Each process that serves or trains tidies its own home."""

    def __init__(self, database: Database, store: ModelStore, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._settings = settings

    async def keep_tidy(self) -> None:
        """Tidy until cancelled, where another machine trains."""
        while True:
            await self.tidy()
            await asyncio.sleep(_TIDY_EVERY)

    async def prune(self) -> None:
        """Delete the models beyond those to keep, and tidy."""
        try:
            async with self._database.write() as conn:
                for version in await _superfluous(conn, self._settings.keep_models):
                    await models.mark_pruned(conn, version, datetime.now(UTC))
        except StorageError as error:
            log.warning("old models stay for now", cause=str(error))
        await self.tidy()

    async def tidy(self) -> None:
        """Delete what was given up: pruned models, also copies of them here, and work folders of trainings
        that ended. What cannot be deleted now is left for the next time."""
        try:
            async with self._database.read() as conn:
                pruned = {each.version for each in await models.every(conn) if each.pruned_at is not None}
                running = await jobs.unfinished(conn)
            await asyncio.to_thread(self._delete, pruned, running)
        except (StorageError, StoreFailed) as error:
            log.warning("old models stay for now", cause=str(error))

    async def clear(self) -> None:
        """Delete work folders of trainings that ended elsewhere, or while they waited: they hold what people
        rated. Raises StorageError."""
        if not await asyncio.to_thread(self._work_folders):
            return
        async with self._database.read() as conn:
            running = await jobs.unfinished(conn)
        await asyncio.to_thread(self._clear, running)

    def _delete(self, pruned: set[int], running: Job | None) -> None:
        in_home = {int(path.name) for path in model_folders(self._settings.models)}
        for version in sorted(pruned & {*self._store.versions(), *in_home}):
            self._store.delete(version)
            log.info("old model deleted", model=version)
        self._clear(running)

    def _work_folders(self) -> list[Path]:
        with suppress(FileNotFoundError):
            return list(work_folders(self._settings.home).iterdir())
        return []

    def _clear(self, running: Job | None) -> None:
        kept = None if running is None else work_folder(self._settings.home, running.id)
        for path in self._work_folders():
            if path != kept:
                shutil.rmtree(path, ignore_errors=True)


async def _superfluous(conn: AsyncConnection, keep: int) -> list[int]:
    """Versions to delete: all but the live one, the one before it, and the `keep` newest others."""
    live, before = await models.live(conn), (await models.before_live(conn))[:1]
    if live is None:
        return []
    others = [
        each.version
        for each in await models.every(conn)
        if each.pruned_at is None and each.version != live.version
    ]
    first = [each.version for each in before]
    kept = [*first, *(version for version in others if version not in first)][:keep]
    return [version for version in others if version not in kept]
