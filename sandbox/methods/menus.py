"""What people see before they write: command menus per scope and language, descriptions per language."""

import re

from sandbox.errors import ApiError
from sandbox.methods.chats import known_chat
from sandbox.records import Chat, Json, Person
from sandbox.world import Sandbox

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")


def commands_for(sandbox: Sandbox, person: Person, chat: Chat) -> list[Json]:
    """A person's menu in a chat: the narrowest scope's that has one, in the person's language if it can."""
    for scope in _scopes(sandbox, person, chat):
        for language in (person.language_code[:2], ""):
            if commands := sandbox.store.get("commands", f"{scope}/{language}"):
                return list(commands)
    return []


def _scopes(sandbox: Sandbox, person: Person, chat: Chat) -> list[str]:
    """The scopes that hold for somebody in a chat, narrowest first, in the Bot API's order."""
    if chat.type == "private":
        return [f"chat:{chat.chat_id}", "all_private_chats", "default"]
    governs = sandbox.member(chat.chat_id, person.person_id).governs
    scopes = [f"chat_member:{chat.chat_id}:{person.person_id}"]
    scopes += [f"chat_administrators:{chat.chat_id}"] if governs else []
    scopes += [f"chat:{chat.chat_id}"]
    return scopes + (["all_chat_administrators"] if governs else []) + ["all_group_chats", "default"]


def description_for(sandbox: Sandbox, person: Person) -> str:
    """What the empty chat with the bot says, in the person's language."""
    for language in (person.language_code[:2], ""):
        if description := sandbox.store.get("description", language):
            return str(description)
    return ""


async def set_my_commands(sandbox: Sandbox, params: Json) -> bool:
    """Replace the menu of a scope and language."""
    key = _menu(sandbox, params)
    if len(params["commands"]) > 100:
        raise ApiError(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
    for command in params["commands"]:
        if not _COMMAND.fullmatch(command["command"]):
            raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    sandbox.store.put("commands", key, params["commands"])
    _announce(sandbox)
    return True


async def get_my_commands(sandbox: Sandbox, params: Json) -> list[Json]:
    """Exactly this scope and language."""
    return list(sandbox.store.get("commands", _menu(sandbox, params)) or [])


async def delete_my_commands(sandbox: Sandbox, params: Json) -> bool:
    """From now on the wider scope's menu shows."""
    sandbox.store.delete("commands", _menu(sandbox, params))
    _announce(sandbox)
    return True


async def set_my_description(sandbox: Sandbox, params: Json) -> bool:
    """What the empty chat says, up to 512 characters; an empty one is taken away."""
    return _set_text(sandbox, "description", 512, params)


async def get_my_description(sandbox: Sandbox, params: Json) -> Json:
    """In this language, else the general one."""
    return {"description": _get_text(sandbox, "description", params)}


async def set_my_short_description(sandbox: Sandbox, params: Json) -> bool:
    """What the bot's profile says, up to 120 characters; an empty one is taken away."""
    return _set_text(sandbox, "short_description", 120, params)


async def get_my_short_description(sandbox: Sandbox, params: Json) -> Json:
    """In this language, else the general one."""
    return {"short_description": _get_text(sandbox, "short_description", params)}


def _menu(sandbox: Sandbox, params: Json) -> str:
    """The key of a menu in the store."""
    scope = params.get("scope", {"type": "default"})
    if "chat_id" in scope:
        known_chat(sandbox, scope)
    parts = [scope["type"], *(str(scope[name]) for name in ("chat_id", "user_id") if name in scope)]
    return ":".join(parts) + "/" + _language(params)


def _language(params: Json) -> str:
    code = params.get("language_code", "")
    if not _LANGUAGE.fullmatch(code):
        raise ApiError(400, "Bad Request: invalid language code specified")
    return str(code)


def _set_text(sandbox: Sandbox, kind: str, longest: int, params: Json) -> bool:
    text = params.get(kind, "")
    if len(text) > longest:
        raise ApiError(400, f"Bad Request: {kind.replace('_', ' ')} is too long")
    sandbox.store.put(kind, _language(params), text)
    _announce(sandbox)
    return True


def _get_text(sandbox: Sandbox, kind: str, params: Json) -> str:
    return sandbox.store.get(kind, _language(params)) or sandbox.store.get(kind, "") or ""


def _announce(sandbox: Sandbox) -> None:
    """Menus and descriptions show in every chat."""
    for chat_id in sandbox.chats:
        sandbox.touch(chat_id)


METHODS = {
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyDescription": set_my_description,
    "getMyDescription": get_my_description,
    "setMyShortDescription": set_my_short_description,
    "getMyShortDescription": get_my_short_description,
}
