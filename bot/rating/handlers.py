"""Taps on rating cards and on the cards of single films; /rate."""

from __future__ import annotations

from bot.cards import MarkFilm, NotBecause, Origin, RateFilm, RemoveRating, UseAgain
from bot.films.library import Library
from bot.rating.service import Rating
from bot.rating.views import (
    ROUND,
    EndRound,
    RateInRound,
    UndoInRound,
    UnseenInRound,
    WatchInRound,
    round_screen,
)
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from bot.ways import CardScreen, ListScreen, PutOnWatchlist, Recommend, owned_by
from bot.wording import film_label, stars_text
from storage.database import AsyncConnection
from storage.people import rounds


class Handlers:
    """Each parses, calls one use case, and renders. After the first round follows a list by `recommend`."""

    def __init__(
        self,
        rating: Rating,
        library: Library,
        recommend: Recommend,
        put_on_watchlist: PutOnWatchlist,
        card_screen: CardScreen,
        list_screen: ListScreen,
    ) -> None:
        self._rating = rating
        self._library = library
        self._recommend = recommend
        self._put_on_watchlist = put_on_watchlist
        self._card_screen = card_screen
        self._list_screen = list_screen

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.guard(ROUND, owned_by(rounds.owner))
        router.command("rate", self.start_round)
        router.button(RateInRound, self.rate_in_round)
        router.button(UnseenInRound, self.unseen_in_round)
        router.button(WatchInRound, self.watch_in_round)
        router.button(UndoInRound, self.undo_in_round)
        router.button(EndRound, self.end_round)
        router.button(RateFilm, self.rate_film)
        router.button(MarkFilm, self.mark_film)
        router.button(RemoveRating, self.remove_rating)
        router.button(NotBecause, self.not_because)
        router.button(UseAgain, self.use_again)

    async def start_round(self, request: Request) -> None:
        """/rate: a fresh card."""
        round_id = await request.once(self._rating.start, request.person.id, "rate", request.now)
        await request.reply(await self.round_screen(request, round_id))

    async def rate_in_round(self, request: Request, tap: RateInRound) -> None:
        """1★ … 5★ on a round's card."""
        await self._answer(request, tap.round_id, tap.film_id, tap.stars)

    async def unseen_in_round(self, request: Request, tap: UnseenInRound) -> None:
        """Haven't seen."""
        await self._answer(request, tap.round_id, tap.film_id, None)

    async def watch_in_round(self, request: Request, tap: WatchInRound) -> None:
        """Watchlist on a round's card, which stays: whether it was seen is still open."""
        on = tap.on == 1
        await request.once(self._put_on_watchlist, request.person.id, tap.film_id, on, request.now)
        await request.toast(request.t.plain("toast.watchlist_on" if on else "toast.watchlist_off"))
        await request.show(await self.round_screen(request, tap.round_id))

    async def undo_in_round(self, request: Request, tap: UndoInRound) -> None:
        """Undo: the last answer is taken back and asked again."""
        undone = await request.once(self._rating.undo, request.person.id, tap.round_id, tap.film_id)
        await request.toast(request.t.plain("toast.undone" if undone else "toast.nothing_to_undo"))
        await request.show(await self.round_screen(request, tap.round_id))

    async def end_round(self, request: Request, tap: EndRound) -> None:
        """Done: the card closes; after the first round the first list follows."""
        person_id = request.person.id

        async def end(conn: AsyncConnection) -> int | None:
            due = await self._rating.end(conn, person_id, tap.round_id, request.now)
            return await self._recommend(conn, person_id, request.now) if due else None

        await self._finish(request, tap.round_id, await request.once(end))

    async def rate_film(self, request: Request, tap: RateFilm) -> None:
        """1★ … 5★ on a single card."""
        origin = Origin.unpack(tap.origin)
        await request.once(self._rating.rate, request.person.id, tap.film_id, tap.stars, request.now)
        await request.toast(self._rated(request, tap.film_id, tap.stars))
        await request.show(await self._card_screen(request, tap.film_id, origin))

    async def mark_film(self, request: Request, tap: MarkFilm) -> None:
        """Seen it, Not interested; and the taking back of either."""
        origin, on = Origin.unpack(tap.origin), tap.on == 1
        mark = self._rating.mark
        left = await request.once(mark, request.person.id, tap.film_id, tap.kind, on, request.now)
        off = "_off_watchlist" if left else ""
        await request.toast(request.t.plain(f"toast.{tap.kind}{off}" if on else "toast.taken_back"))
        await request.show(await self._card_screen(request, tap.film_id, origin))

    async def remove_rating(self, request: Request, tap: RemoveRating) -> None:
        """Remove: the rating is forgotten."""
        origin = Origin.unpack(tap.origin)
        await request.once(self._rating.remove, request.person.id, tap.film_id)
        await request.toast(request.t.plain("toast.removed"))
        await request.show(await self._card_screen(request, tap.film_id, origin))

    async def not_because(self, request: Request, tap: NotBecause) -> None:
        """Not because of that: the rating is no evidence any more."""
        origin = Origin.unpack(tap.origin)
        await request.once(self._rating.mute, request.person.id, tap.reason_id, request.now)
        reason = self._library.film(tap.reason_id)
        await request.toast(request.t.plain("toast.muted", film=reason.title))
        await request.show(await self._card_screen(request, tap.film_id, origin))

    async def use_again(self, request: Request, tap: UseAgain) -> None:
        """Use as evidence again: the end of that."""
        origin = Origin.unpack(tap.origin)
        await request.once(self._rating.unmute, request.person.id, tap.film_id)
        await request.toast(request.t.plain("toast.unmuted"))
        await request.show(await self._card_screen(request, tap.film_id, origin))

    async def round_screen(self, request: Request, round_id: int) -> Screen:
        """A round as the person who asks sees it: its card, or what remains of it."""
        return round_screen(await self._rating.state(request.person.id, round_id), request.t)

    async def _answer(self, request: Request, round_id: int, film_id: int, stars: int | None) -> None:
        person_id = request.person.id

        async def answer(conn: AsyncConnection) -> int | None:
            due = await self._rating.answer(conn, person_id, round_id, film_id, stars, request.now)
            return await self._recommend(conn, person_id, request.now) if due else None

        first_list = await request.once(answer)
        unseen = request.t.plain("toast.unseen")
        await request.toast(unseen if stars is None else self._rated(request, film_id, stars))
        await self._finish(request, round_id, first_list)

    async def _finish(self, request: Request, round_id: int, first_list: int | None) -> None:
        await request.show(await self.round_screen(request, round_id))
        if first_list is not None:
            await request.reply(await self._list_screen(request, first_list))

    def _rated(self, request: Request, film_id: int, stars: int) -> str:
        film = self._library.film(film_id)
        return request.t.plain("toast.rated", film=film_label(film), stars=stars_text(stars))
