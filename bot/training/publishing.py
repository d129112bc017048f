"""From an outcome to a model that serves, or is kept aside.

Each step may be the last one before the process is killed, and the next start goes on from there:

    a row with a number, former or refused      its job says which; nobody is answered from it
    the artifact in the store, under it         once there, it is not published again
    one transaction: live, job ended, notice    before it, the old model serves and the job runs
    old artifacts and the work folder deleted   left over, they go at the next start: see `tidying`

A number belongs to the model in one work folder. A process that trains the same job again takes another: one
that lost its lease may still be writing to the first, and what it leaves there is deleted as pruned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.errors import NotPrepared, TrainingFailed
from bot.films.numbering import CATALOG_KEY
from bot.films.store import ModelStore
from bot.process.settings import Settings
from bot.training.folder import PEOPLE_FROM, Outcome, artifact_of, read_number, work_folder, write_number
from recsys.serving.artifact import MANIFEST
from storage.database import AsyncConnection, Database, facts
from storage.running import audit, evidence, flags, jobs, models, notices
from storage.running.jobs import Job
from storage.running.models import Model

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)  # a process that gives no sign of life for so long has lost its training
LIVE_CHANGED = "live_changed"  # among the reasons of a verdict: another model serves than was compared with


class Publisher:
    """Publishes what a training has left in a work folder."""

    def __init__(self, database: Database, store: ModelStore, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._settings = settings

    async def publish(self, job: Job, owner: str, outcome: Outcome) -> int:
        """Publish what a training left in its work folder; the version.

        Raises StoreFailed; WrongState if the training is another process's by now; TrainingFailed if there
        is no artifact any more.
        """
        artifact = artifact_of(work_folder(self._settings.home, job.id))
        version = await self._number(job, owner, outcome)
        there = await asyncio.to_thread(self._store.versions)
        if (artifact / MANIFEST).exists():
            await asyncio.to_thread(self._store.publish, artifact, version)
        elif version not in there:
            raise TrainingFailed("the trained model is gone from the work folder")
        await self._finish(job, owner, outcome, version)
        return version

    async def _number(self, job: Job, owner: str, outcome: Outcome) -> int:
        """The number that the model in the work folder has taken, or takes now. Raises WrongState."""
        found = await asyncio.to_thread(self._origins)
        folder = work_folder(self._settings.home, job.id)
        noted = await asyncio.to_thread(read_number, folder)
        now = datetime.now(UTC)
        async with self._database.write() as conn:
            await jobs.beat(conn, job.id, owner, now + LEASE)  # is it ours still?
            mine = await models.of_job(conn, job.id)
            taken = [*found, *(each.version for each in await models.every(conn))]
            if mine is not None and found.get(mine.version, job.kind) != job.kind:
                await models.withdraw(conn, mine.version)  # `matinee train` took the number meanwhile
            elif mine is not None and mine.version == noted:
                return mine.version
            elif mine is not None:
                await models.give_up(conn, mine.version, now)
            version = max(taken, default=0) + 1
            await asyncio.to_thread(write_number, folder, version)
            await models.add(
                conn,
                version,
                job.kind,
                now,
                outcome.metrics,
                refused=not outcome.passed,
                job_id=job.id,
                verdict=outcome.verdict,
            )
        return version

    def _origins(self) -> dict[int, str]:
        """What is in the store, and who made it; what cannot be read is somebody else's, too."""
        found = {}
        for version in self._store.versions():
            try:
                found[version] = self._store.manifest(version).origin
            except NotPrepared:
                found[version] = "unknown"
        return found

    async def _finish(self, job: Job, owner: str, outcome: Outcome, version: int) -> None:
        now = datetime.now(UTC)
        async with self._database.write() as conn:
            outcome = _as_of_now(outcome, await models.live(conn))
            result: jobs.JobOutcome = "promoted" if outcome.passed else "refused"
            if outcome.passed:
                await models.go_live(conn, version, now)
            else:
                await models.refuse(conn, version, outcome.verdict)
            await jobs.finish(conn, job.id, owner, "done", now, version=version, outcome=result)
            found = await _brigades(conn, outcome)
            await flags.record(conn, found, now, self._settings.admin_ids)
            await audit.add(conn, result, now, job.asked_by or audit.NOBODY, version=version, job=job.id)
            await notify_admins(
                conn, self._settings.admin_ids, job, now, outcome.live, outcome=outcome, version=version
            )
        log.info("training ended", job=job.id, model=version, outcome=result)


async def notify_admins(
    conn: AsyncConnection,
    admin_ids: Sequence[int],
    job: Job,
    at: datetime,
    live: int | None,
    *,
    outcome: Outcome | None = None,
    version: int | None = None,
    error: str | None = None,
) -> None:
    """Tell admins how a training ended. `live` is the version that it was compared with."""
    payload = {
        "job": job.id,
        "kind": job.kind,
        "reason": job.reason,
        "outcome": None if outcome is None else "promoted" if outcome.passed else "refused",
        "version": version,
        "live": live,
        "verdict": None if outcome is None else outcome.verdict,
        "error": error,
    }
    await notices.add(conn, admin_ids, "outcome", payload, at, key=f"outcome:{job.id}")


def _as_of_now(outcome: Outcome, live: Model | None) -> Outcome:
    """A verdict is about the model that it was compared with: where an admin has another serve by now, it is
    no reason to put that one out of use."""
    if not outcome.passed or live is None or live.version == outcome.live:
        return outcome
    reasons = [*outcome.verdict.get("reasons", ()), LIVE_CHANGED]
    return replace(outcome, passed=False, verdict={**outcome.verdict, "passed": False, "reasons": reasons})


async def _brigades(conn: AsyncConnection, outcome: Outcome) -> list[flags.FoundBrigade]:
    """Those that the child found, by our ids."""
    if not outcome.brigades:
        return []
    known = await facts.get(conn, CATALOG_KEY)
    source = str(known.get("source")) if isinstance(known, dict) else ""
    ours = await evidence.numbered(conn, source)
    return [
        flags.FoundBrigade(
            frozenset(user_id - PEOPLE_FROM for user_id in each["user_ids"]),
            tuple(ours[movie_id] for movie_id in each["movie_ids"]),
            tuple(each["kinds"]),
            each["evidence"],
        )
        for each in outcome.brigades
        # After a renumbering of films, another training looks again.
        if ours.keys() >= set(each["movie_ids"])
    ]
