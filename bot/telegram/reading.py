"""What is in Telegram's objects for us: who and where, the command, the text, the topic."""

from __future__ import annotations

from collections.abc import Mapping

from telegram import CallbackQuery, Chat, ChatMember, Message, User

from bot.process.metrics import Kind

_KINDS: Mapping[str, Kind] = {"callback_query": "tap", "poll_answer": "vote", "my_chat_member": "membership"}
_COMINGS = {"new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id"}


def kind_of(body: Mapping[str, object]) -> Kind:
    """What a raw update is, whatever it holds."""
    for name, kind in _KINDS.items():
        if name in body:
            return kind
    message = body.get("message")
    if not isinstance(message, dict):
        return "other"
    if str(message.get("text", "")).startswith("/"):
        return "command"
    return "membership" if message.keys() & _COMINGS else "message"


def who_and_where(query: CallbackQuery | None, message: Message | None) -> tuple[User | None, Chat | None]:
    """The sender and the chat of a tap or a message, as far as Telegram names them."""
    if query is not None:
        return query.from_user, query.message.chat if query.message else None
    if message is not None:
        return message.from_user, message.chat
    return None, None


def topic_of(message: object) -> int:
    """The topic of a message, 0 for none; a message too old to be read has none."""
    if isinstance(message, Message) and message.is_topic_message and message.message_thread_id:
        return message.message_thread_id
    return 0


def is_present(member: ChatMember) -> bool:
    """Whether the bot is in a group."""
    if member.status == ChatMember.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status in (ChatMember.ADMINISTRATOR, ChatMember.MEMBER, ChatMember.OWNER)


def command_of(message: Message | None, username: str) -> str | None:
    """The command a message begins with, in lower case, "" for one to another bot; None for other text.

    Read from the text: entities leave out commands such as /привет, and some servers send none.
    """
    if message is None or not message.text or not message.text.startswith("/"):
        return None
    name, _, addressee = message.text.split()[0][1:].partition("@")
    return name.lower() if not addressee or addressee.lower() == username.lower() else ""


def text_of(message: Message | None) -> str:
    """A message's text; of a command, what follows it."""
    if message is None or not message.text:
        return ""
    if message.text.startswith("/"):
        return message.text.partition(message.text.split()[0])[2].strip()
    return message.text.strip()
