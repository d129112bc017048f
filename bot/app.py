"""The composition root: builds everything once, opens it in order, closes it in reverse."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.admin.audit.handlers import Handlers as AuditHandlers
from bot.admin.audit.service import Audit
from bot.admin.guard import Admins
from bot.admin.models.handlers import Handlers as ModelsHandlers
from bot.admin.models.notices import tellings as model_tellings
from bot.admin.models.service import Versions
from bot.admin.monitor.handlers import Handlers as MonitorHandlers
from bot.admin.monitor.service import Monitor
from bot.admin.panel.handlers import Handlers as PanelHandlers
from bot.admin.panel.service import Panel
from bot.admin.stats.handlers import Handlers as StatsHandlers
from bot.admin.stats.service import Statistics
from bot.admin.training.handlers import Handlers as TrainingHandlers
from bot.admin.training.progress import Progress
from bot.admin.training.service import Clock, Trainings
from bot.announcer import Announcer, Telling
from bot.basics.handlers import Handlers as BasicsHandlers
from bot.discover.handlers import Handlers as DiscoverHandlers
from bot.discover.service import Discover, Phrases
from bot.errors import GaveUp
from bot.filtering.handlers import Handlers as FilteringHandlers
from bot.filtering.service import Filtering
from bot.groups.handlers import Handlers as GroupHandlers
from bot.groups.service import Groups
from bot.introduction import introduce
from bot.library import renumber
from bot.night.deciding import Deciding
from bot.night.delivery import Delivery
from bot.night.gathering import Slates
from bot.night.handlers import Handlers as NightHandlers
from bot.night.service import Nights
from bot.night.states import Readings
from bot.night.voting import Voting
from bot.onboarding.handlers import Handlers as OnboardingHandlers
from bot.onboarding.service import Onboarding
from bot.preferences.handlers import Handlers as PreferencesHandlers
from bot.preferences.service import Preferences
from bot.prepare import check_dataset
from bot.profile.forgetme.service import ForgetMe
from bot.profile.handlers import Handlers as ProfileHandlers
from bot.profile.history.service import History
from bot.profile.mydata.service import MyData
from bot.profile.portrait.service import Portraits
from bot.rating.handlers import Handlers as RatingHandlers
from bot.rating.service import Rating
from bot.services import Services
from bot.serving import Serving, choose
from bot.settings import Settings
from bot.store import open_store
from bot.telegram.client import Client, is_refusal
from bot.telegram.dispatch import Dispatcher
from bot.telegram.intake import Intake
from bot.telegram.limits import Limits
from bot.telegram.messenger import Messenger
from bot.telegram.processor import Processor
from bot.telegram.rights import Rights
from bot.telegram.router import Router
from bot.texts import languages, translator
from bot.watchlist.handlers import Handlers as WatchlistHandlers
from bot.watchlist.service import Watchlist
from bot.web import Health, serve_health
from bot.worker import Bells, Worker
from storage import ratings
from storage.database import Database
from storage.films import Film
from storage.lock import hold
from storage.migrations import migrate

__all__ = ["migrate_catalog", "run"]

log = structlog.get_logger(__name__)

Background = Callable[[], Coroutine[object, object, None]]

_PATIENCE = 10.0  # seconds that running updates get at the end
_LONGEST_PAUSE = 30.0


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises BotError, StorageError for what an operator has to mend.

    The caller holds the home.
    """
    health = Health()
    stop = asyncio.Event()
    async with (
        serve_health(health, settings.http_host, settings.http_port),
        hold(settings.database, lost=stop.set),
    ):
        await _answer_people(settings, health, stop)


async def _answer_people(settings: Settings, health: Health, stop: asyncio.Event) -> None:
    """Open everything in order, serve, and close it in reverse; `health` is told what there is."""
    await migrate(settings.database, settings.home / "backups")
    with suppress(NotImplementedError):  # Windows has no signal handlers in asyncio
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = open_store(settings.models, settings.artifacts)
    async with (
        _database(settings) as database,
        _client(settings, settings.token) as client,
    ):
        health.database = database
        admins = Admins(settings.admin_ids)
        serving = await Serving.begin(database, store, admins.ids)
        check_dataset(settings, serving.recommender.catalog.source)
        health.model = serving.version
        messenger = Messenger(client)
        bells = Bells()
        services = _services(database, serving, admins, settings, bells)
        delivery = Delivery(database, messenger, serving.library, services.readings, services.deciding)
        router = _router(services, Rights(client))
        processor = Processor(client, database, messenger, router)
        dispatcher = Dispatcher(processor.handle)
        health.intake = intake = Intake(client, database, dispatcher.push)
        background = (
            partial(introduce, client, database, admins.ids, router.admin_commands),
            Worker(database, delivery, settings.group_sends_per_minute, bells.nights).run,
            Announcer(database, messenger, _tellings(services), bells.notices).run,
            Progress(database, messenger, bells.progress).run,
            serving.follow,
            services.monitor.run,
        )
        try:
            await _serve(client, intake, background, stop, serving.version)
        finally:
            await dispatcher.close(_PATIENCE)


async def _serve(
    client: Client, intake: Intake, background: Sequence[Background], stop: asyncio.Event, version: int
) -> None:
    """Greet Telegram, then poll until `stop` is set or polling gives up."""
    stopped = asyncio.create_task(stop.wait())
    greeting = asyncio.create_task(_greet(client))
    if not await _first(stopped, greeting):
        return
    pending = await intake.recover()
    log.info("serving", bot=client.username, model=version, pending=pending)
    polling = asyncio.create_task(intake.run())
    tasks = [polling, *(asyncio.create_task(run()) for run in background)]
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


async def _greet(client: Client) -> None:
    """Learn who we are, and take a webhook away that would keep updates from us. Raises GaveUp."""
    pause = 0.0
    while True:
        try:
            await client.initialize()
        except TelegramError as error:
            if isinstance(error, InvalidToken) and is_refusal(error):
                raise GaveUp("Telegram does not know this MATINEE_TELEGRAM_TOKEN") from error
            pause = min(_LONGEST_PAUSE, max(1.0, pause * 2))
            log.warning("Telegram is not there yet", seconds=pause, cause=str(error))
            await asyncio.sleep(pause)
        else:
            break
    try:
        await client.delete_webhook()
    except TelegramError as error:
        log.warning("an old webhook could not be taken away", cause=str(error))


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings.database)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _client(settings: Settings, token: str) -> AsyncIterator[Client]:
    limits = Limits(
        settings.sends_per_second,
        settings.chat_sends_per_second,
        settings.chat_send_burst,
        settings.group_sends_per_minute,
    )
    client = Client(token, settings.telegram_api_url, limits)
    try:
        yield client
    finally:
        await client.shutdown()


def _services(
    database: Database, serving: Serving, admins: Admins, settings: Settings, bells: Bells
) -> Services:
    library, taste, wake = serving.library, serving.taste, bells.nights.set
    translators = [translator(language) for language in languages()]
    phrases = Phrases(
        like="|".join(t.plain("like.phrases") for t in translators),
        weak_like="|".join(t.plain("like.weak_phrases") for t in translators),
        courtesies="|".join(t.plain("like.courtesies") for t in translators),
    )
    discover = Discover(database, library, taste, phrases)
    readings, slates = Readings(library, taste, settings.timezone), Slates(taste)
    poll_time = timedelta(minutes=settings.poll_minutes)
    trainings = _trainings(database, admins, settings, bells)
    return Services(
        admins=admins,
        serving=serving,
        library=library,
        onboarding=Onboarding(database, library, taste),
        rating=Rating(database, library, taste),
        discover=discover,
        history=History(database, library),
        watchlist=Watchlist(database, library),
        filtering=Filtering(database, library, discover),
        preferences=Preferences(database, settings.timezone),
        portraits=Portraits(database, library, taste),
        mydata=MyData(database),
        forgetme=ForgetMe(),
        nights=Nights(database, library, slates, readings, wake),
        voting=Voting(slates, readings, poll_time),
        deciding=Deciding(slates, readings),
        readings=readings,
        groups=Groups(database, library, taste, readings, slates, wake),
        versions=Versions(database, admins, serving),
        trainings=trainings,
        audit=Audit(database, admins),
        panel=Panel(database, admins, trainings),
        statistics=Statistics(database, admins, settings.timezone),
        monitor=Monitor(
            database, library, taste, admins, settings.timezone, settings.alerts, bells.notices.set
        ),
    )


def _trainings(database: Database, admins: Admins, settings: Settings, bells: Bells) -> Trainings:
    clock = Clock(settings.retrain_at, settings.timezone, settings.retrain_after)

    def wake() -> None:
        bells.training.set()
        bells.progress.set()

    return Trainings(database, admins, clock, wake)


def _tellings(services: Services) -> dict[str, Telling]:
    """What each kind of notice to admins looks like."""
    return {**model_tellings(services.library), **MonitorHandlers(services).tellings()}


def _router(services: Services, rights: Rights) -> Router:
    basics, discover = BasicsHandlers(services), DiscoverHandlers(services)
    router = Router(text=discover.text, unknown_command=basics.unknown)
    for room in (basics, discover):
        room.register(router)
    for build in (OnboardingHandlers, RatingHandlers, ProfileHandlers):
        build(services).register(router)
    for screens in (WatchlistHandlers, FilteringHandlers, PreferencesHandlers):
        screens(services).register(router)
    seats = (PanelHandlers, ModelsHandlers, TrainingHandlers, AuditHandlers, StatsHandlers, MonitorHandlers)
    for seat in seats:
        seat(services).register(router)
    night = NightHandlers(services, rights)
    night.register(router)
    GroupHandlers(services, rights, night).register(router)
    return router


async def migrate_catalog(settings: Settings) -> tuple[list[Film], int]:
    """Number the films in the database as the newest model does.

    The rated films that its catalog does not have, and how many others there are.
    """
    async with hold(settings.database):
        await migrate(settings.database, settings.home / "backups")
        store = open_store(settings.models, settings.artifacts)
        async with _database(settings) as database:
            chosen = await choose(database, store, settings.admin_ids)
            async with database.write() as conn:
                unmatched = await renumber(conn, chosen.recommender.catalog, chosen.version)
                rated = await ratings.rated_films(conn)
    missed = [film for film in unmatched if film.id in rated]
    return missed, len(unmatched) - len(missed)
