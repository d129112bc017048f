"""/stats."""

from __future__ import annotations

from bot.admin.illustration import answer, illustrated
from bot.admin.stats.service import Statistics
from bot.admin.stats.views import ratings_picture, usage_text
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter


class Handlers:
    """One command."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def register(self, router: AdminRouter) -> None:
        """Claim the command of this room."""
        router.command("stats", self.stats)

    async def stats(self, request: Request) -> None:
        """/stats: people, ratings, the way in, nights, answer times."""
        usage = await self._statistics.usage(request.now)
        t = request.t
        await answer(request, await illustrated(usage_text(usage, t), ratings_picture(usage, t), t))
