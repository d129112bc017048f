"""A local Telegram: a Bot API server over real HTTP, people and groups that share one bot, and a chat page.

    sandbox = Sandbox("123456:secret", path=Path("sandbox.db"))    # or without path: in memory
    async with serve(sandbox, port=8081) as url:                   # the page is at url + "/"
        ...                                                        # the bot's API address is url

Three doors:

- `/bot<token>/<method>` is the Bot API (`sandbox.bot_api`). Every call is checked against the specification,
  more strictly than by Telegram: an unknown parameter is an error. What is not here yet is refused by name.
  Files are fetched at `/file/bot<token>/<path>`.
- `/` is a chat page for the browser (`page`).
- `/control/…` lets tests and scripts play the people. `sandbox.control` lists its calls.

The command line and tests may import this package alone; it imports no other house.
"""

from sandbox.server import create_app, serve
from sandbox.world import Sandbox

__all__ = ["Sandbox", "create_app", "serve"]
