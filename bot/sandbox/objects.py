"""Records as the Bot API's objects: User, Chat, Message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.records import Chat, Json, Message, Person

if TYPE_CHECKING:
    from bot.sandbox.world import Sandbox

__all__ = ["bot_user", "button_kind", "chat_object", "message_object", "user_object"]


def user_object(person: Person) -> Json:
    """A person as a User."""
    user: Json = {"id": person.person_id, "is_bot": False, "first_name": person.first_name}
    user |= {"last_name": person.last_name} if person.last_name else {}
    user |= {"username": person.username} if person.username else {}
    return user | {"language_code": person.language_code}


def bot_user(sandbox: Sandbox) -> Json:
    """The bot as a User."""
    bot = sandbox.bot
    return {"id": bot.person_id, "is_bot": True, "first_name": bot.first_name, "username": bot.username}


def chat_object(sandbox: Sandbox, chat: Chat) -> Json:
    """A chat as a Chat; a private one bears the person's names."""
    person = sandbox.people[chat.chat_id]
    described: Json = {"id": chat.chat_id, "type": chat.type, "first_name": person.first_name}
    described |= {"last_name": person.last_name} if person.last_name else {}
    return described | ({"username": person.username} if person.username else {})


def message_object(sandbox: Sandbox, message: Message, *, with_reply: bool = True) -> Json:
    """A message as a Message. A message that is replied to comes without its own reply, as on Telegram."""
    from_bot = message.sender_id == sandbox.bot.person_id
    sender = bot_user(sandbox) if from_bot else user_object(sandbox.people[message.sender_id])
    described: Json = {
        "message_id": message.message_id,
        "from": sender,
        "chat": chat_object(sandbox, sandbox.chats[message.chat_id]),
        "date": message.date,
    }
    if message.edit_date is not None:
        described["edit_date"] = message.edit_date
    if message.protected:
        described["has_protected_content"] = True
    replied = sandbox.messages.get((message.chat_id, message.reply_to)) if message.reply_to else None
    if with_reply and replied is not None:
        described["reply_to_message"] = message_object(sandbox, replied, with_reply=False)
    described |= _content(sandbox, message)
    for name in ("link_preview_options", "reply_markup"):
        if value := getattr(message, name):
            described[name] = value
    return described


def _content(sandbox: Sandbox, message: Message) -> Json:
    """The text, or the file with its caption."""
    found = sandbox.files.get(message.file_id) if message.file_id else None
    if found is None:
        return {"text": message.text} | ({"entities": message.entities} if message.entities else {})
    ids: Json = {"file_id": found.file_id, "file_unique_id": found.file_unique_id, "file_size": found.size}
    described: Json
    if found.kind == "photo":
        described = {"photo": [ids | {"width": found.width, "height": found.height}]}
    else:
        described = {"document": ids | {"file_name": found.name, "mime_type": found.mime_type}}
    described |= {"caption": message.text} if message.text else {}
    return described | ({"caption_entities": message.entities} if message.entities else {})


def button_kind(button: Json) -> str:
    """What an inline button does: the name of its one action, such as "callback_data"."""
    return next(name for name in button if name not in ("text", "style", "icon_custom_emoji_id"))
