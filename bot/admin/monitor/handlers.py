"""/monitor, and what notices of the monitor look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.admin.announcer import NoticeRenderer
from bot.admin.illustration import illustrated
from bot.admin.monitor.service import Monitor
from bot.admin.monitor.views import alert_text, picture_text, report_picture, report_text
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter
from bot.telegram.screen import Photo, Screen
from bot.texts import Translator


class Handlers:
    """/monitor, and the notices of what is measured."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def register(self, router: AdminRouter) -> None:
        """Claim the command of this room."""
        router.command("monitor", self.monitor)

    def notice_renderers(self) -> dict[str, NoticeRenderer]:
        """Of this room's kinds of notice."""
        return {"monitor": self._picture, "digest": self._digest, "alert": self._alert}

    async def monitor(self, request: Request) -> None:
        """/monitor: how it is now, against last week and the first; a picture of it follows."""
        report = await self._monitor.report(request.now)
        asker = request.person.telegram_id
        await request.once(self._monitor.ask_picture, asker, report, request.now)
        await request.reply(Screen(report_text(report, request.t)))
        self._monitor.wake()

    async def _picture(self, payload: Mapping[str, Any], t: Translator) -> Screen | Photo:
        report = await self._monitor.pictured(payload)
        return await illustrated(picture_text(t), report_picture(report, self._monitor.bounds, t), t)

    async def _digest(self, payload: Mapping[str, Any], t: Translator) -> Screen | Photo:
        report = await self._monitor.of_week(payload["week"])
        picture = report_picture(report, self._monitor.bounds, t)
        return await illustrated(report_text(report, t), picture, t)

    async def _alert(self, payload: Mapping[str, Any], t: Translator) -> Screen | Photo:
        return Screen(alert_text(payload, t))
