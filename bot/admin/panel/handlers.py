"""/admin: one message that changes from page to page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.admin.panel import views
from bot.admin.panel.service import AdminPanel
from bot.admin.ways import ShowPanel
from bot.errors import StaleButton
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter
from bot.telegram.screen import Screen
from bot.texts import Translator


class Handlers:
    """/admin and the buttons of its pages."""

    def __init__(self, panel: AdminPanel) -> None:
        self._panel = panel

    def register(self, router: AdminRouter) -> None:
        """Claim the command and the button of this room."""
        router.command("admin", self.admin)
        router.button(ShowPanel, self.turn)

    async def admin(self, request: Request) -> None:
        """/admin: the first page."""
        await request.reply(await self._page(request, "home"))

    async def turn(self, request: Request, tap: ShowPanel) -> None:
        """Another page, or Back."""
        screen = await self._page(request, tap.name)
        await request.toast()
        await request.show(screen)

    async def _page(self, request: Request, name: str) -> Screen:
        panel, now, t = self._panel, request.now, request.t
        match name:
            case "home":
                return views.home_screen(await panel.home(now), now, t)
            case "models":
                return views.models_screen(await panel.models(), now, t)
            case "training":
                return views.training_screen(await panel.training(now), now, t)
            case "people":
                return views.people_screen(await panel.people(now), t)
            case "quality":
                return views.quality_screen(await panel.quality(), t)
            case "content":
                return views.content_screen(await panel.content(), t)
            case _:
                raise StaleButton(f"no page {name!r}")


async def backup_notice(payload: Mapping[str, Any], t: Translator) -> Screen:
    """That a backup failed."""
    return views.backup_failed_screen(str(payload["why"]), t)
