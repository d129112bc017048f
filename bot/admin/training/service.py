"""The use cases of trainings by command: begin one, stop it, see how they went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import NotPrepared
from bot.training.schedule import next_due
from storage.database import AsyncConnection, Database
from storage.running import audit, jobs
from storage.running.jobs import Job, Kind

_KINDS: dict[str, Kind] = {"": "fine", "fine": "fine", "full": "full"}
_SHOWN = 5  # trainings in the panel


@dataclass(frozen=True, slots=True)
class Clock:
    """When models are trained without a command: at a time of day, and after so many new ratings."""

    at: time | None
    zone: str
    after: int | None

    def next(self, now: datetime) -> datetime | None:
        """When the next one by the clock begins, in the clock's zone."""
        return None if self.at is None else next_due(self.at, ZoneInfo(self.zone), now)


@dataclass(frozen=True, slots=True)
class TrainingOverview:
    """The training under way, if there is one, those that ended, newest first, and when the next begins."""

    under_way: Job | None
    ended: tuple[Job, ...]
    next_at: datetime | None
    after: int | None


def has_curve(job: Job) -> bool:
    """Whether any loss was measured in a training."""
    points = (job.progress or {}).get("curve") or ()
    return any(loss is not None for point in points for loss in point[:2])


class Trainings:
    """What takes a connection runs inside the caller's transaction. `asker` is Telegram's id of the admin.

    `check` raises NotPrepared where nobody can train. `wake` has the loops that train, and that show how far
    it is, look at once.
    """

    def __init__(
        self, database: Database, clock: Clock, check: Callable[[], None], wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._check = check
        self.wake = wake

    async def ask(
        self, conn: AsyncConnection, asker: int, asked: str, chat_id: int, at: datetime
    ) -> dict[str, Any]:
        """Begin a training, and have this chat follow it, or the one under way if no chat does.

        {"wrong": what was asked} for no kind of training, {"impossible": True} where nobody can train; else
        the "job", whether it was "begun", whether this chat follows it ("followed"), and the "message" that
        shows it, None if it is yet to come.
        """
        kind = _KINDS.get(asked.strip().lower())
        if kind is None:
            return {"wrong": asked}
        if not self._possible():
            return {"impossible": True}
        added = await jobs.add(conn, kind, "command", at, asker)
        job = added or await jobs.unfinished(conn)
        if job is None:  # pragma: no cover - it is what kept `add` from adding another
            raise AssertionError("a training is under way and is not")
        if added is not None:
            await audit.add(conn, "retrain_asked", at, asker, kind=kind, job=job.id)
        if job.chat_id is None:
            await jobs.follow(conn, job.id, chat_id)
        return {
            "job": job.id,
            "begun": added is not None,
            "followed": job.chat_id in (None, chat_id),
            "message": job.message_id,
        }

    async def stop(self, conn: AsyncConnection, asker: int, job_id: int, at: datetime) -> bool:
        """Have a training end; False if it has."""
        job = await jobs.get(conn, job_id)
        stopped = await jobs.ask_to_stop(conn, job_id, at)
        if stopped and job is not None and not job.stop:
            await audit.add(conn, "stop_asked", at, asker, job=job_id)
        return stopped

    async def job(self, job_id: int) -> Job | None:
        """One training as it is by now."""
        async with self._database.read() as conn:
            return await jobs.get(conn, job_id)

    async def measured(self) -> Job | None:
        """The newest training whose losses are known."""
        async with self._database.read() as conn:
            newest = await jobs.last(conn, _SHOWN + 1)
        return next((job for job in newest if has_curve(job)), None)

    async def overview(self, at: datetime) -> TrainingOverview:
        """How trainings go."""
        async with self._database.read() as conn:
            newest = await jobs.last(conn, _SHOWN + 1)
        under_way = next((job for job in newest if job.finished_at is None), None)
        ended = tuple(job for job in newest if job.finished_at is not None)[:_SHOWN]
        if not self._possible():
            return TrainingOverview(under_way, ended, None, None)
        return TrainingOverview(under_way, ended, self._clock.next(at), self._clock.after)

    def _possible(self) -> bool:
        try:
            self._check()
        except NotPrepared:
            return False
        return True
