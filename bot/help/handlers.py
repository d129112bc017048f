"""/help, /cancel, and the one answer to every unknown command."""

from __future__ import annotations

from bot.help.views import help_screen
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from storage.database import AsyncConnection
from storage.people import expected


class Handlers:
    """One method a command."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, router: Router) -> None:
        """Claim the commands of this room."""
        router.command("help", self.help)
        router.command("cancel", self.cancel, ends_expected=False)

    async def help(self, request: Request) -> None:
        """/help: what there is."""
        await request.reply(help_screen(request.t))

    async def cancel(self, request: Request) -> None:
        """/cancel: end the open round or the question that waits for a text, if there is one."""
        rating, person_id = self._services.rating, request.person.id

        async def cancel(conn: AsyncConnection) -> str:
            if await expected.forget(conn, person_id):
                return "cancel.answer"
            return "cancel.done" if await rating.cancel(conn, person_id, request.now) else "cancel.nothing"

        await request.reply(Screen(request.t.html(await request.once(cancel))))

    async def unknown(self, request: Request) -> None:
        """A command that there is not."""
        await request.reply(Screen(request.t.html("command.unknown")))
