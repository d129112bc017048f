"""Where the bot may read and write: the chat that a call names, or Telegram's refusal."""

import time

from sandbox.errors import ApiError, not_supported
from sandbox.state.records import Chat, Json
from sandbox.world import Sandbox

# Parameters of messages and actions that belong to kinds of chats that are not here yet.
_NOT_YET = (
    "business_connection_id",
    "direct_messages_topic_id",
    "suggested_post_parameters",
    "inline_message_id",
)


def refuse_unsupported(params: Json, names: tuple[str, ...]) -> None:
    """Raise ApiError 400 for the first of these parameters that a call gives a value."""
    for name in names:
        if params.get(name):
            raise not_supported(name)


def known_chat(sandbox: Sandbox, params: Json) -> Chat:
    """The chat of `chat_id`. Raises ApiError 400 if there is none, or if it is of a kind that is not here."""
    refuse_unsupported(params, _NOT_YET)
    if "chat_id" not in params:
        raise ApiError(400, "Bad Request: chat_id is empty")
    chat = sandbox.state.chats.get(params["chat_id"])
    if chat is None:
        raise ApiError(400, "Bad Request: chat not found")
    if chat.type == "supergroup":
        _check_present(sandbox, chat)
    return chat


def chat_to_write(sandbox: Sandbox, params: Json) -> Chat:
    """The chat of `chat_id`, if the bot may write there. Raises ApiError 403 where it may not.

    A group that became a supergroup answers 400 with `migrate_to_chat_id`.
    """
    chat = known_chat(sandbox, params)
    if chat.migrated_to is not None:
        upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
        raise ApiError(400, upgraded, migrate_to_chat_id=chat.migrated_to)
    if chat.type != "private":
        _check_present(sandbox, chat)
        return chat
    person = sandbox.state.people[chat.chat_id]
    if not person.started:
        raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
    if person.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


def chat_to_send(sandbox: Sandbox, params: Json, permission: str = "can_send_messages") -> Chat:
    """The same for a new message, in the topic of `message_thread_id` if there is one.

    Raises ApiError 400 without the permission, or for a topic that is closed or gone; 429 above the limit.
    """
    chat = chat_to_write(sandbox, params)
    check_thread(sandbox, chat, params.get("message_thread_id"))
    plain = chat.type != "private" and not sandbox.state.bot_member(chat.chat_id).governs
    if plain and {permission, "can_send_messages"} & {*chat.forbidden}:
        what = "polls" if permission == "can_send_polls" else "text messages"
        raise ApiError(400, f"Bad Request: not enough rights to send {what} to the chat")
    if chat.sends_per_minute is not None:
        _check_limit(sandbox, chat, chat.sends_per_minute)
    return chat


def check_thread(sandbox: Sandbox, chat: Chat, thread_id: int | None) -> None:
    """Raise ApiError 400 unless there is such a topic, still open, or a thread of replies.

    Replies make threads where there are no topics; General has no thread id, as on Telegram.
    """
    if thread_id is None:
        return
    if chat.type == "private":
        raise not_supported("message_thread_id in a private chat")
    topic = sandbox.state.topics.get((chat.chat_id, thread_id))
    messages = [] if chat.is_forum else sandbox.state.messages_of(chat.chat_id)
    if topic is None and all(message.thread_id != thread_id for message in messages):
        raise ApiError(400, "Bad Request: message thread not found")
    if topic is not None and topic.closed and not sandbox.state.bot_member(chat.chat_id).governs:
        raise ApiError(400, "Bad Request: TOPIC_CLOSED")


def _check_present(sandbox: Sandbox, chat: Chat) -> None:
    status = sandbox.state.bot_member(chat.chat_id).status
    if status == "kicked":
        raise ApiError(403, f"Forbidden: bot was kicked from the {chat.type} chat")
    if status == "left":
        raise ApiError(403, f"Forbidden: bot is not a member of the {chat.type} chat")


def _check_limit(sandbox: Sandbox, chat: Chat, most: int) -> None:
    now, messages = time.time(), sandbox.state.messages_of(chat.chat_id)
    sent = [m.date for m in messages if m.sender_id == sandbox.bot.person_id and now - m.date < 60]
    if len(sent) >= most:
        wait = max(round(60 - (now - sent[-most])), 1)
        raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
