"""/watchlist, its pages, and the toggle on every card."""

from __future__ import annotations

from bot.cards import Origin, PutOnWatchlist, RemoveFromWatchlist
from bot.discover.screens import card_of
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.watchlist.views import ShowWatchlist, watchlist_screen


class Handlers:
    """One method a command or tap."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.command("watchlist", self.watchlist)
        router.button(ShowWatchlist, self.turn)
        router.button(PutOnWatchlist, self.put)
        router.button(RemoveFromWatchlist, self.remove)

    async def watchlist(self, request: Request) -> None:
        """/watchlist: the newest ten."""
        page = await self._services.watchlist.page(request.person.id, 0)
        await request.reply(watchlist_screen(page, request.t))

    async def turn(self, request: Request, tap: ShowWatchlist) -> None:
        """Older, Newer, and Back from a card."""
        page = await self._services.watchlist.page(request.person.id, tap.offset)
        await request.toast()
        await request.show(watchlist_screen(page, request.t))

    async def put(self, request: Request, tap: PutOnWatchlist) -> None:
        """Watchlist on a card, and the taking back of it."""
        watchlist, person_id, on = self._services.watchlist, request.person.id, tap.on == 1
        await request.once(lambda conn: watchlist.put(conn, person_id, tap.film_id, on, request.now))
        await request.toast(request.t.plain("toast.watchlist_on" if on else "toast.watchlist_off"))
        await request.show(await card_of(self._services, request, tap.film_id, Origin.unpack(tap.origin)))

    async def remove(self, request: Request, tap: RemoveFromWatchlist) -> None:
        """Remove, on a card opened from the watchlist: back to the list without it."""
        watchlist, person_id = self._services.watchlist, request.person.id
        await request.once(lambda conn: watchlist.put(conn, person_id, tap.film_id, False, request.now))
        await request.toast(request.t.plain("toast.watchlist_off"))
        page = await watchlist.page(person_id, tap.offset)
        await request.show(watchlist_screen(page, request.t))
