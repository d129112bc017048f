"""/exclude, /include, and the buttons of flags and of those kept out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from bot.admin.standing.service import Standings
from bot.admin.standing.views import (
    DecideFlag,
    DecidePerson,
    OpenFlag,
    OpenKeptOut,
    OpenPerson,
    ShowKeptOut,
    flag_screen,
    kept_out_screen,
    member_screen,
    unknown_screen,
)
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter
from bot.telegram.screen import Screen
from bot.texts import Translator

_State = Literal["kept_out", "let_in"]


class Handlers:
    """One method a command or tap."""

    def __init__(self, standings: Standings) -> None:
        self._standings = standings

    def register(self, router: AdminRouter) -> None:
        """Claim the commands and buttons of this room."""
        router.command("exclude", self.exclude)
        router.command("include", self.include)
        router.button(ShowKeptOut, self.turn)
        router.button(OpenKeptOut, self.open_list)
        router.button(OpenFlag, self.open_flag)
        router.button(OpenPerson, self.open_person)
        router.button(DecideFlag, self.decide_flag)
        router.button(DecidePerson, self.decide_person)

    async def tell(self, payload: Mapping[str, Any], t: Translator) -> Screen:
        """The notice of a flag, new or grown."""
        return flag_screen(await self._standings.flagged(payload["flag_id"]), t)

    async def exclude(self, request: Request) -> None:
        """/exclude: who is kept out; with a flag or a person, keep them out."""
        await self._by_name(request, "kept_out")

    async def include(self, request: Request) -> None:
        """/include: who is kept out; with a flag or a person, let them in."""
        await self._by_name(request, "let_in")

    async def turn(self, request: Request, tap: ShowKeptOut) -> None:
        """Older and Newer."""
        page = await self._standings.kept_out(tap.offset)
        await request.toast()
        await request.show(kept_out_screen(page, request.t))

    async def open_list(self, request: Request, tap: OpenKeptOut) -> None:
        """The list from a flag or a person."""
        page = await self._standings.kept_out(0)
        await request.toast()
        await request.reply(kept_out_screen(page, request.t))

    async def open_flag(self, request: Request, tap: OpenFlag) -> None:
        """A number of the list, or a flag of a person."""
        flagged = await self._standings.flagged(tap.flag_id)
        await request.toast()
        await request.show(flag_screen(flagged, request.t))

    async def open_person(self, request: Request, tap: OpenPerson) -> None:
        """A number of the list."""
        member = await self._standings.member(tap.person_id)
        await request.toast()
        await request.show(member_screen(member, request.t))

    async def decide_flag(self, request: Request, tap: DecideFlag) -> None:
        """Let in and Keep out, on a flag."""
        asker, state = request.person.telegram_id, _state(tap.let_in)
        await request.once(self._standings.decide_flag, asker, tap.flag_id, state, request.now)
        await request.toast(request.t.plain(f"toast.{state}"))
        await request.show(flag_screen(await self._standings.flagged(tap.flag_id), request.t))

    async def decide_person(self, request: Request, tap: DecidePerson) -> None:
        """The same on a person."""
        asker, state = request.person.telegram_id, _state(tap.let_in)
        await request.once(self._standings.decide_person, asker, tap.person_id, state, request.now)
        await request.toast(request.t.plain(f"toast.{state}"))
        await request.show(member_screen(await self._standings.member(tap.person_id), request.t))

    async def _by_name(self, request: Request, state: _State) -> None:
        standings, asker, t = self._standings, request.person.telegram_id, request.t
        if not request.text:
            await request.reply(kept_out_screen(await standings.kept_out(0), t))
            return
        named = await request.once(standings.decide, asker, request.text, state, request.now)
        match named:
            case ["flag", int(flag_id)]:
                await request.reply(flag_screen(await standings.flagged(flag_id), t))
            case ["person", int(person_id)]:
                await request.reply(member_screen(await standings.member(person_id), t))
            case _:
                await request.reply(unknown_screen(request.text, t))


def _state(let_in: int) -> _State:
    return "let_in" if let_in else "kept_out"
