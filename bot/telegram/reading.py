"""What an update says, from the JSON that Telegram sent to a value that names it.

Nothing is asked of anybody, and nothing is written.

Incoming               what somebody did, and is answered
├── Tap                on a button
├── Text               a message, or a command
├── Vote               in a poll
├── Presence           the bot was added to a group, or removed
└── Departure          somebody left a group
Membership             somebody blocked the bot, or let it in again
Migration              a group became a supergroup
AnonymousCommand       in a group, of somebody who does not show who they are: an admin, or a channel
LostTap                on a message so old that Telegram does not name its chat, or in a channel
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, Message, PollAnswer, Update, User
from telegram.constants import ChatType

from bot.process.metrics import UpdateKind

_KINDS: Mapping[str, UpdateKind] = {
    "callback_query": "tap",
    "poll_answer": "vote",
    "my_chat_member": "membership",
    "chat_member": "membership",
}
_COMINGS = {"new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id"}
_CHATS = (ChatType.PRIVATE, ChatType.GROUP, ChatType.SUPERGROUP)  # and no channel


@dataclass(frozen=True, slots=True)
class Group:
    """Where in a group an update came from: Telegram's id of it, and the topic, 0 for none."""

    chat_id: int
    topic_id: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """Who did something, and where: `group` is None in a private chat."""

    user: User
    chat_id: int
    group: Group | None


@dataclass(frozen=True, slots=True)
class Tap(Incoming):
    """On a button of the message `message_id`; `data` is what the button carries."""

    message_id: int
    query_id: str
    data: str


@dataclass(frozen=True, slots=True)
class Text(Incoming):
    """A message; of a command, `text` is what follows it, and `command` its name in lower case.

    The name is "" for a command to another bot, and None for what is no command.
    """

    text: str
    command: str | None


@dataclass(frozen=True, slots=True)
class Vote(Incoming):
    """The options, by position, that somebody chose in a poll. Its chat is taken to be the voter's own."""

    poll_id: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Presence(Incoming):
    """Whether the bot was in a group, and whether it is now; the user did that."""

    before: bool
    now: bool


@dataclass(frozen=True, slots=True)
class Departure(Incoming):
    """The user left a group, or was removed."""


@dataclass(frozen=True, slots=True)
class Membership:
    """The user blocked the bot in private, or let it in again."""

    user: User
    blocked: bool


@dataclass(frozen=True, slots=True)
class Migration:
    """The group `old` is the supergroup `new` now. Telegram says so on both sides."""

    old: int
    new: int


@dataclass(frozen=True, slots=True)
class AnonymousCommand:
    """Telegram names a bot of its own as the sender, for the group itself, or for the channel as which
    (`as_channel`) somebody writes."""

    chat_id: int
    topic_id: int
    as_channel: bool


@dataclass(frozen=True, slots=True)
class LostTap:
    """There is a query to answer, and nothing else."""

    query_id: str
    language: str | None


Reading = Incoming | Membership | Migration | AnonymousCommand | LostTap


def read(body: Mapping[str, Any], username: str) -> Reading | None:
    """What an update says to the bot of this name; None for what is not for it.

    Raises what python-telegram-bot raises, TypeError and others, for what Telegram would not send.
    """
    update = Update.de_json(dict(body))
    if update.callback_query is not None:
        found: Reading | None = _tap(update.callback_query)
    elif update.poll_answer is not None:
        found = _vote(update.poll_answer)
    elif update.my_chat_member is not None:
        found = _change(update.my_chat_member)
    elif update.chat_member is not None:
        found = _departure(update.chat_member)
    elif update.message is not None:
        found = _message(update.message, username)
    else:
        found = None
    if isinstance(found, Text) and found.group is not None and found.user.is_bot:
        if not found.command:
            return None
        sender = None if update.message is None else update.message.sender_chat
        as_channel = sender is not None and sender.id != found.chat_id
        return AnonymousCommand(found.chat_id, found.group.topic_id, as_channel)
    return found


def chat_key(body: Mapping[str, Any]) -> int:
    """What an update is ordered by: its chat, else its sender, else one queue for the rest.

    A malformed update is one of the rest: it becomes a row and fails there, and holds nobody up.
    """
    for kind in ("message", "my_chat_member", "chat_member", "callback_query", "poll_answer"):
        if said := body.get(kind):
            try:
                message = said.get("message") or {}
                chat = said.get("chat") or message.get("chat") or said.get("from") or said.get("user") or {}
                key = int(chat.get("id", 0))
                return key if -(2**63) <= key < 2**63 else 0
            except (AttributeError, TypeError, ValueError, OverflowError):
                return 0
    return 0


def kind_of(body: Mapping[str, object]) -> UpdateKind:
    """The label that an update has in the metrics, whatever it holds: also one that cannot be read."""
    for name, kind in _KINDS.items():
        if name in body:
            return kind
    message = body.get("message")
    if not isinstance(message, dict):
        return "other"
    if str(message.get("text", "")).startswith("/"):
        return "command"
    return "membership" if message.keys() & _COMINGS else "message"


def _tap(query: CallbackQuery) -> Tap | LostTap | None:
    message = query.message
    if message is None:
        return LostTap(query.id, query.from_user.language_code)
    if message.chat.type not in _CHATS:  # a post in a channel: there is nothing to do for the bot there
        return LostTap(query.id, query.from_user.language_code)
    group = _group(message.chat.type, message.chat.id, _topic_of(message))
    return Tap(query.from_user, message.chat.id, group, message.message_id, query.id, query.data or "")


def _vote(vote: PollAnswer) -> Vote | None:
    """Nothing if a chat voted, not a user."""
    user = vote.user
    return None if user is None else Vote(user, user.id, None, vote.poll_id, tuple(vote.option_ids))


def _change(change: ChatMemberUpdated) -> Membership | Presence:
    """Of the bot's own place in a chat."""
    if change.chat.type == ChatType.PRIVATE:
        return Membership(change.from_user, blocked=change.new_chat_member.status == ChatMember.BANNED)
    before, now = _is_present(change.old_chat_member), _is_present(change.new_chat_member)
    return Presence(change.from_user, change.chat.id, Group(change.chat.id, 0), before, now)


def _departure(change: ChatMemberUpdated) -> Departure | None:
    """Of somebody else's place in a group: who went, however they did."""
    user = change.new_chat_member.user
    if user.is_bot or _is_present(change.new_chat_member) or not _is_present(change.old_chat_member):
        return None
    return Departure(user, change.chat.id, Group(change.chat.id, 0))


def _message(message: Message, username: str) -> Text | Departure | Migration | None:
    """In private, any message; in a group, commands and news of the group."""
    chat, user, gone = message.chat, message.from_user, message.left_chat_member
    if message.migrate_to_chat_id is not None:
        return Migration(chat.id, message.migrate_to_chat_id)
    if message.migrate_from_chat_id is not None:
        return Migration(message.migrate_from_chat_id, chat.id)
    if user is None or message.is_automatic_forward:  # a post of the group's channel: nobody's words here
        return None
    if gone is not None:
        return None if gone.is_bot else Departure(gone, chat.id, Group(chat.id, 0))
    command = _command_of(message.text or "", username)
    group = _group(chat.type, chat.id, _topic_of(message))
    if chat.type not in _CHATS or (group is not None and command is None):
        return None
    return Text(user, chat.id, group, _text_of(message.text or ""), command)


def _group(chat_type: str, chat_id: int, topic_id: int) -> Group | None:
    return None if chat_type == ChatType.PRIVATE else Group(chat_id, topic_id)


def _topic_of(message: object) -> int:
    """The topic of a message, 0 for none; a message too old to be read has none."""
    if isinstance(message, Message) and message.is_topic_message and message.message_thread_id:
        return message.message_thread_id
    return 0


def _is_present(member: ChatMember) -> bool:
    if member.status == ChatMember.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status in (ChatMember.ADMINISTRATOR, ChatMember.MEMBER, ChatMember.OWNER)


def _command_of(text: str, username: str) -> str | None:
    """The name of the command that a text begins with.

    Read from the text: entities leave out commands such as /привет, and some servers send none.
    """
    if not text.startswith("/"):
        return None
    name, _, addressee = text.split()[0][1:].partition("@")
    return name.lower() if not addressee or addressee.lower() == username.lower() else ""


def _text_of(text: str) -> str:
    """A text without the command that it begins with."""
    if text.startswith("/"):
        text = text.partition(text.split()[0])[2]
    return text.strip()
