"""Groups as the bot meets them, through PTB's client, and as people do, through the control API."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from telegram import BotCommand, BotCommandScopeAllChatAdministrators, BotCommandScopeAllGroupChats, Update
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter
from telegram.ext import ExtBot

from sandbox import Sandbox
from sandbox.errors import ControlError
from sandbox.state.records import Chat

Call = Callable[..., Coroutine[Any, Any, Any]]
ALL = [*Update.ALL_TYPES]


@pytest.fixture
def group(sandbox: Sandbox, ada: int, grace: int) -> int:
    """Ada's group, with Grace and the bot, who has read everything so far."""
    chat = sandbox.groups.add("Movie night", ada)
    sandbox.updates.allow(ALL)
    for person_id in (grace, sandbox.bot.person_id):
        sandbox.groups.set_member(chat.chat_id, person_id, "member", ada)
    sandbox.updates.drop_pending()
    return chat.chat_id


@pytest.fixture
def forum(sandbox: Sandbox, ada: int) -> Chat:
    """Ada's forum, with the bot in it."""
    chat = sandbox.groups.add("Films", ada, is_forum=True)
    sandbox.groups.set_member(chat.chat_id, sandbox.bot.person_id, "member", ada)
    sandbox.updates.drop_pending()
    return chat


async def news(ptb: ExtBot[None]) -> list[Update]:
    """What is pending, confirmed at once."""
    updates = await ptb.get_updates(timeout=0)
    if updates:
        await ptb.get_updates(offset=updates[-1].update_id + 1, timeout=0)
    return [*updates]


async def test_the_bot_hears_that_it_was_added_and_thrown_out(
    http: httpx.AsyncClient, ptb: ExtBot[None], sandbox: Sandbox, ada: int, grace: int
) -> None:
    made = await http.post(
        "/control/groups", json={"title": "Movie night", "person_id": ada, "members": [grace]}
    )
    chat_id = made.json()["chat_id"]
    added, message = await news(ptb)
    assert added.my_chat_member is not None
    assert (added.my_chat_member.chat.title, added.my_chat_member.from_user.id) == ("Movie night", ada)
    assert added.my_chat_member.difference()["status"] == ("left", "member")
    assert message.message is not None
    assert [user.id for user in message.message.new_chat_members] == [sandbox.bot.person_id]
    await ptb.send_message(chat_id, "Hello")
    sandbox.groups.set_member(chat_id, sandbox.bot.person_id, "kicked", grace)
    removed, _ = await news(ptb)
    assert removed.my_chat_member is not None
    assert removed.my_chat_member.new_chat_member.status == "kicked"
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await ptb.send_message(chat_id, "Hello?")
    sandbox.people.say(grace, "/night", chat_id)
    assert await news(ptb) == []
    said = (await http.get(f"/control/chats/{chat_id}")).json()["messages"]
    assert [message["notice"] or message["text"] for message in said] == [
        "Ada created the group",
        "Ada added Grace",
        "Ada added Matinee",
        "Hello",
        "Grace removed Matinee",
        "/night",
    ]


async def test_privacy_mode_shows_what_is_meant_for_the_bot(
    ptb: ExtBot[None], sandbox: Sandbox, group: int, ada: int
) -> None:
    board = await ptb.send_message(group, "Who is in?")
    texts = (
        "hello",
        "see /night",
        "/night",
        "/night@Matinee_Bot now",
        "/night@other_bot",
        "hey @matinee_bot",
    )
    for text in texts:
        sandbox.people.say(ada, text, group)
    sandbox.people.say(ada, "me", group, reply_to=board.message_id)
    seen = [update.message for update in await news(ptb)]
    assert [message and message.text for message in seen] == [
        "/night",
        "/night@Matinee_Bot now",
        "hey @matinee_bot",
        "me",
    ]
    assert seen[-1] is not None
    assert seen[-1].reply_to_message == board
    sandbox.groups.set_member(group, sandbox.bot.person_id, "administrator", ada)
    sandbox.people.say(ada, "hello", group)
    assert [update.message and update.message.text for update in await news(ptb)] == [None, "hello"]


async def test_an_administrator_can_be_anonymous(
    ptb: ExtBot[None], sandbox: Sandbox, group: int, ada: int, grace: int
) -> None:
    sandbox.people.say(ada, "/night", group, anonymous=True)
    (update,) = await news(ptb)
    assert update.message is not None
    assert update.message.from_user is not None
    assert update.message.sender_chat == update.message.chat
    assert update.message.from_user.username == "GroupAnonymousBot"
    for person_id, chat_id in ((grace, group), (ada, ada)):
        with pytest.raises(ControlError, match="only an administrator"):
            sandbox.people.say(person_id, "/night", chat_id, anonymous=True)


async def test_members_and_administrators(
    ptb: ExtBot[None], sandbox: Sandbox, group: int, grace: int
) -> None:
    linus = sandbox.people.add("Linus").person_id
    assert (await ptb.get_chat_member(group, linus)).status == "left"
    assert await news(ptb) == []
    sandbox.groups.set_member(group, sandbox.bot.person_id, "administrator", grace)
    sandbox.groups.set_member(group, linus, "member")
    sandbox.groups.set_member(group, linus, "administrator", grace)
    assert [member.status for member in await ptb.get_chat_administrators(group)] == [
        "creator",
        "administrator",
        "administrator",
    ]
    assert await ptb.get_chat_member_count(group) == 4
    sandbox.groups.set_member(group, linus, "left")
    promoted, joined, _, raised, gone, left = await news(ptb)
    assert promoted.my_chat_member is not None
    changes = [
        update.chat_member.difference()["status"] for update in (joined, raised, gone) if update.chat_member
    ]
    assert changes == [("left", "member"), ("member", "administrator"), ("administrator", "left")]
    assert left.message is not None
    assert left.message.left_chat_member is not None
    assert left.message.left_chat_member.id == linus
    chat = await ptb.get_chat(group)
    assert (chat.type, chat.title) == ("group", "Movie night")
    assert await ptb.leave_chat(group)
    gone, left = await news(ptb)
    assert gone.my_chat_member is not None
    assert gone.my_chat_member.from_user.id == sandbox.bot.person_id
    assert left.message is not None
    assert left.message.left_chat_member is not None
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await ptb.send_message(group, "x")


@pytest.mark.parametrize("new_first", [False, True])
async def test_an_upgrade_in_either_order(
    ptb: ExtBot[None], sandbox: Sandbox, group: int, ada: int, new_first: bool
) -> None:
    old = await ptb.send_message(group, "Who is in?")
    new = sandbox.groups.upgrade(group, new_first=new_first).chat_id
    updates = [update.message for update in await news(ptb)]
    moves = [(m.chat.id, m.migrate_to_chat_id or m.migrate_from_chat_id) for m in updates if m]
    assert moves == ([(new, group), (group, new)] if new_first else [(group, new), (new, group)])
    for writing in (ptb.send_message(group, "x"), old.edit_text("x"), ptb.send_chat_action(group, "typing")):
        with pytest.raises(ChatMigrated) as refusal:
            await writing
        assert refusal.value.new_chat_id == new
    assert (await ptb.send_message(new, "Here")).message_id == 2  # a supergroup counts by itself
    assert (await ptb.get_chat_member(new, ada)).status == "creator"
    with pytest.raises(ControlError, match="became a supergroup"):
        sandbox.people.say(ada, "x", group)


async def test_after_an_upgrade_the_bot_may_hear_that_it_joined(
    ptb: ExtBot[None], sandbox: Sandbox, group: int
) -> None:
    new = sandbox.groups.upgrade(group, new_first=True, joins=True).chat_id
    joined, moved_from, moved_to = await news(ptb)
    assert joined.my_chat_member is not None
    assert (joined.my_chat_member.chat.id, joined.my_chat_member.new_chat_member.status) == (new, "member")
    assert moved_from.message is not None
    assert moved_to.message is not None
    assert (moved_from.message.chat.id, moved_to.message.chat.id) == (new, group)


async def test_topics(ptb: ExtBot[None], sandbox: Sandbox, forum: Chat, ada: int) -> None:
    topic = sandbox.topics.add(forum.chat_id, "Horror", ada).thread_id
    sandbox.people.say(ada, "/night", forum.chat_id, thread_id=topic)
    sandbox.people.say(ada, "/night", forum.chat_id)
    opened, inside, outside = [update.message for update in await news(ptb)]
    assert opened is not None
    assert inside is not None
    assert outside is not None
    assert opened.forum_topic_created
    assert opened.forum_topic_created.name == "Horror"
    for message in (opened, inside):
        assert (message.message_thread_id, message.is_topic_message) == (topic, True)
    assert (outside.message_thread_id, outside.is_topic_message) == (None, None)
    assert (opened.reply_to_message, outside.reply_to_message) == (None, None)
    assert inside.reply_to_message == opened  # as if everything in a topic answered its opening
    board = await ptb.send_message(forum.chat_id, "Who is in?", message_thread_id=topic)
    assert (board.message_thread_id, board.chat.is_forum) == (topic, True)
    with pytest.raises(BadRequest, match="essage thread not found"):
        await ptb.send_message(forum.chat_id, "x", message_thread_id=1)  # General has no id
    sandbox.topics.close(forum.chat_id, topic, True, ada)
    with pytest.raises(BadRequest, match="opic_closed"):
        await ptb.send_message(forum.chat_id, "x", message_thread_id=topic)
    sandbox.topics.delete(forum.chat_id, topic)
    with pytest.raises(BadRequest, match="essage thread not found"):
        await ptb.send_message(forum.chat_id, "x", message_thread_id=topic)
    with pytest.raises(BadRequest, match="essage to edit not found"):
        await board.edit_text("x")


@pytest.mark.parametrize("is_forum", [False, True])
async def test_a_thread_of_replies_is_no_topic(
    ptb: ExtBot[None], sandbox: Sandbox, group: int, ada: int, is_forum: bool
) -> None:
    new = sandbox.groups.upgrade(group, is_forum=is_forum).chat_id
    board = await ptb.send_message(new, "Who is in?")
    sandbox.people.say(ada, "me", new, reply_to=board.message_id)
    reply = (await news(ptb))[-1].message
    assert reply is not None
    assert (reply.message_thread_id, reply.is_topic_message) == (board.message_id, None)
    if is_forum:
        with pytest.raises(BadRequest, match="essage thread not found"):
            await ptb.send_message(new, "x", message_thread_id=board.message_id)
    else:
        assert await ptb.send_message(new, "x", message_thread_id=board.message_id)


async def test_a_toast_is_for_the_person_who_tapped(
    http: httpx.AsyncClient, call: Call, sandbox: Sandbox, group: int, ada: int, grace: int
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Join", "callback_data": "join"}]]}
    await call("sendMessage", chat_id=group, text="Who is in?", reply_markup=keyboard)
    for person_id in (ada, grace):
        tap = {"person_id": person_id, "label": "Join"}
        query = (await http.post(f"/control/chats/{group}/taps", json=tap)).json()
        await call("answerCallbackQuery", callback_query_id=query["query_id"], text=f"In: {person_id}")
    shown = [
        (await http.get(f"/control/chats/{group}", params={"as": viewer})).json()["toasts"]
        for viewer in (ada, grace)
    ]
    assert [[toast["text"] for toast in toasts] for toasts in shown] == [[f"In: {ada}"], [f"In: {grace}"]]
    senders = [update["callback_query"]["from"]["id"] for update in sandbox.updates.pending()]
    assert senders == [ada, grace]
    linus = sandbox.people.add("Linus").person_id
    with pytest.raises(ControlError, match="Linus is not in this group"):
        sandbox.queries.tap(linus, "Join", chat_id=group)


async def test_menus_for_members_and_administrators(
    http: httpx.AsyncClient, ptb: ExtBot[None], group: int, ada: int, grace: int
) -> None:
    await ptb.set_my_commands([BotCommand("night", "for all")], BotCommandScopeAllGroupChats())
    await ptb.set_my_commands([BotCommand("night", "for admins")], BotCommandScopeAllChatAdministrators())
    shown = [
        (await http.get(f"/control/chats/{group}", params={"as": viewer})).json()["commands"]
        for viewer in (ada, grace)
    ]
    assert [[command["description"] for command in menu] for menu in shown] == [["for admins"], ["for all"]]


async def test_links_lead_to_the_bot(
    http: httpx.AsyncClient, ptb: ExtBot[None], sandbox: Sandbox, group: int, ada: int, grace: int
) -> None:
    links = f"/control/people/{grace}/links"
    await http.post(links, json={"url": "https://t.me/matinee_bot?start=taste"})
    (started,) = await news(ptb)
    assert started.message is not None
    assert (started.message.chat.id, started.message.text) == (grace, "/start taste")
    other = sandbox.groups.add("Others", grace).chat_id
    url = "tg://resolve?domain=matinee_bot&startgroup=x"
    followed = (await http.post(links, json={"url": url, "chat_id": other})).json()
    assert followed["chat_id"] == other
    assert [update.message and update.message.text for update in await news(ptb)] == [
        None,
        None,
        "/start@matinee_bot x",
    ]
    for wrong in ("https://t.me/other_bot?start=x", "https://t.me/matinee_bot?start=a%20b"):
        assert (await http.post(links, json={"url": wrong})).status_code == 400


async def test_what_a_group_forbids_and_limits(
    ptb: ExtBot[None], http: httpx.AsyncClient, sandbox: Sandbox, group: int, ada: int, grace: int
) -> None:
    await http.post(f"/control/chats/{group}/permissions", json={"can_send_polls": False})
    with pytest.raises(BadRequest, match="ot enough rights to send polls"):
        await ptb.send_poll(group, "Which?", ["Heat", "Ronin"])
    said, _ = sandbox.people.say(grace, "hello", group)
    with pytest.raises(BadRequest, match="essage can't be deleted"):
        await ptb.delete_message(group, said.message_id)
    sandbox.groups.set_member(group, sandbox.bot.person_id, "administrator", ada)
    assert await ptb.delete_message(group, said.message_id)
    assert await ptb.send_poll(group, "Which?", ["Heat", "Ronin"])
    await http.post(f"/control/chats/{group}/limit", json={"sends_per_minute": 1})
    with pytest.raises(RetryAfter):
        await ptb.send_message(group, "x")
