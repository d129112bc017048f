"""Answers to taps."""

import time

from bot.sandbox.errors import ApiError
from bot.sandbox.records import Json
from bot.sandbox.world import Sandbox

__all__ = ["METHODS"]

_LONGEST_TOAST = 200
_TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def answer_callback_query(sandbox: Sandbox, params: Json) -> bool:
    """Stop the button's spinning, with or without a toast. A second answer succeeds and changes nothing."""
    query = sandbox.queries.get(params["callback_query_id"])
    if query is None or not sandbox.query_is_open(query):
        raise ApiError(400, _TOO_OLD)
    if len(params.get("text", "")) > _LONGEST_TOAST:
        raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
    if query.answer is None:
        query.answer = {
            "text": params.get("text", ""),
            "show_alert": params.get("show_alert", False),
            "url": params.get("url"),
            "cache_time": params.get("cache_time", 0),
            "time": time.time(),
        }
        sandbox.save_query(query)
    return True


METHODS = {"answerCallbackQuery": answer_callback_query}
