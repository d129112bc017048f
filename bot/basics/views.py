"""Help as a message, and the command menu: both from one list."""

from __future__ import annotations

from bot.telegram.screen import Screen
from bot.texts import Translator

__all__ = ["COMMANDS", "help_screen", "menu"]

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


def help_screen(t: Translator) -> Screen:
    """Every command with what it does."""
    lines = [t.html("help.title"), ""]
    lines += [t.html("help.line", command=name, does=does) for name, does in menu(t)]
    lines += ["", t.html("help.free_text")]
    return Screen("\n".join(lines))


def menu(t: Translator) -> list[tuple[str, str]]:
    """Command names (without slash) and what they do, in the order of the menu."""
    return [(name, t.plain(f"command.{name}")) for name in COMMANDS]
