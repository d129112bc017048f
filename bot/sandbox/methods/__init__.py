"""The Bot API's methods that really work, one module per topic.

Polls, inline mode and group administration get a module each, beside these; until then their methods are
refused by name. A handler takes the world and the parameters, checked against the
specification, and returns the result as JSON; it refuses by ApiError.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.sandbox.methods import chats, files, intake, menus, messages, queries
from bot.sandbox.records import Json
from bot.sandbox.world import Sandbox

__all__ = ["METHODS", "Handler"]

Handler = Callable[[Sandbox, Json], Awaitable[Any]]

METHODS: Mapping[str, Handler] = {
    **intake.METHODS,
    **messages.METHODS,
    **files.METHODS,
    **queries.METHODS,
    **chats.METHODS,
    **menus.METHODS,
}
