"""Carries trainings through, one after the other: in the bot beside the people, or in `matinee worker`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

import structlog

from bot.errors import BotError, TrainingFailed
from bot.films.store import ModelStore
from bot.process.bells import Bell
from bot.process.settings import Settings
from bot.training.folder import Outcome, read_outcome, work_folder
from bot.training.parent import train_in_child
from bot.training.progress import Progress
from bot.training.publishing import LEASE, Publisher, notify_admins
from bot.training.snapshot import take_snapshot
from bot.training.tidying import Tidier
from recsys.errors import RecsysError
from storage.database import Database
from storage.errors import StorageError, WrongState
from storage.running import jobs, models
from storage.running.jobs import Job

log = structlog.get_logger(__name__)

_BEAT = 10.0  # seconds between two signs of life
_PULSE = 1.0  # seconds between two looks at the row, and two changes of it
_LOOK_EVERY = 5.0  # seconds; a training that another process adds waits so long
_OF_THE_CHILD = ("checking", "training", "gate")
_MOST_ATTEMPTS = 3  # processes that may die over one training


class Runner:
    """One loop. `owner` names this process, and no two of one name run at a time.

    `bell` has it look at once; `done` is called after each training. `threads` is how many a training may
    use, None as many as it likes.
    """

    def __init__(
        self,
        database: Database,
        store: ModelStore,
        settings: Settings,
        owner: str,
        *,
        bell: Bell,
        done: Callable[[], None],
        threads: int | None,
    ) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._owner = owner
        self._bell = bell
        self._done = done
        self._threads = threads
        self._publisher = Publisher(database, store, settings)
        self._tidier = Tidier(database, store, settings)

    async def run(self) -> None:
        """Train what is to be trained, until cancelled. What it has in hand then is given back."""
        await self._tidier.tidy()
        while True:
            worked = False
            try:
                worked = await self.once()
            except StorageError as error:
                log.warning("trainings wait", cause=str(error))
            except Exception:
                log.exception("trainings wait")
            if not worked:
                await self._bell.wait(_LOOK_EVERY)

    async def once(self) -> bool:
        """Take the training that waits, if there is one, and carry it through; whether there was one."""
        async with self._database.write() as conn:
            job = await jobs.claim(conn, self._owner, datetime.now(UTC), LEASE)
        if job is None:
            await self._tidier.clear()
            return False
        log.info("training begins", job=job.id, kind=job.kind, reason=job.reason, attempt=job.attempts)
        try:
            await self._carry(job)
        finally:
            self._done()
        await self._tidier.prune()
        return True

    async def _carry(self, job: Job) -> None:
        """Work, and give signs of life meanwhile; whatever comes of it is in the row at the end."""
        if job.stop:
            await self._close(job, "stopped")
            return
        if job.attempts > _MOST_ATTEMPTS:
            died = f"given up: the process that trained ended {_MOST_ATTEMPTS} times, last in {job.phase}"
            await self._close(job, "failed", died)
            return
        progress = Progress()
        work = asyncio.create_task(self._work(job, progress), name=f"training {job.id}")
        pulse = asyncio.create_task(self._pulse(job, progress), name=f"pulse of training {job.id}")
        try:
            await asyncio.wait({work, pulse}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _end(work, pulse)
            await self._give_back(job)
            raise
        await _end(work, pulse)
        if work.cancelled():
            await self._interrupted(job, pulse)
        else:
            await self._ended(job, work)

    async def _interrupted(self, job: Job, pulse: asyncio.Task[None]) -> None:
        """An admin stopped it, or it is not ours any more."""
        error = pulse.exception()
        if error is None:
            await self._close(job, "stopped")
            return
        log.warning("training left alone", job=job.id, cause=str(error))
        if not isinstance(error, WrongState):
            raise error

    async def _ended(self, job: Job, work: asyncio.Task[None]) -> None:
        error = work.exception()
        if error is None:
            return
        if isinstance(error, WrongState):
            log.warning("training left alone", job=job.id, cause=str(error))
        elif isinstance(error, StorageError):
            raise error  # nothing is wrong with the training: it goes on when the database is back
        elif isinstance(error, BotError | RecsysError | OSError):
            await self._close(job, "failed", str(error))
        else:
            log.error("training broke off", job=job.id, exc_info=error)
            await self._close(job, "failed", f"a fault in Matinee: {type(error).__name__}: {error}")

    async def _work(self, job: Job, progress: Progress) -> None:
        folder = work_folder(self._settings.home, job.id)
        outcome = await asyncio.to_thread(read_outcome, folder)
        if outcome is None:
            await self._report(job, progress)
            await take_snapshot(self._database, self._store, self._settings, job, folder, self._threads)
            progress.enter("checking")
            await train_in_child(folder, self._threads, lambda message: _take_in(message, progress))
            outcome = await asyncio.to_thread(read_outcome, folder)
        if outcome is None:
            raise TrainingFailed("the training process ended without an outcome")
        await self._publish(job, progress, outcome)

    async def _publish(self, job: Job, progress: Progress, outcome: Outcome) -> None:
        progress.enter("publishing")
        await self._report(job, progress)
        await self._publisher.publish(job, self._owner, outcome)

    async def _pulse(self, job: Job, progress: Progress) -> None:
        """Signs of life and of progress, until an admin wants the training to end. Raises WrongState.

        A database that is away for a while is no end: the lease says for how long.
        """
        beat_at = time.monotonic() + _BEAT
        lost_at = time.monotonic() + LEASE.total_seconds()
        while True:
            await progress.turned.wait(_PULSE)
            try:
                if time.monotonic() >= beat_at:
                    async with self._database.write() as conn:
                        await jobs.beat(conn, job.id, self._owner, datetime.now(UTC) + LEASE)
                    beat_at, lost_at = time.monotonic() + _BEAT, time.monotonic() + LEASE.total_seconds()
                if progress.changed:
                    await self._report(job, progress)
                async with self._database.read() as conn:
                    row = await jobs.get(conn, job.id)
            except WrongState:
                raise
            except StorageError as error:
                if time.monotonic() >= lost_at:
                    raise
                log.warning("no sign of life of the training", job=job.id, cause=str(error))
                continue
            if row is not None and row.stop and progress.phase != "publishing":
                return

    async def _report(self, job: Job, progress: Progress) -> None:
        progress.changed = False
        async with self._database.write() as conn:
            await jobs.report(conn, job.id, self._owner, progress.phase, progress.to_dict())

    async def _close(self, job: Job, state: Literal["failed", "stopped"], error: str | None = None) -> None:
        now = datetime.now(UTC)
        async with self._database.write() as conn:
            await jobs.finish(conn, job.id, self._owner, state, now, error=error)
            live = await models.live(conn)
            if error is not None:
                version = None if live is None else live.version
                await notify_admins(conn, self._settings.admin_ids, job, now, version, error=error)
        log.info("training ended", job=job.id, state=state)

    async def _give_back(self, job: Job) -> None:
        async with self._database.write() as conn:
            await jobs.release(conn, job.id, self._owner)
        log.info("training given back", job=job.id)


def _take_in(message: Mapping[str, Any], progress: Progress) -> None:
    """Take in what the child says; what it should not say is passed over."""
    with suppress(KeyError, TypeError, ValueError):
        if message["event"] == "phase" and message["phase"] in _OF_THE_CHILD:
            progress.enter(message["phase"])
        elif message["event"] == "step":
            progress.step(message)


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
