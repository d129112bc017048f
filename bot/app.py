"""The process that serves: opens everything in order, serves, and closes in reverse."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog

from bot.admin.announcer import Announcer
from bot.admin.training.progress import ProgressMessages
from bot.backups import BackupClock
from bot.films.serving import Serving
from bot.films.store import ModelStore, begin_store
from bot.introduction import introduce
from bot.night.worker import NightWorker
from bot.process import allocator
from bot.process.bells import Bells
from bot.process.metrics import Metrics, build_metrics
from bot.process.settings import Settings
from bot.process.supervision import Background, keep_going, on_stop_signals
from bot.profile.erasing import rebuild_once
from bot.telegram.client import Client, greet
from bot.telegram.dispatch import Dispatcher
from bot.telegram.intake import Intake
from bot.telegram.limits import Limits
from bot.telegram.messenger import Messenger
from bot.telegram.processor import Processor
from bot.telegram.rights import Rights
from bot.training.preparing import check_dataset
from bot.training.runner import Runner
from bot.training.schedule import Schedule
from bot.training.tidying import Tidier
from bot.training.watching import Watch
from bot.web import Health, serve_health
from bot.wiring import wire
from storage.database import Database
from storage.database.lock import hold
from storage.database.migrations import migrate

log = structlog.get_logger(__name__)

_PATIENCE = 10.0  # seconds that running updates get at the end
_OWNER = "bot"  # of trainings: there is one bot for a database


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises BotError, StorageError for what an operator has to mend.

    The caller holds the home.
    """
    allocator.return_early()
    health, metrics = Health(), build_metrics()
    stop = asyncio.Event()
    async with (
        serve_health(health, metrics, settings.http_host, settings.http_port),
        hold(settings.database, lost=stop.set) as holding,
    ):
        await _answer_people(settings, health, metrics, stop, holding.held.is_set)


async def _answer_people(
    settings: Settings, health: Health, metrics: Metrics, stop: asyncio.Event, held: Callable[[], bool]
) -> None:
    """Open everything in order, serve, and close it in reverse; `health` knows what is open."""
    await migrate(settings.database, settings.home / "backups")
    on_stop_signals(stop.set)
    store = await asyncio.to_thread(begin_store, settings.models, settings.artifacts)
    async with _database(settings, held) as database, _client(settings, metrics) as client:
        await rebuild_once(database)
        health.database = database
        serving = await _begin_serving(settings, database, store, metrics)
        health.model = serving.version
        messenger, bells = Messenger(client), Bells()
        rooms = wire(database, messenger, Rights(client), serving, settings, bells)
        processor = Processor(client, database, messenger, rooms.router, metrics)
        dispatcher = Dispatcher(processor.handle)
        metrics.watch_queue(dispatcher.length, dispatcher.oldest_at)
        health.intake = intake = Intake(client, database, dispatcher.push)
        commands = rooms.router.admin.commands
        nights = NightWorker(database, rooms.delivery, settings.group_sends_per_minute, bells.nights)
        background: dict[str, Background] = {
            "introduction": partial(introduce, client, database, settings.admin_ids, commands),
            "nights": nights.run,
            "notices": Announcer(database, messenger, rooms.notices, settings.admin_ids, bells.notices).run,
            "progress": ProgressMessages(database, messenger, settings.admin_ids, bells.progress).run,
            "backups": BackupClock(database, settings, bells.notices.ring).run,
            "live model": serving.follow,
            "metrics of trainings": Watch(database, metrics).run,
            **_training(database, store, serving, settings, bells),
            **rooms.background,
        }
        try:
            await _serve(client, intake, background, stop, serving.version)
        finally:
            await dispatcher.close(_PATIENCE)


async def _begin_serving(
    settings: Settings, database: Database, store: ModelStore, metrics: Metrics
) -> Serving:
    """Load the model. Raises CatalogChanged where the operator asks for another data set."""
    serving = await Serving.begin(database, store, settings.admin_ids, metrics)
    check_dataset(settings, serving.recommender.catalog.source)
    # What was loaded by now stays: the collector need not walk a hundred thousand films each time.
    gc.collect()
    gc.freeze()
    allocator.return_now()
    return serving


async def _serve(
    client: Client, intake: Intake, background: Mapping[str, Background], stop: asyncio.Event, version: int
) -> None:
    """Greet Telegram, then poll until `stop` is set or polling gives up."""
    stopped = asyncio.create_task(stop.wait())
    greeting = asyncio.create_task(greet(client))
    if not await _first(stopped, greeting):
        return
    pending = await intake.recover()
    log.info("serving", bot=client.username, model=version, pending=pending)
    polling = asyncio.create_task(intake.run())
    tasks = [polling, *(asyncio.create_task(keep_going(*each)) for each in background.items())]
    try:
        await _first(stopped, polling)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        log.info("stopped")


async def _first(stopped: asyncio.Task[bool], work: asyncio.Task[None]) -> bool:
    """Wait for the work or the stop; whether the work ended by itself. Raises what the work raises."""
    await asyncio.wait({stopped, work}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        return False
    work.result()
    return True


@asynccontextmanager
async def _database(settings: Settings, held: Callable[[], bool]) -> AsyncIterator[Database]:
    database = await Database.open(settings.database, held)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _client(settings: Settings, metrics: Metrics) -> AsyncIterator[Client]:
    limits = Limits(
        settings.sends_per_second,
        settings.chat_sends_per_second,
        settings.chat_send_burst,
        settings.group_sends_per_minute,
    )
    client = Client(settings.token, settings.telegram_api_url, limits, metrics)
    try:
        yield client
    finally:
        await client.shutdown()


def _training(
    database: Database, store: ModelStore, serving: Serving, settings: Settings, bells: Bells
) -> dict[str, Background]:
    """What adds trainings, and what carries them through, here or only cleans up after a worker."""

    def done() -> None:
        serving.ring()
        bells.notices.ring()

    schedule = Schedule(database, serving, settings, bells.training.ring)
    if not settings.train_here:
        return {"schedule": schedule.run, "tidying": Tidier(database, store, settings).keep_tidy}
    threads = max(1, (os.cpu_count() or 1) // 2)
    runner = Runner(database, store, settings, _OWNER, bell=bells.training, done=done, threads=threads)
    return {"schedule": schedule.run, "trainings": runner.run}
