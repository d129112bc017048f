"""/mydata."""

from __future__ import annotations

from bot.profile.mydata.views import export_caption, export_file, export_name
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router


class Handlers:
    """One command."""

    def __init__(self, services: Services) -> None:
        self._mydata = services.mydata

    def register(self, router: Router) -> None:
        """Claim the command of this screen."""
        router.command("mydata", self.mydata)

    async def mydata(self, request: Request) -> None:
        """/mydata: the file."""
        found, t, now = await self._mydata.of(request.person), request.t, request.now
        await request.reply_file(export_name(now), export_file(found, now, t), export_caption(found, t))
