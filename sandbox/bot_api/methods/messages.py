"""Sending, editing and deleting messages."""

import time
from typing import Any

from sandbox.bot_api.content import checked_keyboard, compose
from sandbox.bot_api.methods.access import chat_to_send, chat_to_write, known_chat
from sandbox.errors import ApiError, not_supported
from sandbox.state.objects import message_object
from sandbox.state.records import Chat, Json, Message
from sandbox.world import Sandbox

_DELETABLE = 48 * 3600  # seconds
_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the"
    " same as a current content and reply markup of the message"
)


async def send_message(sandbox: Sandbox, params: Json) -> Json:
    """A new text message."""
    chat = chat_to_send(sandbox, params)
    text, entities = compose(params)
    previews = params.get("link_preview_options")
    message = post(sandbox, params, chat, text, entities=entities, link_preview_options=previews)
    return message_object(sandbox.state, message)


async def edit_message_text(sandbox: Sandbox, params: Json) -> Json:
    """Another text; a keyboard that is not given again is taken away, as on Telegram."""
    message = editable(sandbox, params)
    if message.file_id is not None or message.poll_id is not None:
        raise ApiError(400, "Bad Request: there is no text in the message to edit")
    text, entities = compose(params)
    edited = {
        "text": text,
        "entities": entities,
        "reply_markup": checked_keyboard(params),
        "link_preview_options": params.get("link_preview_options"),
    }
    return edit(sandbox, message, edited)


async def edit_message_reply_markup(sandbox: Sandbox, params: Json) -> Json:
    """Another keyboard, or none."""
    return edit(sandbox, editable(sandbox, params), {"reply_markup": checked_keyboard(params)})


async def delete_message(sandbox: Sandbox, params: Json) -> bool:
    """A message of the last 48 hours; in a group, of somebody else only for an administrator."""
    chat = known_chat(sandbox, params)
    if chat.type != "private":
        chat_to_write(sandbox, params)
    message = sandbox.state.messages.get((chat.chat_id, params["message_id"]))
    if message is None:
        raise ApiError(400, "Bad Request: message to delete not found")
    own = message.sender_id == sandbox.bot.person_id
    if chat.type != "private" and not own and not sandbox.state.bot_member(chat.chat_id).governs:
        raise ApiError(400, "Bad Request: message can't be deleted")
    if time.time() - message.date > _DELETABLE:
        raise ApiError(400, "Bad Request: message can't be deleted for everyone")
    sandbox.chats.delete_message(message)
    return True


def editable(
    sandbox: Sandbox,
    params: Json,
    missing: str = "message to edit not found",
    foreign: str = "message can't be edited",
) -> Message:
    """The bot's own message that a call names. Raises ApiError 400, in these words, if there is none."""
    chat = chat_to_write(sandbox, params)
    if "message_id" not in params:
        raise ApiError(400, "Bad Request: message identifier is not specified")
    message = sandbox.state.messages.get((chat.chat_id, params["message_id"]))
    if message is None:
        raise ApiError(400, f"Bad Request: {missing}")
    if message.sender_id != sandbox.bot.person_id or message.service is not None:
        raise ApiError(400, f"Bad Request: {foreign}")
    return message


def edit(sandbox: Sandbox, message: Message, edited: Json) -> Json:
    """Write new values into a message. Raises ApiError 400 if they are the old ones."""
    if all(getattr(message, name) == value for name, value in edited.items()):
        raise ApiError(400, _NOT_MODIFIED)
    for name, value in edited.items():
        setattr(message, name, value)
    message.edit_date = int(time.time())
    message.edits += 1
    sandbox.chats.save_message(message)
    return message_object(sandbox.state, message)


def post(sandbox: Sandbox, params: Json, chat: Chat, text: str, **content: Any) -> Message:
    """The bot's new message, with the keyboard, the reply and the topic that a call asks for.

    Raises ApiError 400 for a keyboard that Telegram refuses, or an answer to what is not there.
    """
    keyboard = checked_keyboard(params)
    return sandbox.chats.add_message(
        chat.chat_id,
        sandbox.bot.person_id,
        text,
        reply_markup=keyboard,
        reply_to=_replied(sandbox, params),
        thread_id=params.get("message_thread_id"),
        protected=params.get("protect_content", False),
        **content,
    )


def _replied(sandbox: Sandbox, params: Json) -> int | None:
    """The message that is replied to. Raises ApiError 400 if it is gone, unless the call allows for that."""
    reply = params.get("reply_parameters")
    if reply is None:
        return None
    if reply.get("chat_id", params["chat_id"]) != params["chat_id"]:
        raise not_supported("an answer in another chat")
    if (params["chat_id"], reply["message_id"]) in sandbox.state.messages:
        return int(reply["message_id"])
    if reply.get("allow_sending_without_reply"):
        return None
    raise ApiError(400, "Bad Request: message to be replied not found")


METHODS = {
    "sendMessage": send_message,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
}
