"""Command menus by scope and language, and descriptions."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.ext import ExtBot

from sandbox import Sandbox
from sandbox.errors import ApiError

Call = Callable[..., Coroutine[Any, Any, Any]]


async def menu(http: httpx.AsyncClient, chat_id: int) -> list[str]:
    transcript = (await http.get(f"/control/chats/{chat_id}")).json()
    return [command["description"] for command in transcript["commands"]]


async def test_the_narrowest_scope_wins_and_a_language_before_none(
    http: httpx.AsyncClient, ptb: ExtBot[None], sandbox: Sandbox, ada: int
) -> None:
    linus = sandbox.people.add("Linus", language_code="fi").person_id
    await ptb.set_my_commands([BotCommand("help", "default")])
    assert await menu(http, ada) == ["default"]
    await ptb.set_my_commands([BotCommand("help", "groups")], BotCommandScopeAllGroupChats())
    await ptb.set_my_commands([BotCommand("help", "private")], BotCommandScopeAllPrivateChats())
    await ptb.set_my_commands([BotCommand("help", "suomeksi")], BotCommandScopeAllPrivateChats(), "fi")
    await ptb.set_my_commands([BotCommand("help", "Ada's")], BotCommandScopeChat(ada))
    assert await menu(http, ada) == ["Ada's"]
    assert await menu(http, linus) == ["suomeksi"]
    assert await ptb.get_my_commands(BotCommandScopeAllPrivateChats()) == (BotCommand("help", "private"),)
    assert await ptb.get_my_commands(BotCommandScopeAllPrivateChats(), "sv") == ()
    await ptb.delete_my_commands(BotCommandScopeChat(ada))
    await ptb.delete_my_commands(BotCommandScopeAllPrivateChats(), "fi")
    assert await menu(http, ada) == ["private"]
    assert await menu(http, linus) == ["private"]


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"commands": [{"command": "Start", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x" * 33, "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x", "description": "y"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [], "scope": {"type": "chat", "chat_id": 1}}, "chat not found"),
        ({"commands": [], "language_code": "english"}, "invalid language code specified"),
    ],
)
async def test_menus_that_telegram_refuses(execute: Call, params: dict[str, Any], description: str) -> None:
    with pytest.raises(ApiError) as refusal:
        await execute("setMyCommands", **params)
    assert refusal.value.description == f"Bad Request: {description}"


async def test_descriptions_fall_back_to_the_general_language(
    http: httpx.AsyncClient, ptb: ExtBot[None], call: Call, sandbox: Sandbox, grace: int
) -> None:
    linus = sandbox.people.add("Linus", language_code="fi").person_id
    await ptb.set_my_description("in general")
    await ptb.set_my_description("suomeksi", "fi")
    await ptb.set_my_short_description("in short")
    assert (await ptb.get_my_description("fi")).description == "suomeksi"
    assert (await ptb.get_my_description("sv")).description == "in general"
    assert (await ptb.get_my_short_description()).short_description == "in short"
    shown = [(await http.get(f"/control/chats/{chat}")).json()["description"] for chat in (linus, grace)]
    assert shown == ["suomeksi", "in general"]
    await ptb.set_my_description("", "fi")
    assert (await ptb.get_my_description("fi")).description == "in general"
    assert not (await call("setMyDescription", description="x" * 513))["ok"]
    assert not (await call("setMyShortDescription", short_description="x" * 121))["ok"]
