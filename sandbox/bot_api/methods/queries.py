"""Answers to taps."""

import time

from sandbox.errors import ApiError, ControlError
from sandbox.state.records import Json
from sandbox.world import Sandbox
from sandbox.world.links import read_link

_LONGEST_TOAST = 200
_TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def answer_callback_query(sandbox: Sandbox, params: Json) -> bool:
    """Stop the button's spinning, with or without a toast. A second answer succeeds and changes nothing."""
    query = sandbox.state.queries.get(params["callback_query_id"])
    if query is None or not sandbox.queries.is_open(query):
        raise ApiError(400, _TOO_OLD)
    if len(params.get("text", "")) > _LONGEST_TOAST:
        raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
    if url := params.get("url"):
        _check_link(sandbox, url)
    if query.answer is None:
        query.answer = {
            "text": params.get("text", ""),
            "show_alert": params.get("show_alert", False),
            "url": params.get("url"),
            "cache_time": params.get("cache_time", 0),
            "time": time.time(),
        }
        sandbox.queries.save(query)
    return True


def _check_link(sandbox: Sandbox, url: str) -> None:
    """An answer may only open the bot itself."""
    try:
        read_link(url, sandbox.bot.username or "")
    except ControlError:
        raise ApiError(400, "Bad Request: URL_INVALID") from None


METHODS = {"answerCallbackQuery": answer_callback_query}
