"""Help, the command menus, and what is said when nothing else fits."""

from __future__ import annotations

from bot.telegram.links import Links
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from bot.ways import CancelRound
from storage.database import AsyncConnection
from storage.people import expected

COMMANDS = (
    "recommend",
    "like",
    "rate",
    "watchlist",
    "history",
    "profile",
    "settings",
    "start",
    "mydata",
    "forgetme",
    "help",
    "cancel",
)
_GROUP_COMMANDS = ("night", "nights", "recommend", "like", "settings", "zone", "help")


class Handlers:
    """/help, /cancel, hello in a group, and the one answer to every unknown command."""

    def __init__(self, cancel_round: CancelRound) -> None:
        self._cancel_round = cancel_round

    def register(self, router: Router) -> None:
        """Claim the commands of this room."""
        router.command("help", self.help)
        router.command("cancel", self.cancel, ends_expected=False)
        router.group_command("help", self.hello)
        router.group_command("start", self.hello)

    async def help(self, request: Request) -> None:
        """/help: what there is."""
        await request.reply(help_screen(request.t))

    async def hello(self, request: Request) -> None:
        """/start and /help in a group, and its greeting."""
        await request.reply(hello_screen(request.t, request.messenger.links))

    async def cancel(self, request: Request) -> None:
        """/cancel: end the open round or the question that waits for a text, if there is one."""
        person_id = request.person.id

        async def cancel(conn: AsyncConnection) -> str:
            if await expected.forget(conn, person_id):
                return "cancel.answer"
            return (
                "cancel.done" if await self._cancel_round(conn, person_id, request.now) else "cancel.nothing"
            )

        await request.reply(Screen(request.t.html(await request.once(cancel))))

    async def unknown(self, request: Request) -> None:
        """A command that there is not."""
        await request.reply(Screen(request.t.html("command.unknown")))


def help_screen(t: Translator) -> Screen:
    """Every command with what it does."""
    lines = [
        t.html("help.title"),
        "",
        *_lines(menu(t), t),
        "",
        t.html("help.free_text"),
        t.html("help.groups"),
    ]
    return Screen("\n".join(lines))


def hello_screen(t: Translator, links: Links) -> Screen:
    """What the bot does in a group, and the way to be counted with one's own taste."""
    lines = [t.html("group.hello"), "", *_lines(group_menu(t), t)]
    return Screen("\n".join(lines), ((Button(t.plain("button.my_taste"), links.command("start")),),))


def menu(t: Translator) -> list[tuple[str, str]]:
    """Command names (without slash) and what they do, in the order of the menu."""
    return [(name, t.plain(f"command.{name}")) for name in COMMANDS]


def group_menu(t: Translator) -> list[tuple[str, str]]:
    """The same for groups, whose lists and settings are the group's."""
    return [(name, t.plain(f"group.command.{name}")) for name in _GROUP_COMMANDS]


def _lines(commands: list[tuple[str, str]], t: Translator) -> list[str]:
    return [t.html("help.line", command=name, does=does) for name, does in commands]
