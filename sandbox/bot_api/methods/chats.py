"""Chats as the bot sees them: what they are, who is in them, the typing indicator, and its own leaving."""

import time

from sandbox.bot_api.methods.access import chat_to_write, check_thread, known_chat
from sandbox.errors import ApiError
from sandbox.state.objects import chat_object, member_object
from sandbox.state.records import Chat, Json, Member
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


async def get_chat(sandbox: Sandbox, params: Json) -> Json:
    """A ChatFullInfo with what every chat has, and what members of a group may do."""
    chat = known_chat(sandbox, params)
    described = chat_object(sandbox.state, chat) | {
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
    check_thread(sandbox, chat, params.get("message_thread_id"))
    if params["action"] not in _ACTIONS:
        raise ApiError(400, "Bad Request: wrong parameter action in request")
    chat.typing_until = time.time() + _ACTION_LASTS
    sandbox.chats.touch(chat.chat_id)
    return True


async def get_chat_member(sandbox: Sandbox, params: Json) -> Json:
    """Anybody of this world; who was never in the group has "left"."""
    chat, person_id = _group(sandbox, params), params["user_id"]
    if person_id not in sandbox.state.people and person_id != sandbox.bot.person_id:
        raise ApiError(400, "Bad Request: PARTICIPANT_ID_INVALID")
    return member_object(sandbox.state, sandbox.state.member(chat.chat_id, person_id))


async def get_chat_administrators(sandbox: Sandbox, params: Json) -> list[Json]:
    """The creator and the administrators, in the order in which they came."""
    members = _present(sandbox, _group(sandbox, params))
    return [member_object(sandbox.state, member) for member in members if member.governs]


async def get_chat_member_count(sandbox: Sandbox, params: Json) -> int:
    """How many are in the group, the bot included."""
    return len(_present(sandbox, _group(sandbox, params)))


async def leave_chat(sandbox: Sandbox, params: Json) -> bool:
    """The bot goes."""
    chat = chat_to_write(sandbox, params)
    if chat.type == "private":
        raise ApiError(400, "Bad Request: chat member status can't be changed in private chats")
    sandbox.groups.set_member(chat.chat_id, sandbox.bot.person_id, "left")
    return True


def _group(sandbox: Sandbox, params: Json) -> Chat:
    chat = known_chat(sandbox, params)
    if chat.type == "private":
        raise ApiError(400, "Bad Request: there are no administrators in the private chat")
    return chat


def _present(sandbox: Sandbox, chat: Chat) -> list[Member]:
    return [member for member in sandbox.state.members_of(chat.chat_id) if member.present]


METHODS = {
    "getChat": get_chat,
    "sendChatAction": send_chat_action,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
}
