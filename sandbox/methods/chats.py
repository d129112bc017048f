"""Chats as the bot sees them: where it may read and write, what they are, and the typing indicator."""

import time

from sandbox.errors import ApiError, not_supported
from sandbox.objects import chat_object
from sandbox.records import Chat, Json
from sandbox.world import Sandbox

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
_PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)
_NOT_YET = (  # parameters of messages and actions that belong to kinds of chats that are not here yet
    "business_connection_id",
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
    if chat.type == "supergroup":
        _check_present(sandbox, chat)
    return chat


def chat_to_write(sandbox: Sandbox, params: Json) -> Chat:
    """The chat of `chat_id`, if the bot may write there. Raises ApiError 403 where it may not.

    A group that became a supergroup answers 400 with `migrate_to_chat_id`.
    """
    chat = known_chat(sandbox, params)
    if chat.type != "private":
        return _group_to_write(sandbox, chat)
    person = sandbox.people[chat.chat_id]
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
    _check_thread(sandbox, chat, params.get("message_thread_id"))
    plain = chat.type != "private" and not sandbox.bot_member(chat.chat_id).governs
    if plain and {permission, "can_send_messages"} & {*chat.forbidden}:
        what = "polls" if permission == "can_send_polls" else "text messages"
        raise ApiError(400, f"Bad Request: not enough rights to send {what} to the chat")
    if chat.sends_per_minute is not None:
        _check_limit(sandbox, chat, chat.sends_per_minute)
    return chat


def _group_to_write(sandbox: Sandbox, chat: Chat) -> Chat:
    if chat.migrated_to is not None:
        upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
        raise ApiError(400, upgraded, migrate_to_chat_id=chat.migrated_to)
    _check_present(sandbox, chat)
    return chat


def _check_present(sandbox: Sandbox, chat: Chat) -> None:
    status = sandbox.bot_member(chat.chat_id).status
    if status == "kicked":
        raise ApiError(403, f"Forbidden: bot was kicked from the {chat.type} chat")
    if status == "left":
        raise ApiError(403, f"Forbidden: bot is not a member of the {chat.type} chat")


def _check_thread(sandbox: Sandbox, chat: Chat, thread_id: int | None) -> None:
    """A topic, or a thread of replies where there are no topics; General has no thread id, as on Telegram."""
    if thread_id is None:
        return
    if chat.type == "private":
        raise not_supported("message_thread_id in a private chat")
    topic = sandbox.topics.get((chat.chat_id, thread_id))
    replies = not chat.is_forum and any(m.thread_id == thread_id for m in sandbox.chat_messages(chat.chat_id))
    if topic is None and not replies:
        raise ApiError(400, "Bad Request: message thread not found")
    if topic is not None and topic.closed and not sandbox.bot_member(chat.chat_id).governs:
        raise ApiError(400, "Bad Request: TOPIC_CLOSED")


def _check_limit(sandbox: Sandbox, chat: Chat, most: int) -> None:
    bot, now = sandbox.bot.person_id, time.time()
    sent = [m.date for m in sandbox.chat_messages(chat.chat_id) if m.sender_id == bot and now - m.date < 60]
    if len(sent) >= most:
        wait = max(round(60 - (now - sent[-most])), 1)
        raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


async def get_chat(sandbox: Sandbox, params: Json) -> Json:
    """A ChatFullInfo with what every chat has, and what members of a group may do."""
    chat = known_chat(sandbox, params)
    described = chat_object(sandbox, chat) | {
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
    if chat.type != "private":
        described["permissions"] = {name: name not in chat.forbidden for name in _PERMISSIONS}
    return described


async def send_chat_action(sandbox: Sandbox, params: Json) -> bool:
    """Show "typing" for five seconds, or until the bot's next message."""
    chat = chat_to_write(sandbox, params)
    _check_thread(sandbox, chat, params.get("message_thread_id"))
    if params["action"] not in _ACTIONS:
        raise ApiError(400, "Bad Request: wrong parameter action in request")
    chat.typing_until = time.time() + _ACTION_LASTS
    sandbox.touch(chat.chat_id)
    return True


METHODS = {"getChat": get_chat, "sendChatAction": send_chat_action}
