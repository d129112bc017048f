"""/settings and its buttons; the name of a place, once it was asked for."""

from __future__ import annotations

from bot.preferences.service import TIME_ZONE, Preferences
from bot.preferences.views import (
    AskTimeZone,
    CloseSettings,
    SetTimeZone,
    ask_zone_screen,
    closed_screen,
    settings_screen,
    zones_screen,
)
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from bot.ways import ShowSettings
from bot.zones import places


class Handlers:
    """Each parses, calls one use case, and renders."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def register(self, router: Router) -> None:
        """Claim the command, buttons and answers of this room."""
        router.command("settings", self.settings)
        router.button(ShowSettings, self.show)
        router.button(CloseSettings, self.close)
        router.button(AskTimeZone, self.ask_zone)
        router.button(SetTimeZone, self.set_zone)
        router.answer(TIME_ZONE, self.find_zone)

    async def settings(self, request: Request) -> None:
        """/settings: the panel."""
        await request.reply(await self.settings_screen(request))

    async def show(self, request: Request, tap: ShowSettings) -> None:
        """Back, and Done of the genres."""
        await request.toast()
        await request.show(await self.settings_screen(request))

    async def close(self, request: Request, tap: CloseSettings) -> None:
        """Close: a line remains."""
        await request.toast()
        await request.show(closed_screen(request.t))

    async def ask_zone(self, request: Request, tap: AskTimeZone) -> None:
        """Time zone: the next text is a place."""
        await request.once(self._preferences.expect_zone, request.person.id, request.now)
        await request.toast()
        panel = await self._preferences.panel(request.person.id, request.now)
        await request.show(ask_zone_screen(panel.time, request.t))

    async def find_zone(self, request: Request) -> None:
        """A place: the zones that may be meant. Another place may follow until one is chosen."""
        if not request.text:
            await request.reply(Screen(request.t.html("zone.text_only")))
            return
        found = places(request.text, request.t.language, request.now)
        await request.reply(zones_screen(request.text, found, request.t))

    async def set_zone(self, request: Request, tap: SetTimeZone) -> None:
        """A zone: back to the panel, which shows the time there."""
        await request.once(self._preferences.set_zone, request.person.id, tap.zone)
        await request.toast(request.t.plain("toast.time_zone", zone=tap.zone.replace("_", " ")))
        await request.show(await self.settings_screen(request))

    async def settings_screen(self, request: Request) -> Screen:
        """The settings of the person who asks, as they are now."""
        return settings_screen(await self._preferences.panel(request.person.id, request.now), request.t)
