"""What people do, through the control API, and what the bot gets of it, through PTB's client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import ChatMember, InlineKeyboardButton, InlineKeyboardMarkup, Message, MessageEntity, Update
from telegram.error import BadRequest
from telegram.ext import ExtBot

from sandbox import Sandbox


class Inbox:
    """The bot's side: the next update, confirmed when the one after it is asked for."""

    def __init__(self, bot: ExtBot[None]) -> None:
        self._bot = bot
        self._offset = 0

    async def next(self) -> Update:
        (update, *_) = await self._bot.get_updates(offset=self._offset, timeout=20)
        self._offset = update.update_id + 1
        return update


@pytest.fixture
def inbox(ptb: ExtBot[None]) -> Inbox:
    return Inbox(ptb)


@pytest.fixture
async def asked(ptb: ExtBot[None], ada: int) -> Message:
    """A message of the bot with buttons, in Ada's chat."""
    row = [InlineKeyboardButton(label, callback_data=f"data of {label}") for label in ("1★", "5★")]
    link = InlineKeyboardButton("Its page", url="https://example.org/heat")
    return await ptb.send_message(ada, "Heat?", reply_markup=InlineKeyboardMarkup([row, [link]]))


async def test_a_text_reaches_the_bot(http: httpx.AsyncClient, inbox: Inbox, grace: int) -> None:
    said = await http.post(f"/control/chats/{grace}/messages", json={"text": "🎬 /like@matinee_bot heat "})
    update = await inbox.next()
    assert said.status_code == 201
    assert said.json() == {"message_id": 1, "update_id": update.update_id}
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert (message.text, message.entities) == (
        "🎬 /like@matinee_bot heat",
        (MessageEntity("bot_command", 3, 17),),
    )
    assert (message.from_user.id, message.from_user.language_code, message.chat.id) == (grace, "en", grace)


async def test_a_tap_reaches_the_bot_and_its_answer_the_person(
    http: httpx.AsyncClient, inbox: Inbox, asked: Message, ada: int
) -> None:
    tap = asyncio.create_task(http.post(f"/control/chats/{ada}/taps", json={"label": "5★", "wait": 30}))
    query = (await inbox.next()).callback_query
    assert query is not None
    assert query.from_user.id == ada
    assert (query.data, query.message) == ("data of 5★", asked)
    await query.answer("Heat: 5★", show_alert=True)
    tapped = (await tap).json()
    assert tapped["query_id"] == query.id
    assert (tapped["answer"]["text"], tapped["answer"]["show_alert"]) == ("Heat: 5★", True)
    await query.answer("a second answer changes nothing")
    assert (await http.get(f"/control/queries/{query.id}")).json()["answer"]["text"] == "Heat: 5★"
    assert (await http.get(f"/control/chats/{ada}")).json()["toasts"] == [
        {"query_id": query.id, "text": "Heat: 5★", "show_alert": True, "url": None}
    ]


async def test_a_tap_finds_the_newest_message_that_has_the_label(
    http: httpx.AsyncClient, ptb: ExtBot[None], asked: Message, ada: int
) -> None:
    newer = await ptb.send_message(ada, "Ronin?", reply_markup=asked.reply_markup)
    await ptb.send_message(ada, "no buttons here")
    path = f"/control/chats/{ada}/taps"
    assert (await http.post(path, json={"label": "1★"})).json()["message_id"] == newer.message_id
    older = await http.post(path, json={"label": "1★", "message_id": asked.message_id})
    assert older.json()["message_id"] == asked.message_id
    spinning = (await http.get(f"/control/chats/{ada}")).json()["taps_waiting"]
    assert [tap["message_id"] for tap in spinning] == [newer.message_id, asked.message_id]


async def test_a_label_that_is_not_there_gives_those_that_are(
    http: httpx.AsyncClient, asked: Message, ada: int, grace: int
) -> None:
    refusal = await http.post(f"/control/chats/{ada}/taps", json={"label": "6★"})
    assert refusal.status_code == 404
    assert refusal.json() == {
        "error": 'there is no button "6★"',
        "labels": {str(asked.message_id): [["1★", "5★"], ["Its page"]]},
    }
    refusal = await http.post(f"/control/chats/{grace}/taps", json={"label": "5★"})
    assert refusal.json()["labels"] == {}


async def test_a_link_button_opens_its_address(
    http: httpx.AsyncClient, sandbox: Sandbox, asked: Message, ada: int
) -> None:
    tapped = await http.post(f"/control/chats/{ada}/taps", json={"label": "Its page"})
    assert tapped.json() == {"url": "https://example.org/heat"}
    assert sandbox.updates.pending() == []


async def test_an_answer_can_open_the_bot_and_nothing_else(
    http: httpx.AsyncClient, inbox: Inbox, asked: Message, ada: int
) -> None:
    await http.post(f"/control/chats/{ada}/taps", json={"label": "5★"})
    query = (await inbox.next()).callback_query
    assert query is not None
    with pytest.raises(BadRequest, match="rl_invalid"):
        await query.answer(url="https://example.org/")
    await query.answer(url="https://t.me/matinee_bot?start=taste")
    (toast,) = (await http.get(f"/control/chats/{ada}")).json()["toasts"]
    assert (toast["text"], toast["url"]) == ("", "https://t.me/matinee_bot?start=taste")


async def test_a_stale_button_can_still_be_tapped(
    http: httpx.AsyncClient, inbox: Inbox, asked: Message, ada: int
) -> None:
    await asked.edit_text("Heat: 4★")
    stale = {"data": "data of 5★", "message_id": asked.message_id}
    await http.post(f"/control/chats/{ada}/taps", json=stale)
    query = (await inbox.next()).callback_query
    assert query is not None
    assert query.data == "data of 5★"
    assert isinstance(query.message, Message)
    assert (query.message.text, query.message.reply_markup) == ("Heat: 4★", None)


async def test_an_answer_may_be_too_late_or_too_long(
    http: httpx.AsyncClient, inbox: Inbox, ptb: ExtBot[None], asked: Message, ada: int
) -> None:
    await http.post(f"/control/chats/{ada}/taps", json={"label": "1★"})
    query = (await inbox.next()).callback_query
    assert query is not None
    with pytest.raises(BadRequest, match=r"(?i)^message_too_long$"):
        await query.answer("x" * 201)
    younger = (await http.post(f"/control/chats/{ada}/taps", json={"label": "5★"})).json()["query_id"]
    expired = await http.post("/control/queries/expire", json={"query_id": query.id})
    assert expired.json() == {"expired": [query.id]}
    assert (await http.post("/control/queries/expire")).json() == {"expired": [younger]}
    too_old = "Query is too old and response timeout expired or query id is invalid"
    for query_id in (query.id, "12345"):
        with pytest.raises(BadRequest, match=rf"(?i)^{too_old}$"):
            await ptb.answer_callback_query(query_id)
    listed = (await http.get("/control/queries", params={"chat_id": ada})).json()
    assert [(q["expired"], q["open"], q["answer"]) for q in listed] == [(True, False, None)] * 2


async def test_a_query_ages(ptb: ExtBot[None], sandbox: Sandbox, asked: Message, ada: int) -> None:
    query = sandbox.queries.tap(ada, "1★")
    assert not isinstance(query, str)
    query.time -= 3600
    with pytest.raises(BadRequest, match="Query is too old"):
        await ptb.answer_callback_query(query.query_id)


async def test_the_bot_hears_of_blocking_which_silences_the_person(
    http: httpx.AsyncClient, inbox: Inbox, asked: Message, ada: int
) -> None:
    assert (await http.post(f"/control/chats/{ada}/block")).json()["blocked"]
    change = (await inbox.next()).my_chat_member
    assert change is not None
    assert (change.chat.id, change.from_user.id) == (ada, ada)
    assert (change.old_chat_member.status, change.new_chat_member.status) == (
        ChatMember.MEMBER,
        ChatMember.BANNED,
    )
    for path, body in (("messages", {"text": "hi"}), ("taps", {"label": "1★"})):
        refusal = await http.post(f"/control/chats/{ada}/{path}", json=body)
        assert refusal.status_code == 409
        assert refusal.json()["error"] == "Ada blocked the bot, and has to unblock it first"
    assert not (await http.post(f"/control/chats/{ada}/unblock")).json()["blocked"]
    change = (await inbox.next()).my_chat_member
    assert change is not None
    assert change.new_chat_member.status == ChatMember.MEMBER


async def test_a_transcript_shows_what_a_reader_sees(
    http: httpx.AsyncClient, ptb: ExtBot[None], asked: Message, ada: int
) -> None:
    await asked.edit_text(
        '<b>Heat (1995)</b>\n<a href="https://www.imdb.com/title/tt0113277/">open</a>',
        parse_mode="HTML",
        reply_markup=asked.reply_markup,
    )
    transcript = (await http.get(f"/control/chats/{ada}")).json()
    assert [message["text"] for message in transcript["messages"]] == ["/start", "Heat (1995)\nopen"]
    shown = transcript["messages"][1]
    assert (shown["from"], shown["edits"]) == ("bot", 1)
    assert shown["labels"] == [["1★", "5★"], ["Its page"]]
    assert shown["keyboard"][0][1] == {"label": "5★", "callback_data": "data of 5★"}
    assert shown["entities"][0] == {"type": "bold", "offset": 0, "length": 11}
    assert shown["link_preview"] == {
        "url": "https://www.imdb.com/title/tt0113277/",
        "host": "imdb.com",
        "title": "Heat (1995)",
        "size": "small",
        "above_text": False,
    }
    newest = (await http.get(f"/control/chats/{ada}", params={"limit": 1})).json()
    assert newest["messages"] == [shown]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("no link", {}, None),
        ("see x.org/a", {}, ("http://x.org/a", "a", "small", False)),
        ("see http://x.org/a", {"is_disabled": True}, None),
        ("Heat", {"url": "https://www.x.org/b", "prefer_large_media": True, "show_above_text": True},
         ("https://www.x.org/b", "b", "large", True)),
    ],
)  # fmt: skip
async def test_the_link_preview_follows_the_options(
    http: httpx.AsyncClient,
    token: str,
    ada: int,
    text: str,
    options: dict[str, Any],
    expected: tuple[Any, ...] | None,
) -> None:
    params = {"chat_id": ada, "text": text, "link_preview_options": options}
    await http.post(f"/bot{token}/sendMessage", json=params)
    preview = (await http.get(f"/control/chats/{ada}")).json()["messages"][-1]["link_preview"]
    shown = preview and tuple(preview[name] for name in ("url", "title", "size", "above_text"))
    assert shown == expected


async def test_a_reader_can_wait_for_what_comes_next(
    http: httpx.AsyncClient,
    sandbox: Sandbox,
    ptb: ExtBot[None],
    ada: int,
    grace: int,
    waiting: Callable[[int], Awaitable[None]],
) -> None:
    seen = (await http.get(f"/control/chats/{ada}")).json()["version"]
    reading = asyncio.create_task(http.get(f"/control/chats/{ada}", params={"after": seen, "wait": 50}))
    await waiting(1)
    sandbox.people.say(grace, "this does not wake her")
    await ptb.send_message(ada, "this does")
    transcript = (await reading).json()
    assert transcript["messages"][-1]["text"] == "this does"
    assert transcript["version"] > seen
    unchanged = await http.get(f"/control/chats/{ada}", params={"after": transcript["version"], "wait": 0.01})
    assert unchanged.json()["version"] == transcript["version"]


async def test_typing_shows_until_the_next_message(
    http: httpx.AsyncClient, ptb: ExtBot[None], ada: int
) -> None:
    await ptb.send_chat_action(ada, "typing")
    assert 0 < (await http.get(f"/control/chats/{ada}")).json()["typing_seconds"] <= 5
    await ptb.send_message(ada, "done")
    assert (await http.get(f"/control/chats/{ada}")).json()["typing_seconds"] == 0
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await ptb.send_chat_action(ada, "dancing")


async def test_people_come_and_are_listed(
    http: httpx.AsyncClient, ptb: ExtBot[None], sandbox: Sandbox
) -> None:
    new = {
        "first_name": "Linus",
        "person_id": 42,
        "language_code": "fi",
        "username": "linus",
        "last_name": "T",
    }
    created = await http.post("/control/people", json=new)
    assert created.status_code == 201
    assert created.json() == new | {"chat_id": 42, "version": 1, "started": False, "blocked": False}
    other = (await http.post("/control/people", json={"first_name": "Margaret"})).json()
    assert other["person_id"] > 2**31
    names = [person["first_name"] for person in (await http.get("/control/people")).json()]
    assert names == ["Ada", "Grace", "Linus", "Margaret"]
    sandbox.people.say(42, "/start")
    chat = await ptb.get_chat(42)
    assert (chat.first_name, chat.last_name, chat.username, chat.type) == ("Linus", "T", "linus", "private")
    assert (await http.post("/control/people", json=new)).status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/people", {}, 400, '"first_name" is missing'),
        ("/people", {"first_name": " "}, 400, "first_name is empty"),
        ("/people", {"first_name": "X", "person_id": "7"}, 400, '"person_id" must be of type int'),
        ("/chats/7/messages", {"text": "x"}, 404, "there is no chat 7"),
        ("/chats/806132947/messages", {"text": " "}, 400, "a message has 1 to 4096 characters"),
        ("/chats/806132947/taps", {"data": "x", "message_id": 9}, 404, "there is no message 9 in this chat"),
        ("/updates/1/redeliver", {}, 404, "there is no such update, or it is too old"),
    ],
)
async def test_ill_formed_control_calls_say_what_is_wrong(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], status: int, error: str
) -> None:
    refusal = await http.post(f"/control{path}", json=body)
    assert (refusal.status_code, refusal.json()["error"]) == (status, error)


async def test_another_sites_page_cannot_play_the_people(
    http: httpx.AsyncClient, url: str, grace: int
) -> None:
    path = f"/control/chats/{grace}/messages"
    refusal = await http.post(path, json={"text": "x"}, headers={"origin": "https://example.org"})
    assert refusal.status_code == 403
    assert (await http.post(path, json={"text": "x"}, headers={"origin": url})).status_code == 201
    refusal = await http.post(f"/control/chats/{grace}/block", headers={"origin": "https://example.org"})
    assert refusal.status_code == 403


async def test_updates_can_be_inspected_and_redelivered(
    http: httpx.AsyncClient, inbox: Inbox, sandbox: Sandbox, ada: int
) -> None:
    sandbox.people.say(ada, "hello")
    (update,) = (await http.get("/control/updates")).json()["updates"]
    assert update["message"]["text"] == "hello"
    first = await inbox.next()
    redelivered = await http.post(f"/control/updates/{first.update_id}/redeliver")
    assert redelivered.json() == {"redelivered": first.update_id}
    assert (await inbox.next()).to_dict() == first.to_dict()
    assert (await http.get("/control/updates")).json()["pending"] == 0
