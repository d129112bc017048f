"""Who is in a group, as the bot may ask, and its own leaving."""

from sandbox.errors import ApiError
from sandbox.methods.chats import chat_to_write, known_chat
from sandbox.objects import member_object
from sandbox.records import Chat, Json, Member
from sandbox.world import Sandbox


async def get_chat_member(sandbox: Sandbox, params: Json) -> Json:
    """Anybody of this world; whoever was never in the group has "left"."""
    chat, person_id = _group(sandbox, params), params["user_id"]
    if person_id not in sandbox.people and person_id != sandbox.bot.person_id:
        raise ApiError(400, "Bad Request: PARTICIPANT_ID_INVALID")
    return member_object(sandbox, sandbox.member(chat.chat_id, person_id))


async def get_chat_administrators(sandbox: Sandbox, params: Json) -> list[Json]:
    """The creator and the administrators, in the order in which they came."""
    members = _present(sandbox, _group(sandbox, params))
    return [member_object(sandbox, member) for member in members if member.governs]


async def get_chat_member_count(sandbox: Sandbox, params: Json) -> int:
    """How many are in the group, the bot included."""
    return len(_present(sandbox, _group(sandbox, params)))


async def leave_chat(sandbox: Sandbox, params: Json) -> bool:
    """The bot goes."""
    chat = chat_to_write(sandbox, params)
    if chat.type == "private":
        raise ApiError(400, "Bad Request: chat member status can't be changed in private chats")
    sandbox.set_member(chat.chat_id, sandbox.bot.person_id, "left")
    return True


def _group(sandbox: Sandbox, params: Json) -> Chat:
    chat = known_chat(sandbox, params)
    if chat.type == "private":
        raise ApiError(400, "Bad Request: there are no administrators in the private chat")
    return chat


def _present(sandbox: Sandbox, chat: Chat) -> list[Member]:
    return [m for m in sandbox.members.values() if m.chat_id == chat.chat_id and m.present]


METHODS = {
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
}
