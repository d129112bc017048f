"""Chats as the bot sees them: which it may write to, what they are, and the typing indicator."""

import time

from bot.sandbox.errors import ApiError, not_supported
from bot.sandbox.objects import chat_object
from bot.sandbox.records import Chat, Json
from bot.sandbox.world import Sandbox

__all__ = ["METHODS", "chat_to_write", "known_chat"]

_ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)
_ACTION_LASTS = 5.0  # seconds
_NOT_YET = (  # parameters of messages and actions that belong to kinds of chats that are not here yet
    "business_connection_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "suggested_post_parameters",
    "inline_message_id",
)


def known_chat(sandbox: Sandbox, params: Json) -> Chat:
    """The chat of `chat_id`. Raises ApiError 400 if there is none, or if it is of a kind that is not here."""
    for name in _NOT_YET:
        if name in params:
            raise not_supported(name)
    if "chat_id" not in params:
        raise ApiError(400, "Bad Request: chat_id is empty")
    chat = sandbox.chats.get(params["chat_id"])
    if chat is None:
        raise ApiError(400, "Bad Request: chat not found")
    return chat


def chat_to_write(sandbox: Sandbox, params: Json) -> Chat:
    """The chat of `chat_id`, if the bot may write there. Raises ApiError 403 where it may not."""
    chat = known_chat(sandbox, params)
    person = sandbox.people[chat.chat_id]
    if not person.started:
        raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
    if person.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


async def get_chat(sandbox: Sandbox, params: Json) -> Json:
    """A ChatFullInfo with what every chat has."""
    return chat_object(sandbox, known_chat(sandbox, params)) | {
        "accent_color_id": params["chat_id"] % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


async def send_chat_action(sandbox: Sandbox, params: Json) -> bool:
    """Show "typing" for five seconds, or until the bot's next message."""
    chat = chat_to_write(sandbox, params)
    if params["action"] not in _ACTIONS:
        raise ApiError(400, "Bad Request: wrong parameter action in request")
    chat.typing_until = time.time() + _ACTION_LASTS
    sandbox.touch(chat.chat_id)
    return True


METHODS = {"getChat": get_chat, "sendChatAction": send_chat_action}
