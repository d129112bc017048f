"""/history and its buttons."""

from __future__ import annotations

from bot.profile.history.service import History
from bot.profile.history.views import SearchHint, history_screen
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.ways import ShowFound, ShowHistory


class Handlers:
    """Each parses, calls one use case, and renders."""

    def __init__(self, history: History) -> None:
        self._history = history

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
        search_id = await request.once(history.search, person_id, text, request.now)
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
