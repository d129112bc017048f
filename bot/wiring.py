"""Builds every room, and hands it exactly what it uses; it alone knows all rooms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.admin.announcer import NoticeRenderer
from bot.admin.audit import Audit
from bot.admin.audit import Handlers as AuditHandlers
from bot.admin.content.handlers import Handlers as ContentHandlers
from bot.admin.content.service import ContentEditor
from bot.admin.models.handlers import Handlers as ModelsHandlers
from bot.admin.models.notices import notice_renderers as model_renderers
from bot.admin.models.service import Versions
from bot.admin.moderation.handlers import Handlers as ModerationHandlers
from bot.admin.moderation.service import Moderation
from bot.admin.monitor.handlers import Handlers as MonitorHandlers
from bot.admin.monitor.service import Monitor
from bot.admin.panel.handlers import Handlers as PanelHandlers
from bot.admin.panel.handlers import backup_notice
from bot.admin.panel.service import AdminPanel
from bot.admin.stats import Handlers as StatsHandlers
from bot.admin.stats import Statistics
from bot.admin.training.handlers import Handlers as TrainingHandlers
from bot.admin.training.service import Clock, Trainings
from bot.backups import backs_up
from bot.discover.handlers import Handlers as DiscoverHandlers
from bot.discover.service import Discover, Phrases
from bot.films.serving import Serving
from bot.filtering.handlers import Handlers as FilteringHandlers
from bot.filtering.service import Filtering
from bot.groups.handlers import Handlers as GroupHandlers
from bot.groups.service import Groups
from bot.help import Handlers as HelpHandlers
from bot.night.deciding import Deciding
from bot.night.delivery import Delivery
from bot.night.gathering import Slates
from bot.night.handlers import Handlers as NightHandlers
from bot.night.service import Nights
from bot.night.states import NightReader
from bot.night.voting import Voting
from bot.onboarding.handlers import Handlers as OnboardingHandlers
from bot.onboarding.service import Onboarding
from bot.preferences.handlers import Handlers as PreferencesHandlers
from bot.preferences.service import Preferences
from bot.process.bells import Bells
from bot.process.settings import Settings
from bot.process.supervision import Background
from bot.profile.erasing import Eraser
from bot.profile.forgetme import Handlers as ForgetMeHandlers
from bot.profile.history.handlers import Handlers as HistoryHandlers
from bot.profile.history.service import History
from bot.profile.mydata import Handlers as MyDataHandlers
from bot.profile.portrait.handlers import Handlers as PortraitHandlers
from bot.profile.portrait.service import Portraits
from bot.rating.handlers import Handlers as RatingHandlers
from bot.rating.service import Rating
from bot.telegram.messenger import Messenger
from bot.telegram.rights import Rights
from bot.telegram.router import AdminRouter, Router
from bot.training.schedule import check_training
from bot.watchlist import Handlers as WatchlistHandlers
from bot.watchlist import Watchlist
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Rooms:
    """All rooms at work: where updates go in, what sends what nights have to send, and what runs beside.

    `notices` says what each kind of notice to admins looks like.
    """

    router: Router
    delivery: Delivery
    background: dict[str, Background]
    notices: dict[str, NoticeRenderer]


def wire(
    database: Database,
    messenger: Messenger,
    rights: Rights,
    serving: Serving,
    settings: Settings,
    bells: Bells,
) -> Rooms:
    """Build every room, and have it claim its commands, buttons and events."""
    library, taste = serving.library, serving.taste
    rating = Rating(database, library, taste)
    discover = Discover(database, library, taste, Phrases.spoken())
    watchlist = Watchlist(database, library)

    reader, slates = NightReader(library, taste, settings.timezone), Slates(taste)
    nights = Nights(database, library, slates, reader, bells.nights.ring)
    voting = Voting(slates, reader, timedelta(minutes=settings.poll_minutes))
    deciding = Deciding(slates, reader, library, rating.rate)
    groups = Groups(database, library, taste, settings.timezone, slates.weights, nights)

    def wake() -> None:
        bells.nights.ring()
        bells.erasing.ring()

    helping = HelpHandlers(rating.cancel)
    lists = DiscoverHandlers(discover, library)
    preferences = PreferencesHandlers(Preferences(database, library, settings.timezone))
    cards = RatingHandlers(
        rating, library, discover.recommend, watchlist.put, lists.card_screen, lists.list_screen
    )
    onboarding = OnboardingHandlers(
        Onboarding(database, library, taste),
        library,
        nights.awaits,
        rating.start_onboarding,
        lists.card_screen,
        cards.round_screen,
    )
    router = Router(lists.text, helping.unknown, settings.admin_ids)
    for room in (
        helping,
        lists,
        cards,
        onboarding,
        preferences,
        FilteringHandlers(
            Filtering(database, library, discover.refine), lists.list_screen, preferences.settings_screen
        ),
        WatchlistHandlers(watchlist, lists.card_screen),
        HistoryHandlers(History(database, library)),
        PortraitHandlers(Portraits(database, library, taste), rating.ask, cards.round_screen),
        MyDataHandlers(database),
        ForgetMeHandlers(wake),
        NightHandlers(nights, voting, deciding, library, rights),
        GroupHandlers(groups, library, rights, helping.hello),
    ):
        room.register(router)
    background, notices = _wire_admin(router.admin, database, serving, settings, bells)
    delivery = Delivery(database, messenger, library, reader, deciding)
    background["erasing"] = Eraser(database, bells.erasing).run
    return Rooms(router, delivery, background, notices)


def _wire_admin(
    router: AdminRouter, database: Database, serving: Serving, settings: Settings, bells: Bells
) -> tuple[dict[str, Background], dict[str, NoticeRenderer]]:
    """Build the admin's rooms: what runs beside them, and what their notices look like."""
    library = serving.library

    def wake() -> None:
        bells.training.ring()
        bells.progress.ring()

    clock = Clock(settings.retrain_at, settings.timezone, settings.retrain_after)
    trainings = Trainings(database, clock, partial(check_training, settings), wake)
    monitor = Monitor(
        database,
        library,
        serving.taste,
        settings.admin_ids,
        settings.timezone,
        settings.alerts,
        bells.notices.ring,
    )
    moderation, monitoring = ModerationHandlers(Moderation(database, library)), MonitorHandlers(monitor)
    # In this order in an admin's menu of commands.
    for room in (
        PanelHandlers(AdminPanel(database, trainings, backs_up=backs_up(settings))),
        ModelsHandlers(Versions(database, serving)),
        TrainingHandlers(trainings),
        moderation,
        ContentHandlers(ContentEditor(database, serving), library),
        AuditHandlers(Audit(database)),
        StatsHandlers(Statistics(database, settings.timezone)),
        monitoring,
    ):
        room.register(router)
    others = {"flag": moderation.flag_notice, "backup": backup_notice}
    return {"monitor": monitor.run}, model_renderers(library) | others | monitoring.notice_renderers()
