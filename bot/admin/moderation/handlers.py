"""/exclude, /include, and the buttons of flags and of those kept out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.admin.moderation.service import Moderation
from bot.admin.moderation.views import (
    DecideFlag,
    DecidePerson,
    OpenFlag,
    OpenKeptOut,
    OpenPerson,
    ShowKeptOut,
    flag_screen,
    kept_out_screen,
    rater_screen,
    unknown_screen,
)
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter
from bot.telegram.screen import Screen
from bot.texts import Translator
from storage.running.standings import Decision


class Handlers:
    """/exclude, /include and their buttons."""

    def __init__(self, moderation: Moderation) -> None:
        self._moderation = moderation

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

    async def flag_notice(self, payload: Mapping[str, Any], t: Translator) -> Screen:
        """Of a flag, new or grown."""
        return flag_screen(await self._moderation.flagged(payload["flag_id"]), t)

    async def exclude(self, request: Request) -> None:
        """/exclude: who is kept out; with a flag or a person, keep them out."""
        await self._by_name(request, "kept_out")

    async def include(self, request: Request) -> None:
        """/include: who is kept out; with a flag or a person, let them in."""
        await self._by_name(request, "let_in")

    async def turn(self, request: Request, tap: ShowKeptOut) -> None:
        """Older and Newer."""
        page = await self._moderation.kept_out(tap.offset)
        await request.toast()
        await request.show(kept_out_screen(page, request.t))

    async def open_list(self, request: Request, tap: OpenKeptOut) -> None:
        """The list from a flag or a person."""
        page = await self._moderation.kept_out(0)
        await request.toast()
        await request.reply(kept_out_screen(page, request.t))

    async def open_flag(self, request: Request, tap: OpenFlag) -> None:
        """A number of the list, or a flag of a person."""
        flagged = await self._moderation.flagged(tap.flag_id)
        await request.toast()
        await request.show(flag_screen(flagged, request.t))

    async def open_person(self, request: Request, tap: OpenPerson) -> None:
        """A number of the list."""
        rater = await self._moderation.rater(tap.person_id)
        await request.toast()
        await request.show(rater_screen(rater, request.t))

    async def decide_flag(self, request: Request, tap: DecideFlag) -> None:
        """Let in and Keep out, on a flag."""
        asker, decision = request.person.telegram_id, _decision(tap.let_in)
        await request.once(self._moderation.decide_flag, asker, tap.flag_id, decision, request.now)
        await request.toast(request.t.plain(f"toast.{decision}"))
        await request.show(flag_screen(await self._moderation.flagged(tap.flag_id), request.t))

    async def decide_person(self, request: Request, tap: DecidePerson) -> None:
        """The same on a person."""
        asker, decision = request.person.telegram_id, _decision(tap.let_in)
        await request.once(self._moderation.decide_person, asker, tap.person_id, decision, request.now)
        await request.toast(request.t.plain(f"toast.{decision}"))
        await request.show(rater_screen(await self._moderation.rater(tap.person_id), request.t))

    async def _by_name(self, request: Request, decision: Decision) -> None:
        moderation, asker, t = self._moderation, request.person.telegram_id, request.t
        if not request.text:
            await request.reply(kept_out_screen(await moderation.kept_out(0), t))
            return
        named = await request.once(moderation.decide, asker, request.text, decision, request.now)
        match named:
            case ["flag", int(flag_id)]:
                await request.reply(flag_screen(await moderation.flagged(flag_id), t))
            case ["person", int(person_id)]:
                await request.reply(rater_screen(await moderation.rater(person_id), t))
            case _:
                await request.reply(unknown_screen(request.text, t))


def _decision(let_in: int) -> Decision:
    return "let_in" if let_in else "kept_out"
