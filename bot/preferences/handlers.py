"""/settings and its buttons; the name of a place, once it was asked for."""

from __future__ import annotations

from bot.preferences.screens import settings_of
from bot.preferences.service import TIME_ZONE
from bot.preferences.views import (
    AskTimeZone,
    CloseSettings,
    SetTimeZone,
    ShowSettings,
    ask_zone_screen,
    closed_screen,
    zones_screen,
)
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen


class Handlers:
    """One method a command, tap or answer."""

    def __init__(self, services: Services) -> None:
        self._services = services

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
        await request.reply(await settings_of(self._services, request))

    async def show(self, request: Request, tap: ShowSettings) -> None:
        """Back, and Done of the genres."""
        await request.toast()
        await request.show(await settings_of(self._services, request))

    async def close(self, request: Request, tap: CloseSettings) -> None:
        """Close: a line remains."""
        await request.toast()
        await request.show(closed_screen(request.t))

    async def ask_zone(self, request: Request, tap: AskTimeZone) -> None:
        """Time zone: the next text is a place."""
        preferences, person_id = self._services.preferences, request.person.id
        await request.once(lambda conn: preferences.expect_zone(conn, person_id, request.now))
        await request.toast()
        panel = await preferences.panel(person_id, request.now)
        await request.show(ask_zone_screen(panel.time, request.t))

    async def find_zone(self, request: Request) -> None:
        """A place: the zones that may be meant. Another place may follow until one is chosen."""
        if not request.text:
            await request.reply(Screen(request.t.html("zone.text_only")))
            return
        places = self._services.preferences.places(request.text, request.t.language, request.now)
        await request.reply(zones_screen(request.text, places, request.t))

    async def set_zone(self, request: Request, tap: SetTimeZone) -> None:
        """A zone: back to the panel, which shows the time there."""
        preferences, person_id = self._services.preferences, request.person.id
        await request.once(lambda conn: preferences.set_zone(conn, person_id, tap.zone))
        await request.toast(request.t.plain("toast.time_zone", zone=tap.zone.replace("_", " ")))
        await request.show(await settings_of(self._services, request))
