"""Filter on a list, Filters in /settings, and the panel of both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.discover.screens import list_of
from bot.discover.views import OpenFilters, ShowList
from bot.filtering.views import (
    ApplyFilters,
    ClearFilters,
    SetDecade,
    SetFame,
    SetGenreFilter,
    filter_screen,
)
from bot.preferences.screens import settings_of
from bot.preferences.views import OpenStandingFilters, ShowSettings
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router
from storage.database import AsyncConnection


class Handlers:
    """One method a tap."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, router: Router) -> None:
        """Claim the buttons of this room."""
        router.button(OpenFilters, self.open)
        router.button(OpenStandingFilters, self.open_standing)
        router.button(SetGenreFilter, self.set_genre)
        router.button(SetDecade, self.set_decade)
        router.button(SetFame, self.set_fame)
        router.button(ClearFilters, self.clear)
        router.button(ApplyFilters, self.apply)

    async def open(self, request: Request, tap: OpenFilters) -> None:
        """Filter, on a list: the message becomes the panel."""
        await self._open(request, tap.list_id)

    async def open_standing(self, request: Request, tap: OpenStandingFilters) -> None:
        """Filters, in /settings."""
        await self._open(request, None)

    async def set_genre(self, request: Request, tap: SetGenreFilter) -> None:
        """A tap on a genre."""
        filtering, person_id = self._services.filtering, request.person.id
        await self._change(
            request,
            tap.panel_id,
            lambda conn: filtering.set_genre(conn, person_id, tap.panel_id, tap.code, tap.value),
        )

    async def set_decade(self, request: Request, tap: SetDecade) -> None:
        """A tap on a decade."""
        filtering, person_id = self._services.filtering, request.person.id
        await self._change(
            request,
            tap.panel_id,
            lambda conn: filtering.set_decade(conn, person_id, tap.panel_id, tap.decade, tap.on == 1),
        )

    async def set_fame(self, request: Request, tap: SetFame) -> None:
        """Well known, Anything, Deep cuts."""
        filtering, person_id = self._services.filtering, request.person.id
        await self._change(
            request,
            tap.panel_id,
            lambda conn: filtering.set_fame(conn, person_id, tap.panel_id, tap.fame),
        )

    async def clear(self, request: Request, tap: ClearFilters) -> None:
        """Clear: nothing is chosen; the list stays until Apply."""
        filtering, person_id = self._services.filtering, request.person.id
        await self._change(request, tap.panel_id, lambda conn: filtering.clear(conn, person_id, tap.panel_id))

    async def apply(self, request: Request, tap: ApplyFilters) -> None:
        """Apply: the panel becomes the list made anew, or /settings."""
        filtering, person_id = self._services.filtering, request.person.id
        list_id = await request.once(lambda conn: filtering.apply(conn, person_id, tap.panel_id, request.now))
        await request.toast(None if list_id is not None else request.t.plain("toast.filters_stay"))
        if list_id is not None:
            await request.show(await list_of(self._services, request, list_id))
        else:
            await request.show(await settings_of(self._services, request))

    async def _open(self, request: Request, list_id: int | None) -> None:
        filtering, person_id = self._services.filtering, request.person.id
        panel_id = await request.once(lambda conn: filtering.open(conn, person_id, list_id, request.now))
        await request.toast()
        await self._show(request, panel_id)

    async def _change(
        self, request: Request, panel_id: int, effect: Callable[[AsyncConnection], Awaitable[None]]
    ) -> None:
        await request.once(effect)
        await request.toast()
        await self._show(request, panel_id)

    async def _show(self, request: Request, panel_id: int) -> None:
        panel = await self._services.filtering.panel(request.person.id, panel_id)
        back = ShowSettings() if panel.list_id is None else ShowList(panel.list_id)
        await request.show(filter_screen(panel, request.t, back))
