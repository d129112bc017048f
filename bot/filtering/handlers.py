"""Filter on a list, Filters in /settings, and the panel of both."""

from __future__ import annotations

from bot.filtering.service import Filtering
from bot.filtering.views import (
    PANEL,
    ApplyFilters,
    ClearFilters,
    SetDecade,
    SetFame,
    SetGenreFilter,
    filter_screen,
)
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.ways import (
    ListScreen,
    OpenFilters,
    OpenStandingFilters,
    SettingsScreen,
    ShowList,
    ShowSettings,
    owned_by,
)
from storage.people import filters


class Handlers:
    """Each parses, calls one use case, and renders."""

    def __init__(
        self, filtering: Filtering, list_screen: ListScreen, settings_screen: SettingsScreen
    ) -> None:
        self._filtering = filtering
        self._list_screen = list_screen
        self._settings_screen = settings_screen

    def register(self, router: Router) -> None:
        """Claim the buttons of this room."""
        router.guard(PANEL, owned_by(filters.panel_owner))
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
        person_id = request.person.id
        await request.once(self._filtering.set_genre, person_id, tap.panel_id, tap.code, tap.value)
        await self._show(request, tap.panel_id)

    async def set_decade(self, request: Request, tap: SetDecade) -> None:
        """A tap on a decade."""
        person_id, on = request.person.id, tap.on == 1
        await request.once(self._filtering.set_decade, person_id, tap.panel_id, tap.decade, on)
        await self._show(request, tap.panel_id)

    async def set_fame(self, request: Request, tap: SetFame) -> None:
        """Well known, Anything, Deep cuts."""
        await request.once(self._filtering.set_fame, request.person.id, tap.panel_id, tap.fame)
        await self._show(request, tap.panel_id)

    async def clear(self, request: Request, tap: ClearFilters) -> None:
        """Clear: nothing is chosen; the list stays until Apply."""
        await request.once(self._filtering.clear, request.person.id, tap.panel_id)
        await self._show(request, tap.panel_id)

    async def apply(self, request: Request, tap: ApplyFilters) -> None:
        """Apply: the panel becomes the list made anew, or /settings."""
        list_id = await request.once(self._filtering.apply, request.person.id, tap.panel_id, request.now)
        if list_id is not None:
            await request.toast()
            await request.show(await self._list_screen(request, list_id))
        else:
            await request.toast(request.t.plain("toast.filters_stay"))
            await request.show(await self._settings_screen(request))

    async def _open(self, request: Request, list_id: int | None) -> None:
        panel_id = await request.once(self._filtering.open, request.person.id, list_id, request.now)
        await self._show(request, panel_id)

    async def _show(self, request: Request, panel_id: int) -> None:
        await request.toast()
        panel = await self._filtering.panel(request.person.id, panel_id)
        back = ShowSettings() if panel.list_id is None else ShowList(panel.list_id)
        await request.show(filter_screen(panel, request.t, back))
