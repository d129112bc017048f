"""The bot's comings and goings in a group; /settings, /zone, /recommend and /like there."""

from __future__ import annotations

from bot.films.library import Library
from bot.groups.service import Groups
from bot.groups.views import (
    GroupLike,
    SetGroup,
    SetGroupZone,
    candidates_screen,
    group_list_screen,
    group_settings_screen,
    neighbours_screen,
    personal_screen,
    zones_screen,
)
from bot.telegram.request import Request
from bot.telegram.rights import Rights
from bot.telegram.router import MessageHandler, Router
from bot.telegram.screen import Screen
from bot.ways import OpenGroupSettings, participant_of
from bot.zones import places


class Handlers:
    """Each parses, calls one use case, and renders. `hello` is what a group is greeted with."""

    def __init__(self, groups: Groups, library: Library, rights: Rights, hello: MessageHandler) -> None:
        self._groups = groups
        self._library = library
        self._rights = rights
        self._hello = hello

    def register(self, router: Router) -> None:
        """Claim the commands, buttons and events of groups."""
        router.command("zone", self.only_in_groups)
        router.group_command("settings", self.settings)
        router.group_command("zone", self.find_zone)
        router.group_command("recommend", self.recommend)
        router.group_command("like", self.like)
        router.button(OpenGroupSettings, self.open_settings, where="group")
        router.button(SetGroup, self.set, where="group")
        router.button(SetGroupZone, self.set_zone, where="group")
        router.button(GroupLike, self.like_this, where="group")
        router.on_personal_command(self.personal)
        router.on_group_presence(self.presence, self._groups.move)

    async def only_in_groups(self, request: Request) -> None:
        """/zone in a private chat: /settings has it there."""
        await request.reply(Screen(request.t.html("group.zone.private")))

    async def presence(self, request: Request, present: bool) -> None:
        """Added: hello, once. Removed: nothing is pending any more."""
        if not present:
            await request.once(self._groups.depart, request.chat_id)
        elif await request.once(self._groups.arrive, request.chat_id):
            await self._hello(request)

    async def personal(self, request: Request) -> None:
        """A command that belongs into the private chat: the way there."""
        name = str(request.command)
        await request.reply(personal_screen(name, request.t, request.messenger.links))

    async def settings(self, request: Request) -> None:
        """/settings: the group's panel."""
        await request.reply(await self._panel(request))

    async def open_settings(self, request: Request, tap: OpenGroupSettings) -> None:
        """Settings, on a board."""
        if await self._may(request):
            await request.toast()
            await self.settings(request)

    async def set(self, request: Request, tap: SetGroup) -> None:
        """A choice in the panel."""
        if not await self._may(request):
            return
        await request.once(self._groups.set, request.chat_id, tap.name, tap.value)
        self._groups.wake()
        await request.toast()
        await request.show(await self._panel(request))

    async def find_zone(self, request: Request) -> None:
        """/zone PLACE."""
        if not request.text:
            await request.reply(Screen(request.t.html("group.zone.how")))
            return
        found = places(request.text, request.t.language, request.now)
        await request.reply(zones_screen(request.text, found, request.t))

    async def set_zone(self, request: Request, tap: SetGroupZone) -> None:
        """A zone: times are read in it from now on."""
        if not await self._may(request):
            return
        await request.once(self._groups.set_zone, request.chat_id, tap.zone)
        self._groups.wake()
        await request.toast()
        await request.show(Screen(request.t.html("group.zone.set", zone=tap.zone.replace("_", " "))))

    async def recommend(self, request: Request) -> None:
        """/recommend: five films for the people here."""
        met = await self._groups.met(request.chat_id)
        present = await self._rights.are_members(request.chat_id, met)
        found = await request.once(self._groups.recommend, participant_of(request), present, request.now)
        screen = group_list_screen(self._groups.listed(found), request.t, request.messenger.links)
        await request.reply(screen)

    async def like(self, request: Request) -> None:
        """/like TITLE."""
        if not request.text:
            await request.reply(Screen(request.t.html("like.which")))
            return
        found = self._library.find(request.text)
        if found.clear:
            await self._neighbours(request, found.films[0].id)
        else:
            await request.reply(candidates_screen(found, request.text, request.t))

    async def like_this(self, request: Request, tap: GroupLike) -> None:
        """A candidate of /like."""
        await request.toast()
        await self._neighbours(request, tap.film_id)

    async def _panel(self, request: Request) -> Screen:
        async with request.database.write() as conn:
            panel = await self._groups.settings(conn, request.chat_id, request.now)
        return group_settings_screen(panel, request.t)

    async def _neighbours(self, request: Request, film_id: int) -> None:
        film, found = self._library.film(film_id), self._groups.neighbours(film_id)
        await request.reply(neighbours_screen(film, found, request.t, request.messenger.links))

    async def _may(self, request: Request) -> bool:
        """Whether an admin asks; answers anybody else with a toast."""
        admin = await self._rights.is_admin(request.chat_id, request.person.telegram_id)
        if not admin:
            toast = "night.toast.admins" if admin is not None else "rights.unknown"
            await request.toast(request.t.plain(toast))
        return bool(admin)
