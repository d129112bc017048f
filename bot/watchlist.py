"""What a person wants to watch: /watchlist, its pages, and the toggle on every card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.cards import OpenCard, Origin, PutOnWatchlist, RemoveFromWatchlist, number_rows
from bot.films.library import Library
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen, page_buttons
from bot.texts import Translator
from bot.ways import CardScreen, ShowWatchlist
from bot.wording import film_label
from storage.database import AsyncConnection, Database
from storage.films.films import Film
from storage.people import marks, watchlist

PAGE = 10


@dataclass(frozen=True, slots=True)
class WatchlistPage:
    """Ten films from `offset` on, of `total`, newest first."""

    offset: int
    total: int
    films: tuple[Film, ...]


class Watchlist:
    """What takes a connection runs inside the caller's transaction."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    async def put(self, conn: AsyncConnection, person_id: int, film_id: int, on: bool, at: datetime) -> None:
        """Add a film, or take it off. Who wants to watch it is interested: "not interested" goes."""
        self._library.film(film_id)
        if on:
            await watchlist.add(conn, person_id, film_id, at)
            await marks.take_back(conn, person_id, film_id, "refused")
        else:
            await watchlist.remove(conn, person_id, film_id)

    async def page(self, person_id: int, offset: int) -> WatchlistPage:
        """The page that begins at `offset`; the last one if films were removed and it is past the end."""
        async with self._database.read() as conn:
            total = await watchlist.count(conn, person_id)
            offset = max(0, min(offset, (total - 1) // PAGE * PAGE))
            film_ids = await watchlist.page(conn, person_id, offset=offset, limit=PAGE)
        return WatchlistPage(offset, total, tuple(self._library.film(each) for each in film_ids))


class Handlers:
    """Each parses, calls one use case, and renders."""

    def __init__(self, watchlist: Watchlist, card_screen: CardScreen) -> None:
        self._watchlist = watchlist
        self._card_screen = card_screen

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.command("watchlist", self.watchlist)
        router.button(ShowWatchlist, self.turn)
        router.button(PutOnWatchlist, self.put)
        router.button(RemoveFromWatchlist, self.remove)

    async def watchlist(self, request: Request) -> None:
        """/watchlist: the newest ten."""
        await request.reply(watchlist_screen(await self._watchlist.page(request.person.id, 0), request.t))

    async def turn(self, request: Request, tap: ShowWatchlist) -> None:
        """Older, Newer, and Back from a card."""
        page = await self._watchlist.page(request.person.id, tap.offset)
        await request.toast()
        await request.show(watchlist_screen(page, request.t))

    async def put(self, request: Request, tap: PutOnWatchlist) -> None:
        """Watchlist on a card, and the taking back of it."""
        on = tap.on == 1
        await request.once(self._watchlist.put, request.person.id, tap.film_id, on, request.now)
        await request.toast(request.t.plain("toast.watchlist_on" if on else "toast.watchlist_off"))
        await request.show(await self._card_screen(request, tap.film_id, Origin.unpack(tap.origin)))

    async def remove(self, request: Request, tap: RemoveFromWatchlist) -> None:
        """Remove, on a card opened from the watchlist: back to the list without it."""
        await request.once(self._watchlist.put, request.person.id, tap.film_id, False, request.now)
        await request.toast(request.t.plain("toast.watchlist_off"))
        page = await self._watchlist.page(request.person.id, tap.offset)
        await request.show(watchlist_screen(page, request.t))


def watchlist_screen(page: WatchlistPage, t: Translator) -> Screen:
    """Ten lines "1. Title (Year)", a button for each number, Newer and Older."""
    if not page.films:
        return Screen(t.html("watchlist.empty"))
    lines = [t.html("watchlist.title", count=page.total), ""]
    lines += [
        t.html("watchlist.line", number=number, film=film_label(film))
        for number, film in enumerate(page.films, start=1)
    ]
    origin = Origin("w", page.offset).pack()
    rows = number_rows([OpenCard(film.id, origin) for film in page.films], t)
    if turns := page_buttons(page.offset, PAGE, page.total, ShowWatchlist, t):
        rows.append(turns)
    return Screen("\n".join(lines), tuple(rows))
