"""/night, /nights, the board's buttons, and votes."""

from __future__ import annotations

from bot.errors import StaleButton
from bot.night.deciding import Deciding
from bot.night.entering import Who
from bot.night.result_views import ExplainResult, history_screen, result_screen
from bot.night.service import Nights, Opening
from bot.night.views import (
    CancelNight,
    ChooseFilm,
    ClosePoll,
    JoinNight,
    LeaveNight,
    OpenPanel,
    RateNight,
    StartPoll,
)
from bot.night.voting import Voting
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.rights import Rights
from bot.telegram.router import Router
from bot.telegram.screen import Button, Screen
from storage.database import AsyncConnection


class Handlers:
    """One method a command, tap or vote: parse, call one use case, say what came of it."""

    def __init__(self, services: Services, rights: Rights) -> None:
        self._services = services
        self._rights = rights

    @property
    def _nights(self) -> Nights:
        return self._services.nights

    @property
    def _voting(self) -> Voting:
        return self._services.voting

    @property
    def _deciding(self) -> Deciding:
        return self._services.deciding

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.command("night", self.only_in_groups)
        router.command("nights", self.only_in_groups)
        router.group_command("night", self.open)
        router.group_command("nights", self.history)
        router.button(JoinNight, self.join, in_groups=True)
        router.button(LeaveNight, self.leave, in_groups=True)
        router.button(OpenPanel, self.open_panel, in_groups=True)
        router.button(ChooseFilm, self.choose, in_groups=True)
        router.button(StartPoll, self.start, in_groups=True)
        router.button(ClosePoll, self.close, in_groups=True)
        router.button(CancelNight, self.cancel, in_groups=True)
        router.button(ExplainResult, self.explain, in_groups=True)
        router.button(RateNight, self.rate, in_groups=True)
        router.on_poll(self.vote)
        router.on_member_left(self.left)
        router.after_private(self.after_private)

    async def only_in_groups(self, request: Request) -> None:
        """/night in a private chat: where it belongs."""
        link = Button(request.t.plain("button.add_to_group"), request.messenger.links.add_to_group())
        await request.reply(Screen(request.t.html("night.only_in_groups"), ((link,),)))

    async def open(self, request: Request) -> None:
        """/night …: a board, or the way to the one that is open."""
        who, group = who_of(request), request.group
        topic_id = group.topic_id if group else 0
        reserved = await self._nights.reserved(who.chat_id, topic_id, request.now)
        if reserved and not await self._is_admin(request):
            await request.reply(Screen(request.t.html("night.admins_open")))
            return
        done = await request.once(
            lambda conn: self._nights.open(conn, who, topic_id, request.text, request.now)
        )
        opening = Opening(**done)  # type: ignore[arg-type]  # as it was made, through JSON
        if opening.misread:
            past = opening.misread == "night.past"
            await request.reply(
                Screen(request.t.html("night.past" if past else "night.misread", word=opening.word))
            )
            return
        if not opening.fresh:
            board = await self._nights.screen(opening.night_id, "board")
            await request.reply(Screen(request.t.html("night.open_already")), to=board)
        self._nights.wake()
        if opening.ask_zone:
            zone = await self._services.groups.zone_name(who.chat_id)
            await request.reply(Screen(request.t.html("night.ask_zone", zone=zone)))

    async def history(self, request: Request) -> None:
        """/nights: what this group watched."""
        found = await self._nights.history(request.chat_id)
        await request.reply(history_screen(found, self._services.library, request.t))

    async def join(self, request: Request, tap: JoinNight) -> None:
        """Join."""
        who = who_of(request)
        await self._tell(
            request,
            await request.once(lambda conn: self._nights.join(conn, who, tap.night_id, request.now)),
        )

    async def leave(self, request: Request, tap: LeaveNight) -> None:
        """Leave; a host hands over."""
        who = who_of(request)
        heir_id = await self._heir(request, tap.night_id)
        await self._tell(
            request,
            await request.once(
                lambda conn: self._nights.leave(conn, who, tap.night_id, heir_id, request.now)
            ),
        )

    async def open_panel(self, request: Request, tap: OpenPanel) -> None:
        """Seen some, Veto; Pick, which is the host's."""
        who = who_of(request)
        if tap.kind not in ("seen", "veto", "pick"):
            raise StaleButton(f"no panel {tap.kind!r}")
        if tap.kind == "pick" and not await self._controls(request, tap.night_id):
            return
        await self._tell(
            request,
            await request.once(
                lambda conn: self._nights.show_panel(conn, who, tap.night_id, tap.kind, request.now)
            ),
        )

    async def choose(self, request: Request, tap: ChooseFilm) -> None:
        """A film that somebody has seen, vetoes, or, as the host, picks."""
        who, night_id, film_id = who_of(request), tap.night_id, tap.film_id
        if tap.kind == "pick" and not await self._controls(request, night_id):
            return

        async def choose(conn: AsyncConnection) -> str:
            if tap.kind == "seen":
                return await self._nights.see(conn, who, night_id, film_id, request.now)
            if tap.kind == "veto":
                return await self._nights.veto(conn, who, night_id, film_id, request.now)
            await self._nights.check(conn, who, night_id, request.now)
            return await self._deciding.pick(conn, night_id, film_id, request.now)

        await self._tell(request, await request.once(choose), film=self._services.library.film(film_id).title)

    async def start(self, request: Request, tap: StartPoll) -> None:
        """Start poll, and New slate."""
        if await self._controls(request, tap.night_id):
            who = who_of(request)
            await self._tell(
                request,
                await request.once(
                    lambda conn: self._voting.start(conn, who, tap.night_id, tap.number, request.now)
                ),
            )

    async def close(self, request: Request, tap: ClosePoll) -> None:
        """Close now."""
        if not await self._controls(request, tap.night_id):
            return
        who = who_of(request)

        async def close(conn: AsyncConnection) -> str:
            await self._nights.check(conn, who, tap.night_id, request.now)
            return await self._deciding.close(conn, tap.night_id, tap.number, request.now)

        await self._tell(request, await request.once(close))

    async def cancel(self, request: Request, tap: CancelNight) -> None:
        """Cancel."""
        if await self._controls(request, tap.night_id):
            who = who_of(request)
            await self._tell(
                request,
                await request.once(lambda conn: self._voting.cancel(conn, who, tap.night_id, request.now)),
            )

    async def explain(self, request: Request, tap: ExplainResult) -> None:
        """Why?, and back."""
        result = await self._nights.result(tap.night_id, tap.number)
        await request.toast()
        screen = result_screen(result, request.t, request.messenger.links, why=tap.on == 1)
        await request.show(screen)

    async def rate(self, request: Request, tap: RateNight) -> None:
        """Stars for the film, from the group or in private: a rating like any other, and the ledger's."""
        person_id, rating = request.person.id, self._services.rating

        async def rate(conn: AsyncConnection) -> int:
            film_id = await self._deciding.rate(conn, person_id, tap.night_id, tap.stars, request.now)
            await rating.rate(conn, person_id, film_id, tap.stars, request.now)
            return film_id

        film_id = await request.once(rate)
        film = self._services.library.film(film_id).title
        await request.toast(request.t.plain("night.toast.rated", film=film))
        self._nights.wake()

    async def vote(self, request: Request, poll_id: str, positions: list[int]) -> None:
        """A vote, another one, or none any more."""
        person_id, name = request.person.id, request.name
        await request.once(
            lambda conn: self._voting.vote(conn, poll_id, person_id, name, positions, request.now)
        )
        self._nights.wake()

    async def left(self, request: Request) -> None:
        """Somebody left the group."""
        who, nights = who_of(request), self._nights
        others = await nights.fellows(who)
        admins = [
            member.person_id
            for member in others
            if await self._rights.is_admin(request.chat_id, member.telegram_id)
        ]
        if await request.once(lambda conn: nights.gone(conn, who, admins, request.now)):
            nights.wake()

    async def after_private(self, request: Request) -> None:
        """Whoever is in a night and told more of their taste is counted with it."""
        person_id = request.person.id
        if await self._nights.gathers(person_id):
            async with request.database.write() as conn:
                await self._nights.told(conn, person_id)
            self._nights.wake()

    async def _tell(self, request: Request, toast: str, **values: str) -> None:
        await request.toast(request.t.plain(toast, **values))
        self._nights.wake()

    async def _controls(self, request: Request, night_id: int) -> bool:
        """Whether this is the host or an admin; tells whoever is neither."""
        if await self._nights.controls(request.person.id, night_id) or await self._is_admin(request):
            return True
        await request.toast(request.t.plain("night.toast.not_yours"))
        return False

    async def _is_admin(self, request: Request) -> bool:
        return await self._rights.is_admin(request.chat_id, request.person.telegram_id)

    async def _heir(self, request: Request, night_id: int) -> int | None:
        """The first admin among the others, if the host leaves."""
        if not await self._nights.controls(request.person.id, night_id):
            return None
        for member in await self._nights.members(night_id):
            if member.person_id != request.person.id and await self._rights.is_admin(
                request.chat_id, member.telegram_id
            ):
                return member.person_id
        return None


def who_of(request: Request) -> Who:
    """Who asks, in which group. Raises StaleButton outside of one."""
    if request.group is None:
        raise StaleButton("this belongs into a group")
    return Who(request.person.id, request.name, request.group.chat_id)
