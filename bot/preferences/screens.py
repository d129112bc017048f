"""The panel of /settings, which other rooms return to."""

from __future__ import annotations

from bot.preferences.views import settings_screen
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.screen import Screen


async def settings_of(services: Services, request: Request) -> Screen:
    """The settings of the person who asks, as they are now."""
    return settings_screen(await services.preferences.panel(request.person.id, request.now), request.t)
