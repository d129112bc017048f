"""The handlers of this room, screen by screen."""

from __future__ import annotations

from bot.profile.forgetme.handlers import Handlers as ForgetMeHandlers
from bot.profile.history.handlers import Handlers as HistoryHandlers
from bot.profile.mydata.handlers import Handlers as MyDataHandlers
from bot.profile.portrait.handlers import Handlers as PortraitHandlers
from bot.services import Services
from bot.telegram.router import Router


class Handlers:
    """All screens about a person."""

    def __init__(self, services: Services) -> None:
        self._screens = [
            build(services) for build in (HistoryHandlers, PortraitHandlers, MyDataHandlers, ForgetMeHandlers)
        ]

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        for screen in self._screens:
            screen.register(router)
