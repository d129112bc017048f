"""Sending, editing and deleting messages."""

import time

from bot.sandbox.content import checked_keyboard, compose
from bot.sandbox.errors import ApiError
from bot.sandbox.methods.chats import chat_to_write, known_chat
from bot.sandbox.objects import message_object
from bot.sandbox.records import Json, Message
from bot.sandbox.world import Sandbox

__all__ = ["METHODS", "edit", "editable", "replied"]

_DELETABLE = 48 * 3600  # seconds
_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the"
    " same as a current content and reply markup of the message"
)


async def send_message(sandbox: Sandbox, params: Json) -> Json:
    """A new text message."""
    chat = chat_to_write(sandbox, params)
    text, entities = compose(params)
    keyboard = checked_keyboard(params)
    message = sandbox.new_message(
        chat.chat_id,
        sandbox.bot.person_id,
        text,
        entities=entities,
        reply_markup=keyboard,
        link_preview_options=params.get("link_preview_options"),
        reply_to=replied(sandbox, params),
        protected=params.get("protect_content", False),
    )
    return message_object(sandbox, message)


async def edit_message_text(sandbox: Sandbox, params: Json) -> Json:
    """Another text; a keyboard that is not given again is taken away, as on Telegram."""
    message = editable(sandbox, params)
    if message.file_id is not None:
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
    """In a private chat a bot may delete anybody's message of the last 48 hours."""
    chat = known_chat(sandbox, params)
    message = sandbox.messages.get((chat.chat_id, params["message_id"]))
    if message is None:
        raise ApiError(400, "Bad Request: message to delete not found")
    if time.time() - message.date > _DELETABLE:
        raise ApiError(400, "Bad Request: message can't be deleted for everyone")
    sandbox.delete_message(message)
    return True


def editable(sandbox: Sandbox, params: Json) -> Message:
    """The bot's own message that a call names. Raises ApiError 400 if there is none."""
    chat = chat_to_write(sandbox, params)
    if "message_id" not in params:
        raise ApiError(400, "Bad Request: message identifier is not specified")
    message = sandbox.messages.get((chat.chat_id, params["message_id"]))
    if message is None:
        raise ApiError(400, "Bad Request: message to edit not found")
    if message.sender_id != sandbox.bot.person_id:
        raise ApiError(400, "Bad Request: message can't be edited")
    return message


def edit(sandbox: Sandbox, message: Message, edited: Json) -> Json:
    """Write new values into a message. Raises ApiError 400 if they are the old ones."""
    if all(getattr(message, name) == value for name, value in edited.items()):
        raise ApiError(400, _NOT_MODIFIED)
    for name, value in edited.items():
        setattr(message, name, value)
    message.edit_date = int(time.time())
    message.edits += 1
    sandbox.save_message(message)
    return message_object(sandbox, message)


def replied(sandbox: Sandbox, params: Json) -> int | None:
    """The message that is replied to. Raises ApiError 400 if it is gone, unless the call allows for that."""
    reply = params.get("reply_parameters")
    if reply is None:
        return None
    if (params["chat_id"], reply["message_id"]) in sandbox.messages:
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
