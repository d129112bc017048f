"""Sending, editing and deleting, as PTB's client sees it, and every refusal in Telegram's words."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden
from telegram.ext import ExtBot

from sandbox import Sandbox
from sandbox.errors import ApiError

Call = Callable[..., Coroutine[Any, Any, Any]]

NOT_YET = "is not supported by the local Telegram yet"
UNREADABLE = "can't parse inline keyboard button"


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label) for label in labels]])


async def test_a_message_comes_back_as_it_was_sent(ptb: ExtBot[None], ada: int) -> None:
    sent = await ptb.send_message(
        ada,
        '🎬 <b>Heat</b> &amp; <a href="https://www.imdb.com/title/tt0113277/">its page</a> /help ',
        parse_mode="HTML",
        reply_markup=keyboard("1★", "5★"),
        link_preview_options=LinkPreviewOptions(prefer_small_media=True),
        protect_content=True,
    )
    assert sent.text == "🎬 Heat & its page /help"
    assert sent.entities == (
        MessageEntity("bold", 3, 4),
        MessageEntity("text_link", 10, 8, url="https://www.imdb.com/title/tt0113277/"),
        MessageEntity("bot_command", 19, 5),
    )
    assert sent.reply_markup == keyboard("1★", "5★")
    assert sent.link_preview_options == LinkPreviewOptions(prefer_small_media=True)
    assert sent.has_protected_content
    assert (sent.chat.id, sent.chat.first_name, sent.chat.type) == (ada, "Ada", "private")
    assert sent.from_user == ptb.bot
    assert sent.edit_date is None


async def test_an_edit_replaces_text_and_keyboard(ptb: ExtBot[None], ada: int) -> None:
    sent = await ptb.send_message(ada, "one", reply_markup=keyboard("a"))
    edited = await sent.edit_text("two", reply_markup=keyboard("b"))
    assert isinstance(edited, type(sent))
    assert (edited.message_id, edited.text, edited.reply_markup) == (sent.message_id, "two", keyboard("b"))
    assert edited.edit_date is not None
    without = await sent.edit_text("three")
    assert isinstance(without, type(sent))
    assert without.reply_markup is None
    again = await sent.edit_reply_markup(keyboard("c"))
    assert isinstance(again, type(sent))
    assert (again.text, again.reply_markup) == ("three", keyboard("c"))


async def test_an_edit_that_changes_nothing_is_refused(ptb: ExtBot[None], ada: int) -> None:
    sent = await ptb.send_message(ada, "<b>one</b>", parse_mode="HTML", reply_markup=keyboard("a"))
    with pytest.raises(
        BadRequest, match=r"^Message is not modified: specified new message content and reply"
    ):
        await sent.edit_text("<b>one</b>", parse_mode="HTML", reply_markup=keyboard("a"))
    with pytest.raises(BadRequest, match=r"^Message is not modified"):
        await sent.edit_reply_markup(keyboard("a"))
    await sent.edit_text("one", reply_markup=keyboard("a"))  # the same letters without the bold face


async def test_a_deleted_message_is_gone(ptb: ExtBot[None], sandbox: Sandbox, ada: int) -> None:
    sent = await ptb.send_message(ada, "one")
    assert await sent.delete()
    assert sent.message_id not in [message.message_id for message in sandbox.state.messages_of(ada)]
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await sent.edit_text("two")
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await sent.delete()
    assert (await ptb.send_message(ada, "next")).message_id > sent.message_id


async def test_an_old_message_cannot_be_deleted(ptb: ExtBot[None], sandbox: Sandbox, ada: int) -> None:
    sent = await ptb.send_message(ada, "one")
    sandbox.state.messages[ada, sent.message_id].date -= 49 * 3600
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await sent.delete()


async def test_a_persons_message_cannot_be_edited(ptb: ExtBot[None], sandbox: Sandbox, ada: int) -> None:
    message, _ = sandbox.people.say(ada, "mine")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await ptb.edit_message_text("yours", ada, message.message_id)


async def test_a_reply_carries_the_message_it_answers(ptb: ExtBot[None], sandbox: Sandbox, ada: int) -> None:
    asked, _ = sandbox.people.say(ada, "heat?")
    sent = await ptb.send_message(ada, "yes", reply_parameters=ReplyParameters(asked.message_id))
    assert sent.reply_to_message is not None
    assert (sent.reply_to_message.message_id, sent.reply_to_message.text) == (asked.message_id, "heat?")
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await ptb.send_message(ada, "yes", reply_parameters=ReplyParameters(999))
    lenient = ReplyParameters(999, allow_sending_without_reply=True)
    assert (await ptb.send_message(ada, "yes", reply_parameters=lenient)).reply_to_message is None


async def test_who_may_be_written_to(ptb: ExtBot[None], sandbox: Sandbox, ada: int, grace: int) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await ptb.send_message(1, "hello")
    with pytest.raises(Forbidden, match=r"^Forbidden: bot can't initiate conversation with a user$"):
        await ptb.send_message(grace, "hello")
    sandbox.people.set_blocked(ada, True)
    with pytest.raises(Forbidden, match=r"^Forbidden: bot was blocked by the user$"):
        await ptb.send_message(ada, "hello")
    with pytest.raises(Forbidden, match="blocked"):
        await ptb.send_chat_action(ada, "typing")
    sandbox.people.set_blocked(ada, False)
    await ptb.send_message(ada, "hello")


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "M*A*S*H <br>", "parse_mode": "HTML"},
         'can\'t parse entities: Unsupported start tag "br" at byte offset 8'),
        ({"text": "x", "parse_mode": "Markdown"}, f"parse_mode Markdown {NOT_YET}"),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
         "can't parse entities: an entity lies outside of the text"),
        ({"text": "x", "message_thread_id": 3}, f"message_thread_id in a private chat {NOT_YET}"),
        ({"text": "x", "reply_markup": ForceReply().to_dict()},
         f"a force_reply reply markup {NOT_YET}"),
    ],
)  # fmt: skip
async def test_texts_that_telegram_refuses(
    execute: Call, ada: int, params: dict[str, Any], description: str
) -> None:
    with pytest.raises(ApiError) as refusal:
        await execute("sendMessage", chat_id=ada, **params)
    assert (refusal.value.status, refusal.value.description) == (400, f"Bad Request: {description}")


async def test_length_counts_after_the_markup_is_read(call: Call, ada: int) -> None:
    sent = await call("sendMessage", chat_id=ada, text=f"<b>{'&lt;' * 4096}</b>", parse_mode="HTML")
    assert sent["result"]["text"] == "<" * 4096


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"text": "x"}, f"{UNREADABLE}: Text buttons are unallowed in the inline keyboard"),
        ({"text": " ", "callback_data": "d"}, f"{UNREADABLE}: Button text must be non-empty"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": "★" * 22}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": "d", "url": "http://x.org"},
         "inline keyboard button \"x\" has more than one action: ['callback_data', 'url']"),
        ({"text": "x", "url": "http://"},
         "inline keyboard button URL 'http://' is invalid: URL host is empty"),
        ({"text": "x", "callback_data": "d", "style": "huge"},
         f"{UNREADABLE}: style must be one of ('danger', 'success', 'primary')"),
    ],
)  # fmt: skip
async def test_buttons_that_telegram_refuses(
    execute: Call, ada: int, button: dict[str, str], description: str
) -> None:
    with pytest.raises(ApiError) as refusal:
        await execute("sendMessage", chat_id=ada, text="x", reply_markup={"inline_keyboard": [[button]]})
    assert refusal.value.description == f"Bad Request: {description}"


async def test_callback_data_may_fill_64_bytes(call: Call, ada: int) -> None:
    row = [{"text": "x", "callback_data": "★" * 21 + "x"}]
    assert (await call("sendMessage", chat_id=ada, text="x", reply_markup={"inline_keyboard": [row]}))["ok"]


async def test_a_keyboard_has_at_most_a_hundred_buttons(call: Call, ada: int) -> None:
    rows = [[{"text": "x", "callback_data": "d"}] * 8] * 12
    keyboard = {"inline_keyboard": [*rows, [], rows[0][:4]]}
    sent = await call("sendMessage", chat_id=ada, text="x", reply_markup=keyboard)
    assert [len(row) for row in sent["result"]["reply_markup"]["inline_keyboard"]] == [8] * 12 + [4]
    keyboard["inline_keyboard"].append(rows[0][:1])
    refusal = await call("sendMessage", chat_id=ada, text="x", reply_markup=keyboard)
    assert refusal["description"] == "Bad Request: reply markup is too long"


async def test_two_people_are_never_mixed(ptb: Bot, sandbox: Sandbox, ada: int, grace: int) -> None:
    sandbox.people.say(grace, "/start")
    mine = await ptb.send_message(ada, "for Ada", reply_markup=keyboard("a"))
    await ptb.send_message(grace, "for Grace")
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await ptb.edit_message_text("swapped", grace, mine.message_id)
    assert [message.text for message in sandbox.state.messages_of(ada)] == ["/start", "for Ada"]
    assert [message.text for message in sandbox.state.messages_of(grace)] == ["/start", "for Grace"]
