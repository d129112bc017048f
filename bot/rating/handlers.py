"""Taps on rating cards and on the cards of single films; /rate."""

from __future__ import annotations

from bot.cards import (
    MarkFilm,
    NotBecause,
    Origin,
    RateFilm,
    RemoveRating,
    UseAgain,
    film_label,
    stars_text,
)
from bot.discover.screens import card_of, list_of
from bot.rating.views import (
    EndRound,
    RateInRound,
    UndoInRound,
    UnseenInRound,
    WatchInRound,
    round_screen,
)
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router
from storage.database import AsyncConnection


class Handlers:
    """One method a tap: parse, call one use case, render."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
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
        rating, person_id = self._services.rating, request.person.id
        round_id = await request.once(lambda conn: rating.start(conn, person_id, "rate", request.now))
        await request.reply(round_screen(await rating.state(person_id, round_id), request.t))

    async def rate_in_round(self, request: Request, tap: RateInRound) -> None:
        """1★ … 5★ on a round's card."""
        await self._answer(request, tap.round_id, tap.film_id, tap.stars)

    async def unseen_in_round(self, request: Request, tap: UnseenInRound) -> None:
        """Haven't seen."""
        await self._answer(request, tap.round_id, tap.film_id, None)

    async def watch_in_round(self, request: Request, tap: WatchInRound) -> None:
        """Watchlist on a round's card, which stays: whether it was seen is still open."""
        watchlist, rating, person_id = self._services.watchlist, self._services.rating, request.person.id
        on = tap.on == 1
        await request.once(lambda conn: watchlist.put(conn, person_id, tap.film_id, on, request.now))
        await request.toast(request.t.plain("toast.watchlist_on" if on else "toast.watchlist_off"))
        await request.show(round_screen(await rating.state(person_id, tap.round_id), request.t))

    async def undo_in_round(self, request: Request, tap: UndoInRound) -> None:
        """Undo: the last answer is taken back and asked again."""
        rating, person_id = self._services.rating, request.person.id
        undone = await request.once(lambda conn: rating.undo(conn, person_id, tap.round_id, tap.film_id))
        await request.toast(request.t.plain("toast.undone" if undone else "toast.nothing_to_undo"))
        await request.show(round_screen(await rating.state(person_id, tap.round_id), request.t))

    async def end_round(self, request: Request, tap: EndRound) -> None:
        """Done: the card closes; after the first round the first list follows."""
        rating, discover, person_id = self._services.rating, self._services.discover, request.person.id

        async def end(conn: AsyncConnection) -> int | None:
            due = await rating.end(conn, person_id, tap.round_id, request.now)
            return await discover.recommend(conn, person_id, request.now) if due else None

        await self._finish(request, tap.round_id, await request.once(end))

    async def rate_film(self, request: Request, tap: RateFilm) -> None:
        """1★ … 5★ on a single card."""
        origin = Origin.unpack(tap.origin)
        rating, person_id = self._services.rating, request.person.id
        await request.once(lambda conn: rating.rate(conn, person_id, tap.film_id, tap.stars, request.now))
        await request.toast(self._rated(request, tap.film_id, tap.stars))
        await self._show_card(request, tap.film_id, origin)

    async def mark_film(self, request: Request, tap: MarkFilm) -> None:
        """Seen it, Not interested; and the taking back of either."""
        origin = Origin.unpack(tap.origin)
        rating, person_id, on = self._services.rating, request.person.id, tap.on == 1
        left = await request.once(
            lambda conn: rating.mark(conn, person_id, tap.film_id, tap.kind, on, request.now)
        )
        off = "_off_watchlist" if left else ""
        await request.toast(request.t.plain(f"toast.{tap.kind}{off}" if on else "toast.taken_back"))
        await self._show_card(request, tap.film_id, origin)

    async def remove_rating(self, request: Request, tap: RemoveRating) -> None:
        """Remove: the rating is forgotten."""
        origin = Origin.unpack(tap.origin)
        rating, person_id = self._services.rating, request.person.id
        await request.once(lambda conn: rating.remove(conn, person_id, tap.film_id))
        await request.toast(request.t.plain("toast.removed"))
        await self._show_card(request, tap.film_id, origin)

    async def not_because(self, request: Request, tap: NotBecause) -> None:
        """Not because of that: the rating is no evidence any more."""
        origin = Origin.unpack(tap.origin)
        rating, person_id = self._services.rating, request.person.id
        await request.once(lambda conn: rating.mute(conn, person_id, tap.reason_id, request.now))
        reason = self._services.library.film(tap.reason_id)
        await request.toast(request.t.plain("toast.muted", film=reason.title))
        await self._show_card(request, tap.film_id, origin)

    async def use_again(self, request: Request, tap: UseAgain) -> None:
        """Use as evidence again: the end of that."""
        origin = Origin.unpack(tap.origin)
        rating, person_id = self._services.rating, request.person.id
        await request.once(lambda conn: rating.unmute(conn, person_id, tap.film_id))
        await request.toast(request.t.plain("toast.unmuted"))
        await self._show_card(request, tap.film_id, origin)

    async def _answer(self, request: Request, round_id: int, film_id: int, stars: int | None) -> None:
        rating, discover, person_id = self._services.rating, self._services.discover, request.person.id

        async def answer(conn: AsyncConnection) -> int | None:
            due = await rating.answer(conn, person_id, round_id, film_id, stars, request.now)
            return await discover.recommend(conn, person_id, request.now) if due else None

        first_list = await request.once(answer)
        unseen = request.t.plain("toast.unseen")
        await request.toast(unseen if stars is None else self._rated(request, film_id, stars))
        await self._finish(request, round_id, first_list)

    async def _finish(self, request: Request, round_id: int, first_list: int | None) -> None:
        state = await self._services.rating.state(request.person.id, round_id)
        await request.show(round_screen(state, request.t))
        if first_list is not None:
            await request.reply(await list_of(self._services, request, first_list))

    async def _show_card(self, request: Request, film_id: int, origin: Origin) -> None:
        await request.show(await card_of(self._services, request, film_id, origin))

    def _rated(self, request: Request, film_id: int, stars: int) -> str:
        film = self._services.library.film(film_id)
        return request.t.plain("toast.rated", film=film_label(film), stars=stars_text(stars))
