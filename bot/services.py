"""The use cases that handlers call; built once, in the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from bot.admin.audit.service import Audit
from bot.admin.content.service import Content
from bot.admin.guard import Admins
from bot.admin.models.service import Versions
from bot.admin.monitor.service import Monitor
from bot.admin.panel.service import Panel
from bot.admin.standing.service import Standings
from bot.admin.stats.service import Statistics
from bot.admin.training.service import Trainings
from bot.discover.service import Discover
from bot.films.library import Library
from bot.films.serving import Serving
from bot.filtering.service import Filtering
from bot.groups.service import Groups
from bot.night.deciding import Deciding
from bot.night.service import Nights
from bot.night.states import Readings
from bot.night.voting import Voting
from bot.onboarding.service import Onboarding
from bot.preferences.service import Preferences
from bot.profile.forgetme.service import ForgetMe
from bot.profile.history.service import History
from bot.profile.mydata.service import MyData
from bot.profile.portrait.service import Portraits
from bot.rating.service import Rating
from bot.watchlist.service import Watchlist


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    admins: Admins
    content: Content
    serving: Serving
    library: Library
    onboarding: Onboarding
    rating: Rating
    discover: Discover
    history: History
    watchlist: Watchlist
    filtering: Filtering
    preferences: Preferences
    portraits: Portraits
    mydata: MyData
    forgetme: ForgetMe
    nights: Nights
    voting: Voting
    deciding: Deciding
    readings: Readings
    groups: Groups
    versions: Versions
    trainings: Trainings
    audit: Audit
    panel: Panel
    standings: Standings
    statistics: Statistics
    monitor: Monitor
