"""/audit and its pages."""

from __future__ import annotations

from bot.admin.audit.service import Audit
from bot.admin.audit.views import ShowAudit, audit_screen
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter


class Handlers:
    """One method a command or tap."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def register(self, router: AdminRouter) -> None:
        """Claim the commands and buttons of this room."""
        router.command("audit", self.audit)
        router.button(ShowAudit, self.turn)

    async def audit(self, request: Request) -> None:
        """/audit: the newest ten."""
        page = await self._audit.page(0)
        await request.reply(audit_screen(page, request.t))

    async def turn(self, request: Request, tap: ShowAudit) -> None:
        """Older and Newer."""
        page = await self._audit.page(tap.offset)
        await request.toast()
        await request.show(audit_screen(page, request.t))
