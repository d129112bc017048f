"""/addmovie and /merge."""

from __future__ import annotations

from bot.admin.content.service import ContentEditor
from bot.admin.content.views import (
    KeepApart,
    MergeFilms,
    added_screen,
    kept_apart_screen,
    merged_screen,
    merger_screen,
    not_added_screen,
)
from bot.films.library import Library
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter


class Handlers:
    """/addmovie, /merge and their buttons."""

    def __init__(self, content: ContentEditor, library: Library) -> None:
        self._content = content
        self._library = library

    def register(self, router: AdminRouter) -> None:
        """Claim the commands and buttons of this room."""
        router.command("addmovie", self.add)
        router.command("merge", self.ask)
        router.button(MergeFilms, self.merge)
        router.button(KeepApart, self.keep_apart)

    async def add(self, request: Request) -> None:
        """/addmovie Title (Year) genres."""
        content = self._content
        addition = content.addition(request.text)
        typed = addition.typed
        told = typed is not None and (typed.genres or not content.genres)  # where there are some to tell
        ready = typed is not None and told and not typed.strange and addition.there is None
        if typed is None or not (ready or request.update.state == "applied"):
            await request.reply(not_added_screen(addition, content.genres, request.t))
            return
        film_id = await request.once(content.add, request.person.telegram_id, typed, request.now)
        await content.reload_films()
        await request.reply(added_screen(self._library.film(film_id), request.t))

    async def ask(self, request: Request) -> None:
        """/merge One (Year) = Other (Year)."""
        merger = await self._content.merger(request.text)
        await request.reply(merger_screen(merger, request.t))

    async def merge(self, request: Request, tap: MergeFilms) -> None:
        """Merge, once it is confirmed."""
        asker = request.person.telegram_id
        moved = await request.once(self._content.merge, asker, tap.film_id, tap.into_id, request.now)
        await self._content.reload_films()
        await request.toast()
        await request.show(merged_screen(self._library.film(tap.into_id), moved, request.t))

    async def keep_apart(self, request: Request, tap: KeepApart) -> None:
        """Two films after all."""
        await request.toast()
        await request.show(kept_apart_screen(request.t))
