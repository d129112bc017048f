"""/recommend, /like, free text, and the buttons of lists and candidates."""

from __future__ import annotations

from bot.cards import ORIGIN, MoreLikeThis, OpenCard, Origin, card_screen
from bot.discover.service import Discover
from bot.discover.views import MoreOfList, candidates_screen, list_screen
from bot.films.library import Library
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from bot.ways import LIST, ShowList, owned_by, way_back
from storage.database import AsyncConnection
from storage.people import lists


class Handlers:
    """Each parses, calls one use case, and renders."""

    def __init__(self, discover: Discover, library: Library) -> None:
        self._discover = discover
        self._library = library

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.guard(LIST, owned_by(lists.owner))
        router.guard(ORIGIN, _own_origin)
        router.command("recommend", self.recommend)
        router.command("like", self.like)
        router.button(ShowList, self.show_list)
        router.button(MoreOfList, self.more)
        router.button(OpenCard, self.open_card)
        router.button(MoreLikeThis, self.more_like_this)

    async def recommend(self, request: Request) -> None:
        """/recommend: five picks."""
        list_id = await request.once(self._discover.recommend, request.person.id, request.now)
        await request.reply(await self.list_screen(request, list_id))

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
        title, similar = self._discover.wish(request.text)
        if similar:
            await self._similar_to(request, title)
        else:
            await self._look_up(request, title)

    async def show_list(self, request: Request, tap: ShowList) -> None:
        """Back to a list."""
        screen = await self.list_screen(request, tap.list_id)
        await request.toast()
        await request.show(screen)

    async def more(self, request: Request, tap: MoreOfList) -> None:
        """More: the next page, in place."""
        list_id = await request.once(self._discover.more, request.person.id, tap.list_id, request.now)
        await request.toast()
        await request.show(await self.list_screen(request, list_id))

    async def open_card(self, request: Request, tap: OpenCard) -> None:
        """A number, or a candidate: the film's card, in place."""
        await request.once(self._discover.expose, request.person.id, tap.film_id, request.now)
        await request.toast()
        await request.show(await self.card_screen(request, tap.film_id, Origin.unpack(tap.origin)))

    async def more_like_this(self, request: Request, tap: MoreLikeThis) -> None:
        """More like this, or a candidate of /like: the nearest films, in a new message."""
        await self._reply_similar(request, tap.film_id)

    async def list_screen(self, request: Request, list_id: int) -> Screen:
        """A list as the person who asks sees it."""
        return list_screen(await self._discover.page(request.person.id, list_id), request.t)

    async def card_screen(self, request: Request, film_id: int, origin: Origin) -> Screen:
        """A film's card, with the way back to where it was opened."""
        card = await self._discover.card(request.person.id, film_id, origin)
        return card_screen(card, request.t, way_back(origin))

    async def _similar_to(self, request: Request, title: str) -> None:
        found = self._library.find(title)
        if found.clear:
            await self._reply_similar(request, found.films[0].id)
        else:
            await request.reply(candidates_screen(found, title, True, request.t))

    async def _look_up(self, request: Request, title: str) -> None:
        found = self._library.find(title)
        if not found.clear:
            await request.reply(candidates_screen(found, title, False, request.t))
            return
        film_id = found.films[0].id
        await request.once(self._discover.expose, request.person.id, film_id, request.now)
        await request.reply(await self.card_screen(request, film_id, Origin()))

    async def _reply_similar(self, request: Request, film_id: int) -> None:
        list_id = await request.once(self._discover.similar, request.person.id, film_id, request.now)
        await request.toast()
        await request.reply(await self.list_screen(request, list_id))


async def _own_origin(conn: AsyncConnection, request: Request, packed: str) -> bool:
    """Whether a card was opened from a list or a search of the same person, or from none."""
    origin = Origin.unpack(packed)
    return origin.kind not in ("l", "s") or await lists.owner(conn, origin.ref) == request.person.id
