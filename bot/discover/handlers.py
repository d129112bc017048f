"""/recommend, /like, free text, and the buttons of lists and candidates."""

from __future__ import annotations

from bot.cards import MoreLikeThis, OpenCard, Origin
from bot.discover.screens import card_of, list_of
from bot.discover.views import MoreOfList, ShowList, candidates_screen
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen


class Handlers:
    """One method a command or tap: parse, call one use case, render."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.command("recommend", self.recommend)
        router.command("like", self.like)
        router.button(ShowList, self.show_list)
        router.button(MoreOfList, self.more)
        router.button(OpenCard, self.open_card)
        router.button(MoreLikeThis, self.more_like_this)

    async def recommend(self, request: Request) -> None:
        """/recommend: five picks."""
        discover, person_id = self._services.discover, request.person.id
        list_id = await request.once(lambda conn: discover.recommend(conn, person_id, request.now))
        await request.reply(await list_of(self._services, request, list_id))

    async def like(self, request: Request) -> None:
        """/like TITLE."""
        if not request.text:
            await request.reply(Screen(request.t.html("like.which")))
        else:
            await self._similar_to(request, request.text)

    async def text(self, request: Request) -> None:
        """Free text: "more like heat", else a title to look up."""
        if not request.text:
            await request.reply(Screen(request.t.html("text.only")))
            return
        title, similar = self._services.discover.wish(request.text)
        if similar:
            await self._similar_to(request, title)
        else:
            await self._look_up(request, title)

    async def show_list(self, request: Request, tap: ShowList) -> None:
        """Back to a list."""
        screen = await list_of(self._services, request, tap.list_id)
        await request.toast()
        await request.show(screen)

    async def more(self, request: Request, tap: MoreOfList) -> None:
        """More: the next page, in place."""
        discover, person_id = self._services.discover, request.person.id
        list_id = await request.once(lambda conn: discover.more(conn, person_id, tap.list_id, request.now))
        await request.toast()
        await request.show(await list_of(self._services, request, list_id))

    async def open_card(self, request: Request, tap: OpenCard) -> None:
        """A number, or a candidate: the film's card, in place."""
        discover, person_id = self._services.discover, request.person.id
        await request.once(lambda conn: discover.expose(conn, person_id, tap.film_id, request.now))
        await request.toast()
        await request.show(await card_of(self._services, request, tap.film_id, Origin.unpack(tap.origin)))

    async def more_like_this(self, request: Request, tap: MoreLikeThis) -> None:
        """More like this, or a candidate of /like: the nearest films, in a new message."""
        await self._reply_similar(request, tap.film_id)

    async def _similar_to(self, request: Request, title: str) -> None:
        found = self._services.discover.find(title)
        if found.clear:
            await self._reply_similar(request, found.films[0].id)
        else:
            await request.reply(candidates_screen(found, title, True, request.t))

    async def _look_up(self, request: Request, title: str) -> None:
        discover, person_id = self._services.discover, request.person.id
        found = discover.find(title)
        if not found.clear:
            await request.reply(candidates_screen(found, title, False, request.t))
            return
        film_id = found.films[0].id
        await request.once(lambda conn: discover.expose(conn, person_id, film_id, request.now))
        await request.reply(await card_of(self._services, request, film_id, Origin()))

    async def _reply_similar(self, request: Request, film_id: int) -> None:
        discover, person_id = self._services.discover, request.person.id
        list_id = await request.once(lambda conn: discover.similar(conn, person_id, film_id, request.now))
        await request.toast()
        await request.reply(await list_of(self._services, request, list_id))
