"""The bot's comings and goings in a group; /help, /settings, /zone, /recommend and /like there."""

from __future__ import annotations

from bot.groups.views import (
    GroupLike,
    SetGroup,
    SetGroupZone,
    candidates_screen,
    group_list_screen,
    group_settings_screen,
    hello_screen,
    neighbours_screen,
    personal_screen,
    zones_screen,
)
from bot.night.handlers import who_of
from bot.night.views import OpenGroupSettings
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.rights import Rights
from bot.telegram.router import Router
from bot.telegram.screen import Screen


class Handlers:
    """One method a command, tap or event."""

    def __init__(self, services: Services, rights: Rights) -> None:
        self._services = services
        self._rights = rights

    def register(self, router: Router) -> None:
        """Claim the commands, buttons and events of groups."""
        for name in ("start", "help"):
            router.group_command(name, self.hello)
        router.command("zone", self.only_in_groups)
        router.group_command("settings", self.settings)
        router.group_command("zone", self.find_zone)
        router.group_command("recommend", self.recommend)
        router.group_command("like", self.like)
        router.button(OpenGroupSettings, self.open_settings, in_groups=True)
        router.button(SetGroup, self.set, in_groups=True)
        router.button(SetGroupZone, self.set_zone, in_groups=True)
        router.button(GroupLike, self.like_this, in_groups=True)
        router.on_personal_command(self.personal)
        router.on_group_presence(self.presence, self._services.groups.move)

    async def hello(self, request: Request) -> None:
        """/start and /help in a group."""
        await request.reply(hello_screen(request.t, request.messenger.links))

    async def only_in_groups(self, request: Request) -> None:
        """/zone in a private chat: /settings has it there."""
        await request.reply(Screen(request.t.html("group.zone.private")))

    async def presence(self, request: Request, present: bool) -> None:
        """Added: hello, once. Removed: nothing is pending any more."""
        groups, chat_id = self._services.groups, request.chat_id
        if not present:
            await request.once(lambda conn: groups.depart(conn, chat_id))
        elif await request.once(lambda conn: groups.arrive(conn, chat_id)):
            await self.hello(request)

    async def personal(self, request: Request) -> None:
        """A command that belongs into the private chat: the way there."""
        name = str(request.command)
        await request.reply(personal_screen(name, request.t, request.messenger.links))

    async def settings(self, request: Request) -> None:
        """/settings: the group's panel."""
        groups, chat_id = self._services.groups, request.chat_id
        async with request.database.write() as conn:
            panel = await groups.settings(conn, chat_id, request.now)
        await request.reply(group_settings_screen(panel, request.t))

    async def open_settings(self, request: Request, tap: OpenGroupSettings) -> None:
        """Settings, on a board."""
        if await self._may(request):
            await request.toast()
            await self.settings(request)

    async def set(self, request: Request, tap: SetGroup) -> None:
        """A choice in the panel."""
        if not await self._may(request):
            return
        groups, chat_id = self._services.groups, request.chat_id
        await request.once(lambda conn: groups.set(conn, chat_id, tap.name, tap.value))
        groups.wake()
        await request.toast()
        async with request.database.write() as conn:
            panel = await groups.settings(conn, chat_id, request.now)
        await request.show(group_settings_screen(panel, request.t))

    async def find_zone(self, request: Request) -> None:
        """/zone PLACE."""
        if not request.text:
            await request.reply(Screen(request.t.html("group.zone.how")))
            return
        places = self._services.preferences.places(request.text, request.t.language, request.now)
        await request.reply(zones_screen(request.text, places, request.t))

    async def set_zone(self, request: Request, tap: SetGroupZone) -> None:
        """A zone: times are read in it from now on."""
        if not await self._may(request):
            return
        groups, chat_id = self._services.groups, request.chat_id
        await request.once(lambda conn: groups.set_zone(conn, chat_id, tap.zone))
        groups.wake()
        await request.toast()
        await request.show(Screen(request.t.html("group.zone.set", zone=tap.zone.replace("_", " "))))

    async def recommend(self, request: Request) -> None:
        """/recommend: five films for the people here."""
        groups, who = self._services.groups, who_of(request)
        found = await request.once(lambda conn: groups.recommend(conn, who, request.now))
        await request.reply(group_list_screen(groups.listed(found), request.t, request.messenger.links))

    async def like(self, request: Request) -> None:
        """/like TITLE."""
        if not request.text:
            await request.reply(Screen(request.t.html("like.which")))
            return
        found = self._services.discover.find(request.text)
        if found.clear:
            await self._neighbours(request, found.films[0].id)
        else:
            await request.reply(candidates_screen(found, request.text, request.t))

    async def like_this(self, request: Request, tap: GroupLike) -> None:
        """A candidate of /like."""
        await request.toast()
        await self._neighbours(request, tap.film_id)

    async def _neighbours(self, request: Request, film_id: int) -> None:
        film, found = self._services.library.film(film_id), self._services.groups.neighbours(film_id)
        await request.reply(neighbours_screen(film, found, request.t, request.messenger.links))

    async def _may(self, request: Request) -> bool:
        """Whether an admin asks; tells whoever is none."""
        if await self._rights.is_admin(request.chat_id, request.person.telegram_id):
            return True
        await request.toast(request.t.plain("night.toast.admins"))
        return False
