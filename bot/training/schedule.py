"""When a model is trained by itself: by the clock, after so many new ratings, and after a quick first fit.

By the clock is once a day, at MATINEE_RETRAIN_AT in the operator's time zone. The last such moment that was
dealt with is in the database: no restart trains twice, and a bot that was down then does it when it is back.
A time that a change of the clock leaves out counts as the same length after midnight; one that comes twice
counts the first time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.errors import NotPrepared
from bot.films.serving import Serving
from bot.process.extras import require_training
from bot.process.settings import Settings
from storage.database import AsyncConnection, Database, facts
from storage.errors import StorageError
from storage.running import evidence, jobs, models
from storage.running.jobs import Job, Kind, Reason
from storage.running.models import Model

log = structlog.get_logger(__name__)

DUE_KEY = "retrained"  # the fact that says which moment of the clock was dealt with
_LOOK_EVERY = 10.0  # seconds
_FOREVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Due:
    """What to add; without a kind only `moment`, of the clock, is dealt with."""

    kind: Kind | None
    reason: Reason
    moment: datetime | None = None


class Schedule:
    """One loop, of the bot alone. `wake` is called when there is something to train."""

    def __init__(
        self, database: Database, serving: Serving, settings: Settings, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._serving = serving
        self._settings = settings
        self._wake = wake
        self._first_asked = False  # once a start: if it fails, the clock tries again, and the next start

    async def run(self) -> None:
        """Add trainings when they are due, until cancelled."""
        if not self._possible():
            return
        while True:
            try:
                await self.look(datetime.now(UTC))
            except StorageError as error:
                log.warning("the schedule waits", cause=str(error))
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self, now: datetime) -> Job | None:
        """Add what is due at a moment, if nothing is under way; what was added."""
        async with self._database.read() as conn:  # counting may take a moment, and nobody waits for it
            due = await self._due(conn, now)
        if due is None:
            return None
        job = None
        async with self._database.write() as conn:
            if due.kind is not None:
                job = await jobs.add(conn, due.kind, due.reason, now)
                if job is None:
                    return None
            if due.moment is not None:
                await facts.put(conn, DUE_KEY, due.moment.isoformat())
        if job is not None:
            log.info("training asked for", job=job.id, kind=job.kind, reason=job.reason)
            self._wake()
        return job

    def _possible(self) -> bool:
        """Whether anybody could train; if not, it is said once a start."""
        try:
            check_training(self._settings)
        except NotPrepared as error:
            quick = self._serving.recommender.preliminary
            log.warning("the quick model stays" if quick else "no model is trained", cause=str(error))
            return False
        return True

    async def _due(self, conn: AsyncConnection, now: datetime) -> _Due | None:
        live = await models.live(conn)
        if live is None or await jobs.unfinished(conn) is not None:
            return None
        if self._preliminary(live) and not self._first_asked:
            self._first_asked = True
            return _Due("full", "first")
        return await self._by_the_clock(conn, live, now) or await self._by_ratings(conn)

    def _preliminary(self, live: Model) -> bool:
        return self._serving.version == live.version and self._serving.recommender.preliminary

    async def _by_the_clock(self, conn: AsyncConnection, live: Model, now: datetime) -> _Due | None:
        if self._settings.retrain_at is None:
            return None
        moment = last_due(self._settings.retrain_at, ZoneInfo(self._settings.timezone), now)
        done = await facts.get(conn, DUE_KEY)
        if done is None:  # a first start is no missed night
            return _Due(None, "schedule", moment)
        if datetime.fromisoformat(str(done)) >= moment:
            return None
        if not self._preliminary(live) and not await evidence.news(conn, await _learned_until(conn, live)):
            log.info("nothing new to learn", model=live.version)
            return _Due(None, "schedule", moment)
        return _Due(await self._kind(conn, live, now), "schedule", moment)

    async def _by_ratings(self, conn: AsyncConnection) -> _Due | None:
        """Counted from the last training, however it ended: one that fails is not tried again at once."""
        if self._settings.retrain_after is None:
            return None
        last = await jobs.last(conn, 1)
        news = await evidence.news(conn, last[0].created_at if last else _FOREVER)
        return _Due("fine", "ratings") if news.ratings >= self._settings.retrain_after else None

    async def _kind(self, conn: AsyncConnection, live: Model, now: datetime) -> Kind:
        """Full if the last full one was long ago: also those that an operator made by hand."""
        by_hand = [each.made_at for each in await models.every(conn) if each.origin == "hand"]
        last = await jobs.last_of(conn, "full")
        full = [*by_hand, *([last.created_at] if last else [])]
        long_ago = max(full, default=_FOREVER) + timedelta(days=self._settings.full_every_days) <= now
        return "full" if long_ago or self._preliminary(live) else "fine"


def check_training(settings: Settings) -> None:
    """Raise NotPrepared where trainings are for this machine, and it cannot train."""
    if settings.train_here:
        require_training()


def last_due(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The last moment up to `now` at which the clock said so, in UTC."""
    today = now.astimezone(zone).date()
    moments = (
        datetime.combine(today - timedelta(days=back), at, tzinfo=zone).astimezone(UTC) for back in (0, 1, 2)
    )
    return next(moment for moment in moments if moment <= now)


def next_due(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The first moment after `now` at which the clock will say so, in `zone`."""
    today = now.astimezone(zone).date()
    moments = (datetime.combine(today + timedelta(days=ahead), at, tzinfo=zone) for ahead in (0, 1))
    return next(moment for moment in moments if moment > now)


async def _learned_until(conn: AsyncConnection, live: Model) -> datetime:
    """When the live model's ratings were read. One made by hand knows nothing of the bot's people."""
    job = await jobs.get(conn, live.job_id) if live.job_id is not None else None
    if job is not None and job.started_at is not None:
        return job.started_at
    return _FOREVER if live.origin == "hand" else live.made_at
