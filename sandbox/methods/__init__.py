"""The Bot API's methods that really work, one module per topic.

Inline mode and what a bot changes in a group get a module each, beside these; until then their methods are
refused by name. A handler takes the world and the parameters, checked against the
specification, and returns the result as JSON; it refuses by ApiError.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.methods import chats, files, intake, members, menus, messages, polls, queries
from sandbox.records import Json
from sandbox.world import Sandbox

__all__ = ["METHODS", "Handler"]

Handler = Callable[[Sandbox, Json], Awaitable[Any]]

METHODS: Mapping[str, Handler] = {
    **intake.METHODS,
    **messages.METHODS,
    **files.METHODS,
    **queries.METHODS,
    **chats.METHODS,
    **members.METHODS,
    **polls.METHODS,
    **menus.METHODS,
}
