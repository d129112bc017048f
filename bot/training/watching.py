"""What the metrics say of trainings, wherever they run: read from their rows."""

from __future__ import annotations

import asyncio

import structlog

from bot.process.metrics import Metrics
from storage.database import Database
from storage.errors import StorageError
from storage.running import jobs
from storage.running.jobs import Job

log = structlog.get_logger(__name__)

_LOOK_EVERY = 2.0  # seconds
_REMEMBERED = 20  # of the last trainings; more do not end between two looks


class Watch:
    """One loop. What had ended before it began is not counted: counters begin at nothing in a process."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._counted: set[int] | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.debug("trainings are not seen for now", cause=str(error))
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """Take in what the rows say."""
        async with self._database.read() as conn:
            last = await jobs.last(conn, _REMEMBERED)
        ended = {job.id: job for job in last if job.finished_at is not None}
        running = next((job for job in last if job.state == "running"), None)
        self._metrics.training(None if running is None else running.phase)
        for job_id in ended.keys() - (ended.keys() if self._counted is None else self._counted):
            self._count(ended[job_id])
        self._counted = set(ended)

    def _count(self, job: Job) -> None:
        if job.outcome is not None:
            self._metrics.training_finished(job.outcome)
        elif job.state in ("failed", "stopped"):
            self._metrics.training_finished(job.state)
