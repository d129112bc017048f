"""/night, /nights, the board's buttons, and votes."""

from __future__ import annotations

from bot.errors import StaleButton
from bot.films.library import Library
from bot.night.access import may_press
from bot.night.deciding import Deciding
from bot.night.result_views import ExplainResult, history_screen, result_screen
from bot.night.service import Nights, Opening
from bot.night.views import (
    NIGHT,
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
from bot.participants import Participant
from bot.telegram.request import Request
from bot.telegram.rights import Rights
from bot.telegram.router import Router
from bot.telegram.screen import Button, Screen
from bot.ways import participant_of


class Handlers:
    """Each parses, calls one use case, and says what came of it."""

    def __init__(
        self, nights: Nights, voting: Voting, deciding: Deciding, library: Library, rights: Rights
    ) -> None:
        self._nights = nights
        self._voting = voting
        self._deciding = deciding
        self._library = library
        self._rights = rights
        self._choices = {"seen": nights.see, "veto": nights.veto, "pick": deciding.pick}

    def register(self, router: Router) -> None:
        """Claim the commands, buttons and events of this room."""
        router.guard(NIGHT, may_press)
        router.command("night", self.only_in_groups)
        router.command("nights", self.only_in_groups)
        router.group_command("night", self.open)
        router.group_command("nights", self.history)
        router.button(JoinNight, self.join, where="group")
        router.button(LeaveNight, self.leave, where="group")
        router.button(OpenPanel, self.open_panel, where="group")
        router.button(ChooseFilm, self.choose, where="group")
        router.button(StartPoll, self.start, where="group")
        router.button(ClosePoll, self.close, where="group")
        router.button(CancelNight, self.cancel, where="group")
        router.button(ExplainResult, self.explain, where="group")
        router.button(RateNight, self.rate, where="both")
        router.on_poll(self.vote)
        router.on_member_left(self.left)
        router.on_rights(self.allowed)
        router.after_private(self.after_private)

    async def only_in_groups(self, request: Request) -> None:
        """/night in a private chat: where it belongs."""
        link = Button(request.t.plain("button.add_to_group"), request.messenger.links.add_to_group())
        await request.reply(Screen(request.t.html("night.only_in_groups"), ((link,),)))

    async def open(self, request: Request) -> None:
        """/night …: a board, or the way to the one that is open."""
        participant, group = participant_of(request), request.group
        topic_id = group.topic_id if group else 0
        reserved = await self._nights.reserved(participant.chat_id, topic_id, request.now)
        if reserved and not (admin := await self._is_admin(request)):
            unknown = admin is None
            await request.reply(Screen(request.t.html("rights.unknown" if unknown else "night.admins_open")))
            return
        made = await request.once(self._nights.open, participant, topic_id, request.text, request.now)
        opening = Opening(**made)  # type: ignore[arg-type]  # as it was made, through JSON
        if opening.misread:
            past = opening.misread == "night.past"
            text = request.t.html("night.past" if past else "night.misread", word=opening.word)
            await request.reply(Screen(text))
            return
        if not opening.fresh:
            board = await self._nights.screen(opening.night_id, "board")
            await request.reply(Screen(request.t.html("night.open_already")), to=board)
        self._nights.wake()
        if opening.ask_zone:
            zone = await self._nights.zone_name(participant.chat_id)
            await request.reply(Screen(request.t.html("night.ask_zone", zone=zone)))

    async def history(self, request: Request) -> None:
        """/nights: what this group watched."""
        found = await self._nights.history(request.chat_id)
        await request.reply(history_screen(found, self._library, request.t))

    async def join(self, request: Request, tap: JoinNight) -> None:
        """Join."""
        toast = await request.once(self._nights.join, participant_of(request), tap.night_id, request.now)
        await self._done(request, toast)

    async def leave(self, request: Request, tap: LeaveNight) -> None:
        """Leave; a host hands over."""
        participant, heir_id = participant_of(request), await self._heir(request, tap.night_id)
        toast = await request.once(self._nights.leave, participant, tap.night_id, heir_id, request.now)
        await self._done(request, toast)

    async def open_panel(self, request: Request, tap: OpenPanel) -> None:
        """Seen some, Veto; Pick, which is the host's."""
        participant = participant_of(request)
        if await self._may(request, tap.night_id, tap.kind):
            panel = self._nights.show_panel
            toast = await request.once(panel, participant, tap.night_id, tap.kind, request.now)
            await self._done(request, toast)

    async def choose(self, request: Request, tap: ChooseFilm) -> None:
        """A film that somebody has seen, vetoes, or, as the host, picks."""
        participant = participant_of(request)
        if await self._may(request, tap.night_id, tap.kind):
            choose = self._choices[tap.kind]
            toast = await request.once(choose, participant, tap.night_id, tap.film_id, request.now)
            await self._done(request, toast, film=self._library.film(tap.film_id).title)

    async def start(self, request: Request, tap: StartPoll) -> None:
        """Start poll, and New slate."""
        participant = participant_of(request)
        if await self._controls(request, tap.night_id):
            await self._part(request, tap.night_id)
            start = self._voting.start
            toast = await request.once(start, participant, tap.night_id, tap.number, request.now)
            await self._done(request, toast)

    async def close(self, request: Request, tap: ClosePoll) -> None:
        """Close now."""
        participant = participant_of(request)
        if await self._controls(request, tap.night_id):
            close = self._deciding.close_now
            toast = await request.once(close, participant, tap.night_id, tap.number, request.now)
            await self._done(request, toast)

    async def cancel(self, request: Request, tap: CancelNight) -> None:
        """Cancel."""
        participant = participant_of(request)
        if await self._controls(request, tap.night_id):
            toast = await request.once(self._voting.cancel, participant, tap.night_id, request.now)
            await self._done(request, toast)

    async def explain(self, request: Request, tap: ExplainResult) -> None:
        """Why?, and back."""
        result = await self._nights.result(tap.night_id, tap.number)
        await request.toast()
        await request.show(result_screen(result, request.t, request.messenger.links, why=tap.on == 1))

    async def rate(self, request: Request, tap: RateNight) -> None:
        """Stars for the film, from the group or in private."""
        person_id = request.person.id
        film_id = await request.once(self._deciding.rate, person_id, tap.night_id, tap.stars, request.now)
        await self._done(request, "night.toast.rated", film=self._library.film(film_id).title)

    async def vote(self, request: Request, poll_id: str, positions: list[int]) -> None:
        """A vote, another one, or none any more."""
        person_id, name = request.person.id, request.name
        await request.once(self._voting.vote, poll_id, person_id, name, positions, request.now)
        self._nights.wake()

    async def left(self, request: Request) -> None:
        """Somebody left the group."""
        participant = participant_of(request)
        self._rights.forget(request.chat_id, request.person.telegram_id)
        admins = [
            member.person_id
            for member in await self._nights.fellows(participant)
            if await self._rights.is_admin(request.chat_id, member.telegram_id)
        ]
        if await request.once(self._nights.gone, participant, admins, request.now):
            self._nights.wake()

    async def allowed(self, request: Request) -> None:
        """The bot may write again, perhaps: what it could not say is tried now."""
        await request.once(self._nights.hasten, request.chat_id, request.now)
        self._nights.wake()

    async def after_private(self, request: Request) -> None:
        """Somebody in a night may have said more of their taste: the slate is made anew with it."""
        person_id = request.person.id
        if await self._nights.gathers(person_id):
            async with request.database.write() as conn:
                await self._nights.refresh_slates(conn, person_id)
            self._nights.wake()

    async def _done(self, request: Request, toast: str, **values: str) -> None:
        await request.toast(request.t.plain(toast, **values))
        self._nights.wake()

    async def _may(self, request: Request, night_id: int, kind: str) -> bool:
        """Whether a choice of this kind is this person's; answers anybody else with a toast.

        Raises StaleButton for a kind that there is not.
        """
        if kind not in self._choices:
            raise StaleButton(f"no choice {kind!r} in a night")
        return kind != "pick" or await self._controls(request, night_id)

    async def _controls(self, request: Request, night_id: int) -> bool:
        """Whether this is the host or an admin; answers anybody else with a toast."""
        if await self._nights.controls(request.person.id, night_id):
            return True
        admin = await self._is_admin(request)
        if not admin:
            toast = "night.toast.not_yours" if admin is not None else "rights.unknown"
            await request.toast(request.t.plain(toast))
        return bool(admin)

    async def _part(self, request: Request, night_id: int) -> None:
        """Before a poll: who is in the night and left the group, without Telegram having said so, is out.

        No part of the effect: whoever is out already does not leave again.
        """
        members = await self._nights.members(night_id)
        found = await self._rights.are_members(request.chat_id, [each.telegram_id for each in members])
        for member in members:
            if found[member.telegram_id] is False:
                gone = Participant(member.person_id, member.name, request.chat_id)
                async with request.database.write() as conn:
                    await self._nights.gone(conn, gone, [], request.now)

    async def _is_admin(self, request: Request) -> bool | None:
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
