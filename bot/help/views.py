"""Help as a message, and the command menu: both from one list."""

from __future__ import annotations

from bot.telegram.screen import Screen
from bot.texts import Translator

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
GROUP_COMMANDS = ("night", "nights", "recommend", "like", "settings", "zone", "help")


def help_screen(t: Translator) -> Screen:
    """Every command with what it does."""
    lines = [t.html("help.title"), ""]
    lines += [t.html("help.line", command=name, does=does) for name, does in menu(t)]
    lines += ["", t.html("help.free_text"), t.html("help.groups")]
    return Screen("\n".join(lines))


def menu(t: Translator) -> list[tuple[str, str]]:
    """Command names (without slash) and what they do, in the order of the menu."""
    return [(name, t.plain(f"command.{name}")) for name in COMMANDS]


def group_menu(t: Translator) -> list[tuple[str, str]]:
    """The same for groups, whose lists and settings are the group's."""
    return [(name, t.plain(f"group.command.{name}")) for name in GROUP_COMMANDS]
