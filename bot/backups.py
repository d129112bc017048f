"""A backup each day, by itself: verified, kept for a while, and told of where an admin looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bot.process.settings import Settings
from bot.training.schedule import last_due
from storage.database import Database
from storage.database import backup as database_backups
from storage.errors import BackupFailed, CannotOpen, StorageError, TryLater
from storage.running import backups, notices
from storage.running.backups import Backups

log = structlog.get_logger(__name__)

PREFIX = "daily-"  # of the files that are deleted again; those made by hand or before a migration are not
_LOOK_EVERY = 30.0  # seconds
_AGAIN = timedelta(hours=1)  # after one that failed


def backs_up(settings: Settings) -> bool:
    """Whether backups are made by themselves here."""
    return settings.backup_at is not None and database_backups.impossible(settings.database) is None


class BackupClock:
    """One loop of the serving process. `wake` is called when a notice waits."""

    def __init__(self, database: Database, settings: Settings, wake: Callable[[], None]) -> None:
        self._database = database
        self._settings = settings
        self._folder = settings.home / "backups"
        self._wake = wake
        self._tried: datetime | None = None

    async def run(self) -> None:
        """Look at the clock until cancelled."""
        if self._settings.backup_at is None:
            return
        if (why := database_backups.impossible(self._settings.database)) is not None:
            log.warning("no automatic backups", cause=why)
            return
        while True:
            try:
                await self.look(datetime.now(UTC))
            except StorageError as error:
                log.warning("the backup waits", cause=str(error))
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self, now: datetime) -> None:
        """Make the backup that is due, if one is: also one that was missed while nobody served."""
        async with self._database.read() as conn:
            state = await backups.get(conn)
        if state is None:  # a first start is no missed night
            await self._keep(Backups(began=now))
        elif self._is_due(state, now):
            self._tried = now
            await self._make(state, now)

    def _is_due(self, state: Backups, now: datetime) -> bool:
        if self._tried is not None and now - self._tried < _AGAIN:
            return False
        if self._settings.backup_at is None:
            return False
        moment = last_due(self._settings.backup_at, ZoneInfo(self._settings.timezone), now)
        return (state.made_at or state.began) < moment

    async def _make(self, state: Backups, now: datetime) -> None:
        target = self._folder / (PREFIX + database_backups.default_name(self._settings.database))
        try:
            await database_backups.back_up(self._settings.database, target)
        except TryLater as error:
            log.warning("the backup waits", cause=str(error))
            return
        except (BackupFailed, CannotOpen, OSError) as error:
            log.error("backup failed", cause=str(error))
            await self._failed(state, str(error), now)
            return
        size = await asyncio.to_thread(self._prune, target, now)
        log.info("backup made", file=target.name, bytes=size)
        await self._keep(Backups(state.began, now, target.name, size))

    async def _failed(self, state: Backups, why: str, now: datetime) -> None:
        """Admins are told once, until one succeeds."""
        since = state.failing_since or now
        async with self._database.write() as conn:
            await backups.put(conn, replace(state, failing_since=since, why=why))
            if state.failing_since is None:
                admins, key = self._settings.admin_ids, f"backup:{since.isoformat()}"
                await notices.add(conn, admins, "backup", {"why": why}, now, key=key)
        self._wake()

    async def _keep(self, state: Backups) -> None:
        async with self._database.write() as conn:
            await backups.put(conn, state)

    def _prune(self, newest: Path, now: datetime) -> int:
        """Delete what is beyond number or age, but never the newest; the size of that one, in bytes."""
        for old in superfluous(
            self._folder, newest, self._settings.keep_backups, self._settings.backup_days, now
        ):
            try:
                old.unlink()
            except OSError as error:
                log.warning("an old backup stays", file=old.name, cause=str(error))
        return newest.stat().st_size


def superfluous(folder: Path, newest: Path, keep: int, days: int, now: datetime) -> Collection[Path]:
    """The daily backups that are to go: older than so many days, or more than so many."""
    daily = sorted((path for path in folder.glob(f"{PREFIX}*") if path != newest), reverse=True)
    young = (now - timedelta(days=days)).timestamp()
    return [
        path for place, path in enumerate(daily, start=1) if place >= keep or path.stat().st_mtime < young
    ]
