"""The Bot API's methods that really work, one module per topic; `METHODS` gives their handlers by name.

A handler takes the world and the parameters, checked against the specification, and returns the result as
JSON; it refuses by ApiError. Methods without a handler, such as those of inline mode, are refused by name.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.bot_api.methods import chats, files, menus, messages, polls, queries, updates
from sandbox.state.records import Json
from sandbox.world import Sandbox

__all__ = ["METHODS", "Handler"]

Handler = Callable[[Sandbox, Json], Awaitable[Any]]

METHODS: Mapping[str, Handler] = {
    **updates.METHODS,
    **messages.METHODS,
    **files.METHODS,
    **queries.METHODS,
    **chats.METHODS,
    **polls.METHODS,
    **menus.METHODS,
}
