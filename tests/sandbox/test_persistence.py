"""A world in a file survives a restart."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import ExtBot

from sandbox import Sandbox, serve

Connect = Callable[[str], ExtBot[None]]


async def read(url: str, path: str) -> Any:
    async with httpx.AsyncClient(base_url=url, verify=False) as client:
        return (await client.get(f"/control{path}")).json()


async def test_chats_updates_and_open_queries_survive(
    tmp_path: Path, token: str, grace: int, connect: Connect
) -> None:
    path = tmp_path / "deeper" / "sandbox.db"
    world = Sandbox(token, path=path)
    linus = world.people.add("Linus", language_code="fi").person_id
    world.people.set_blocked(linus, True)
    async with serve(world, port=0) as url, connect(url) as bot:
        world.people.say(grace, "confirmed")
        (update,) = await bot.get_updates(offset=-1)
        await bot.get_updates(offset=update.update_id + 1, allowed_updates=["message", "callback_query"])
        row = [InlineKeyboardButton("5★", callback_data="r5")]
        sent = await bot.send_message(grace, "<b>Heat</b>", "HTML", reply_markup=InlineKeyboardMarkup([row]))
        await bot.set_my_commands([("help", "what I can do")])
        await (await bot.send_message(grace, "to be deleted")).delete()
        tapped = world.queries.tap(grace, "5★")
        before = await read(url, f"/chats/{grace}")
    killed = world  # nothing closes the world of such a process

    world = Sandbox(token, path=path)
    async with serve(world, port=0) as url, connect(url) as bot:
        assert await read(url, f"/chats/{grace}") == before
        assert [(p["first_name"], p["blocked"]) for p in await read(url, "/people")][-1] == ("Linus", True)
        assert (await bot.get_webhook_info()).allowed_updates == ("message", "callback_query")
        (update,) = await bot.get_updates()
        assert update.callback_query is not None
        assert not isinstance(tapped, str)
        assert update.callback_query.id == tapped.query_id
        assert await update.callback_query.answer("Heat: 5★")
        said, update_id = world.people.say(grace, "again")
        assert said.message_id == sent.message_id + 2
        assert update_id == update.update_id + 1
    world.close()
    killed.close()  # Python 3.13 warns of a connection that is left to the garbage


async def test_one_world_can_be_served_again(sandbox: Sandbox, connect: Connect, ada: int) -> None:
    for text in ("one", "two"):
        async with serve(sandbox, port=0) as url, connect(url) as bot:
            sandbox.people.say(ada, text)
            (update,) = await bot.get_updates(offset=-1, timeout=20)
            assert update.message is not None
            assert update.message.text == text


def test_a_token_needs_telegrams_form() -> None:
    for token in ("", "secret", "12:", "x:secret"):
        with pytest.raises(ValueError, match="123456:secret"):
            Sandbox(token)


async def test_worlds_in_one_process_are_apart(sandbox: Sandbox, token: str, ada: int) -> None:
    other = Sandbox(token)
    async with serve(sandbox, port=0) as first, serve(other, port=0) as second:
        assert first != second
        chats = await asyncio.gather(read(first, f"/chats/{ada}"), read(second, f"/chats/{ada}"))
    assert [len(chat["messages"]) for chat in chats] == [1, 0]
    other.close()
