"""/history and its buttons."""

from __future__ import annotations

from bot.profile.views import ShowHistory, history_screen
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router

__all__ = ["Handlers"]


class Handlers:
    """One method a command or tap."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.command("history", self.history)
        router.button(ShowHistory, self.turn)

    async def history(self, request: Request) -> None:
        """/history: the newest ten."""
        page = await self._services.history.page(request.person.id, 0)
        await request.reply(history_screen(page, request.t))

    async def turn(self, request: Request, tap: ShowHistory) -> None:
        """Older, Newer, and Back from a card."""
        page = await self._services.history.page(request.person.id, tap.offset)
        await request.toast()
        await request.show(history_screen(page, request.t))
