"""What people see before they write: command menus per scope and language, descriptions per language."""

import re

from sandbox.bot_api.methods.access import known_chat
from sandbox.errors import ApiError
from sandbox.state.records import Json
from sandbox.world import Sandbox

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")


async def set_my_commands(sandbox: Sandbox, params: Json) -> bool:
    """Replace the menu of a scope and language."""
    scope, language = _scope(sandbox, params), _language(params)
    if len(params["commands"]) > 100:
        raise ApiError(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
    for command in params["commands"]:
        if not _COMMAND.fullmatch(command["command"]):
            raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    sandbox.menus.set_commands(scope, language, params["commands"])
    return True


async def get_my_commands(sandbox: Sandbox, params: Json) -> list[Json]:
    """Exactly this scope and language."""
    return sandbox.menus.commands(_scope(sandbox, params), _language(params))


async def delete_my_commands(sandbox: Sandbox, params: Json) -> bool:
    """From now on the wider scope's menu shows."""
    sandbox.menus.delete_commands(_scope(sandbox, params), _language(params))
    return True


async def set_my_description(sandbox: Sandbox, params: Json) -> bool:
    """What the empty chat says, up to 512 characters; an empty one is taken away."""
    return _set_text(sandbox, "description", 512, params)


async def get_my_description(sandbox: Sandbox, params: Json) -> Json:
    """In this language, else the general one."""
    return {"description": sandbox.menus.description("description", _language(params))}


async def set_my_short_description(sandbox: Sandbox, params: Json) -> bool:
    """What the bot's profile says, up to 120 characters; an empty one is taken away."""
    return _set_text(sandbox, "short_description", 120, params)


async def get_my_short_description(sandbox: Sandbox, params: Json) -> Json:
    """In this language, else the general one."""
    return {"short_description": sandbox.menus.description("short_description", _language(params))}


def _scope(sandbox: Sandbox, params: Json) -> str:
    """A scope as `Menus` writes it."""
    scope = params.get("scope", {"type": "default"})
    if "chat_id" in scope:
        known_chat(sandbox, scope)
    return ":".join([scope["type"], *(str(scope[name]) for name in ("chat_id", "user_id") if name in scope)])


def _language(params: Json) -> str:
    code = params.get("language_code", "")
    if not _LANGUAGE.fullmatch(code):
        raise ApiError(400, "Bad Request: invalid language code specified")
    return str(code)


def _set_text(sandbox: Sandbox, kind: str, longest: int, params: Json) -> bool:
    text = params.get(kind, "")
    if len(text) > longest:
        raise ApiError(400, f"Bad Request: {kind.replace('_', ' ')} is too long")
    sandbox.menus.set_description(kind, _language(params), text)
    return True


METHODS = {
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyDescription": set_my_description,
    "getMyDescription": get_my_description,
    "setMyShortDescription": set_my_short_description,
    "getMyShortDescription": get_my_short_description,
}
