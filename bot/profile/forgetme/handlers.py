"""/forgetme and its two buttons."""

from __future__ import annotations

from bot.profile.forgetme.views import (
    ForgetPerson,
    KeepPerson,
    forget_screen,
    forgotten_screen,
    kept_screen,
)
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router


class Handlers:
    """One method a command or tap."""

    def __init__(self, services: Services) -> None:
        self._forgetme = services.forgetme

    def register(self, router: Router) -> None:
        """Claim the command and buttons of this screen."""
        router.command("forgetme", self.ask)
        router.button(ForgetPerson, self.forget)
        router.button(KeepPerson, self.keep)

    async def ask(self, request: Request) -> None:
        """/forgetme: the question."""
        await request.reply(forget_screen(request.person.id, request.t))

    async def forget(self, request: Request, tap: ForgetPerson) -> None:
        """Delete everything."""
        forgetme, person, update = self._forgetme, request.person, request.update
        remainder = request.remainder()
        await request.once(
            lambda conn: forgetme.everything(conn, person, tap.person_id, update.seq, remainder)
        )
        await request.toast()
        await request.show(forgotten_screen(request.t))

    async def keep(self, request: Request, tap: KeepPerson) -> None:
        """Keep it."""
        await request.toast()
        await request.show(kept_screen(request.t))
