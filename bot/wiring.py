"""The composition root's second half: use cases, handlers and notices; built by bot.app alone."""

from __future__ import annotations

from datetime import timedelta

from bot.admin.announcer import Telling
from bot.admin.audit.handlers import Handlers as AuditHandlers
from bot.admin.audit.service import Audit
from bot.admin.content.handlers import Handlers as ContentHandlers
from bot.admin.content.service import Content
from bot.admin.guard import Admins
from bot.admin.models.handlers import Handlers as ModelsHandlers
from bot.admin.models.notices import tellings as model_tellings
from bot.admin.models.service import Versions
from bot.admin.monitor.handlers import Handlers as MonitorHandlers
from bot.admin.monitor.service import Monitor
from bot.admin.panel.handlers import Handlers as PanelHandlers
from bot.admin.panel.service import Panel
from bot.admin.standing.handlers import Handlers as StandingHandlers
from bot.admin.standing.service import Standings
from bot.admin.stats.handlers import Handlers as StatsHandlers
from bot.admin.stats.service import Statistics
from bot.admin.training.handlers import Handlers as TrainingHandlers
from bot.admin.training.service import Clock, Trainings
from bot.discover.handlers import Handlers as DiscoverHandlers
from bot.discover.service import Discover, Phrases
from bot.films.serving import Serving
from bot.filtering.handlers import Handlers as FilteringHandlers
from bot.filtering.service import Filtering
from bot.groups.handlers import Handlers as GroupHandlers
from bot.groups.service import Groups
from bot.help.handlers import Handlers as BasicsHandlers
from bot.night.deciding import Deciding
from bot.night.gathering import Slates
from bot.night.handlers import Handlers as NightHandlers
from bot.night.service import Nights
from bot.night.states import Readings
from bot.night.voting import Voting
from bot.night.worker import Bells
from bot.onboarding.handlers import Handlers as OnboardingHandlers
from bot.onboarding.service import Onboarding
from bot.preferences.handlers import Handlers as PreferencesHandlers
from bot.preferences.service import Preferences
from bot.process.settings import Settings
from bot.profile.forgetme.service import ForgetMe
from bot.profile.handlers import Handlers as ProfileHandlers
from bot.profile.history.service import History
from bot.profile.mydata.service import MyData
from bot.profile.portrait.service import Portraits
from bot.rating.handlers import Handlers as RatingHandlers
from bot.rating.service import Rating
from bot.services import Services
from bot.telegram.rights import Rights
from bot.telegram.router import Router
from bot.texts import languages, translator
from bot.watchlist.handlers import Handlers as WatchlistHandlers
from bot.watchlist.service import Watchlist
from storage.database import Database


def build_services(
    database: Database, serving: Serving, admins: Admins, settings: Settings, bells: Bells
) -> Services:
    """The use cases, each handed what it needs."""
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
        content=Content(database, serving, admins),
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
        deciding=Deciding(slates, readings, library),
        readings=readings,
        groups=Groups(database, library, taste, readings, slates, wake),
        versions=Versions(database, admins, serving),
        trainings=trainings,
        audit=Audit(database, admins),
        panel=Panel(database, admins, trainings),
        standings=Standings(database, library, admins),
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


def build_tellings(services: Services) -> dict[str, Telling]:
    """What each kind of notice to admins looks like."""
    own = {"flag": StandingHandlers(services).tell}
    return model_tellings(services.library) | own | MonitorHandlers(services).tellings()


def build_router(services: Services, rights: Rights) -> Router:
    """The handlers, each with its commands and buttons."""
    basics, discover = BasicsHandlers(services), DiscoverHandlers(services)
    router = Router(discover.text, basics.unknown, services.admins.ids)
    for room in (basics, discover):
        room.register(router)
    for build in (OnboardingHandlers, RatingHandlers, ProfileHandlers):
        build(services).register(router)
    for screens in (WatchlistHandlers, FilteringHandlers, PreferencesHandlers):
        screens(services).register(router)
    for seat in (PanelHandlers, ModelsHandlers, TrainingHandlers):
        seat(services).register(router.admin)
    for office in (StandingHandlers, ContentHandlers, AuditHandlers):
        office(services).register(router.admin)
    for view in (StatsHandlers, MonitorHandlers):
        view(services).register(router.admin)
    for gathering in (NightHandlers, GroupHandlers):
        gathering(services, rights).register(router)
    return router
