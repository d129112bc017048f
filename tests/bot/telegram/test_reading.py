"""What updates say, from the JSON that Telegram sends; no database, no network."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import User

from bot.telegram.reading import (
    AnonymousCommand,
    Departure,
    Group,
    LostTap,
    Membership,
    Migration,
    Presence,
    Tap,
    Text,
    Vote,
    chat_key,
    read,
)

BOT: dict[str, Any] = {"id": 4_839_574_812, "is_bot": True, "first_name": "Matinee"}
ADA: dict[str, Any] = {"id": 5_170_394_001, "is_bot": False, "first_name": "Ada", "language_code": "de"}
PRIVATE: dict[str, Any] = {"id": ADA["id"], "type": "private", "first_name": "Ada"}
CLUB: dict[str, Any] = {"id": -1_000_000_000_001, "type": "supergroup", "title": "Club"}
CHANNEL: dict[str, Any] = {"id": -1_002_000_000_001, "type": "channel", "title": "News"}
GRACE: dict[str, Any] = {"id": 806_132_947, "is_bot": False, "first_name": "Grace"}
DETAILS: dict[str, dict[str, Any]] = {
    "kicked": {"until_date": 0},
    "administrator": dict.fromkeys(
        (
            *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages"),
            *("can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_change_info"),
            *("can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories"),
        ),
        False,
    ),
}
USER = User(ADA["id"], "Ada", is_bot=False)
IN_CLUB = Group(CLUB["id"], 0)
SENDS = ("messages", "audios", "documents", "photos", "videos", "video_notes", "voice_notes", "polls")
RIGHTS = dict.fromkeys(
    (
        *(f"can_send_{what}" for what in (*SENDS, "other_messages")),
        *("can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages"),
        *("can_manage_topics", "can_edit_tag", "can_react_to_messages"),
    ),
    True,
)


def message(chat: dict[str, Any], text: str | None = None, **fields: Any) -> dict[str, Any]:
    """An update with a message of Ada's."""
    said = {} if text is None else {"text": text}
    body = {"message_id": 51, "date": 1_796_000_000, "chat": chat, "from": ADA, **said, **fields}
    return {"update_id": 1, "message": body}


def tap(**fields: Any) -> dict[str, Any]:
    """An update with a tap of Ada's."""
    query = {"id": "77", "from": ADA, "chat_instance": "1", "data": "rt1:2f:8:4", **fields}
    return {"update_id": 1, "callback_query": query}


def change(chat: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """An update about the bot's own place in a chat."""
    members = {"old_chat_member": {"user": BOT, **old}, "new_chat_member": {"user": BOT, **new}}
    return {"update_id": 1, "my_chat_member": {"chat": chat, "from": ADA, "date": 1_796_000_000, **members}}


@pytest.mark.parametrize(
    ("text", "said", "command"),
    [
        ("  more like heat ", "more like heat", None),
        ("/like  Heat 1995 ", "Heat 1995", "like"),
        ("/Like@Matinee_Bot heat", "heat", "like"),
        ("/like@other_bot heat", "heat", ""),
        ("/привет", "", "привет"),
        ("/", "", ""),
        (None, "", None),  # a photo, a sticker
    ],
)
def test_a_message_in_private(text: str | None, said: str, command: str | None) -> None:
    assert read(message(PRIVATE, text), "matinee_bot") == Text(USER, ADA["id"], None, said, command)


def test_a_group_is_heard_where_it_gives_a_command() -> None:
    assert read(message(CLUB, "/night"), "matinee_bot") == Text(USER, CLUB["id"], IN_CLUB, "", "night")
    assert read(message(CLUB, "so what do we watch"), "matinee_bot") is None


def test_a_topic_is_kept_and_a_thread_of_replies_is_none() -> None:
    in_topic = read(message(CLUB, "/night", message_thread_id=7, is_topic_message=True), "matinee_bot")
    in_thread = read(message(CLUB, "/night", message_thread_id=7), "matinee_bot")
    assert isinstance(in_topic, Text)
    assert in_topic.group == Group(CLUB["id"], 7)
    assert isinstance(in_thread, Text)
    assert in_thread.group == IN_CLUB


@pytest.mark.parametrize("sender", [CLUB, CHANNEL])  # an admin who stays anonymous; a member as a channel
def test_a_command_of_nobody_in_particular(sender: dict[str, Any]) -> None:
    bot = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
    update = message(CLUB, "/night sat 20:00", sender_chat=sender)
    update["message"]["from"] = bot
    assert read(update, "matinee_bot") == AnonymousCommand(CLUB["id"], 0, as_channel=sender is CHANNEL)
    update["message"] |= {"message_thread_id": 7, "is_topic_message": True}
    assert read(update, "matinee_bot") == AnonymousCommand(CLUB["id"], 7, as_channel=sender is CHANNEL)
    update["message"]["text"] = "/night@other_bot"
    assert read(update, "matinee_bot") is None


def test_a_post_of_the_groups_channel_is_nobodys_command() -> None:
    """Telegram forwards it into the group by itself, in its own name."""
    update = message(CLUB, "/night sat 20:00", sender_chat=CHANNEL, is_automatic_forward=True)
    update["message"]["from"] = {"id": 777_000, "is_bot": False, "first_name": "Telegram"}
    assert read(update, "matinee_bot") is None


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        ("member", "left", True),
        ("administrator", "kicked", True),
        ("left", "member", False),
        ("member", "administrator", False),
        ("left", "kicked", False),
    ],
)
def test_who_leaves_a_group_of_which_the_bot_is_an_admin(before: str, after: str, gone: bool) -> None:
    chat_member = {
        "chat": CLUB,
        "from": ADA,
        "date": 1,
        "old_chat_member": {"status": before, "user": GRACE, **DETAILS.get(before, {})},
        "new_chat_member": {"status": after, "user": GRACE, **DETAILS.get(after, {})},
    }
    update = {"update_id": 1, "chat_member": chat_member}
    found = read(update, "matinee_bot")
    assert found == (Departure(User(**GRACE), CLUB["id"], IN_CLUB) if gone else None)
    assert chat_key(update) == CLUB["id"]


def test_nothing_is_for_the_bot_in_a_channel_or_without_a_sender() -> None:
    assert read(message(CHANNEL, "/night"), "matinee_bot") is None
    unsigned = message(CLUB, "/night")
    del unsigned["message"]["from"]
    assert read(unsigned, "matinee_bot") is None


def test_a_tap() -> None:
    in_private = tap(message=message(PRIVATE, "a card")["message"])
    in_topic = tap(message=message(CLUB, "board", message_thread_id=7, is_topic_message=True)["message"])
    assert read(in_private, "matinee_bot") == Tap(USER, ADA["id"], None, 51, "77", "rt1:2f:8:4")
    assert read(in_topic, "matinee_bot") == Tap(
        USER, CLUB["id"], Group(CLUB["id"], 7), 51, "77", "rt1:2f:8:4"
    )


def test_a_tap_on_a_message_that_is_not_shown_any_more() -> None:
    """Of one that is too old Telegram sends the chat and the number, of others nothing."""
    missing = {"chat": CLUB, "message_id": 51, "date": 0}
    assert read(tap(message=missing), "matinee_bot") == Tap(USER, CLUB["id"], IN_CLUB, 51, "77", "rt1:2f:8:4")
    assert read(tap(), "matinee_bot") == LostTap("77", "de")


def test_a_tap_in_a_channel_is_answered_and_no_more() -> None:
    assert read(tap(message=message(CHANNEL, "a post")["message"]), "matinee_bot") == LostTap("77", "de")


def test_a_vote() -> None:
    answer = {"poll_id": "9", "user": ADA, "option_ids": [0, 2], "option_persistent_ids": ["a", "c"]}
    update = {"update_id": 1, "poll_answer": answer}
    assert read(update, "matinee_bot") == Vote(USER, ADA["id"], None, "9", (0, 2))
    by_channel = {**answer, "voter_chat": CHANNEL}
    del by_channel["user"]
    assert read({"update_id": 1, "poll_answer": by_channel}, "matinee_bot") is None


def test_who_blocks_the_bot_and_lets_it_in_again() -> None:
    member, banned = {"status": "member"}, {"status": "kicked", "until_date": 0}
    assert read(change(PRIVATE, member, banned), "matinee_bot") == Membership(USER, blocked=True)
    assert read(change(PRIVATE, banned, member), "matinee_bot") == Membership(USER, blocked=False)


@pytest.mark.parametrize(
    ("status", "present"), [("left", False), ("member", True), ("creator", True), ("restricted", True)]
)
def test_the_bot_in_a_group(status: str, present: bool) -> None:
    details: dict[str, dict[str, Any]] = {
        "creator": {"is_anonymous": False},
        "restricted": {**RIGHTS, "is_member": True, "until_date": 0},
    }
    update = change(CLUB, {"status": "left"}, {"status": status, **details.get(status, {})})
    assert read(update, "matinee_bot") == Presence(USER, CLUB["id"], IN_CLUB, before=False, now=present)


def test_who_leaves_a_group() -> None:
    """The one who left, not the admin who removed them."""
    grace: dict[str, Any] = {"id": 5_170_394_002, "is_bot": False, "first_name": "Grace"}
    gone = read(message(CLUB, left_chat_member=grace), "matinee_bot")
    assert gone == Departure(User(grace["id"], "Grace", is_bot=False), CLUB["id"], IN_CLUB)
    assert read(message(CLUB, left_chat_member=BOT), "matinee_bot") is None


def test_a_group_that_becomes_a_supergroup_says_so_on_both_sides() -> None:
    group = {"id": -5, "type": "group", "title": "Club"}
    moved = Migration(-5, CLUB["id"])
    assert read(message(group, migrate_to_chat_id=CLUB["id"]), "matinee_bot") == moved
    assert read(message(CLUB, migrate_from_chat_id=-5), "matinee_bot") == moved


@pytest.mark.parametrize("body", [{}, {"nothing": {}}, {"callback_query": None}])
def test_what_says_nothing_to_the_bot(body: dict[str, Any]) -> None:
    assert read({"update_id": 1, **body}, "matinee_bot") is None


@pytest.mark.parametrize("body", [{"message": {}}, {"message": "x"}, {"callback_query": {"id": 1}}])
def test_what_telegram_would_not_send_is_no_silence(body: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, AttributeError)):
        read({"update_id": 1, **body}, "matinee_bot")


@pytest.mark.parametrize(
    ("update", "key"),
    [
        ({"message": {"chat": {"id": 7}, "from": {"id": 8}}}, 7),
        ({"callback_query": {"from": {"id": 8}, "message": {"chat": {"id": 7}}}}, 7),
        ({"callback_query": {"from": {"id": 8}}}, 8),
        ({"my_chat_member": {"chat": {"id": 7}, "from": {"id": 8}}}, 7),
        ({"poll": {"id": "1"}}, 0),
        ({}, 0),
    ],
)
def test_what_updates_are_ordered_by(update: dict[str, Any], key: int) -> None:
    assert chat_key({"update_id": 1, **update}) == key
