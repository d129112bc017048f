"""/history and its buttons."""

from __future__ import annotations

from bot.profile.history.views import SearchHint, ShowFound, ShowHistory, history_screen
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router


class Handlers:
    """One method a command or tap."""

    def __init__(self, services: Services) -> None:
        self._history = services.history

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this screen."""
        router.command("history", self.history)
        router.button(ShowHistory, self.turn)
        router.button(ShowFound, self.turn_found)
        router.button(SearchHint, self.hint)

    async def history(self, request: Request) -> None:
        """/history: the newest ten; with a title, a genre or a year: those that it finds."""
        history, person_id, text = self._history, request.person.id, request.text
        if not text:
            await request.reply(history_screen(await history.page(person_id, 0), request.t))
            return
        search_id = await request.once(lambda conn: history.search(conn, person_id, text, request.now))
        await request.reply(history_screen(await history.found(person_id, search_id, 0), request.t))

    async def turn(self, request: Request, tap: ShowHistory) -> None:
        """Older, Newer, and Back from a card."""
        page = await self._history.page(request.person.id, tap.offset)
        await request.toast()
        await request.show(history_screen(page, request.t))

    async def turn_found(self, request: Request, tap: ShowFound) -> None:
        """Older, Newer, and Back from a card, among what a search found."""
        page = await self._history.found(request.person.id, tap.search_id, tap.offset)
        await request.toast()
        await request.show(history_screen(page, request.t))

    async def hint(self, request: Request, tap: SearchHint) -> None:
        """Search: how to."""
        await request.toast(request.t.plain("history.hint"))
