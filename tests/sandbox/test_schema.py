"""Calls that break the specification, and calls that only look as if they did."""

import json
from typing import Any

import pytest

from sandbox.bot_api.schema import SpecViolation, Upload, load_schema

BUTTON = {"text": "5★", "callback_data": "r5"}
MESSAGE = {"chat_id": 1, "text": "x"}


@pytest.mark.parametrize(
    ("method", "raw", "problem"),
    [
        ("sendMessage", {"chat_id": 1}, "message text is empty"),
        ("sendMessage", {"text": "x"}, "chat_id is empty"),
        ("answerCallbackQuery", {}, 'parameter "callback_query_id" is required'),
        ("sendMessage", MESSAGE | {"reply_to": 2}, 'unknown parameter "reply_to"'),
        ("sendMessage", {"chat_id": 1, "text": 5}, "text must be a string, not 5"),
        ("sendMessage", {"chat_id": True, "text": "x"}, "chat_id must be an integer, not true"),
        ("sendMessage", MESSAGE | {"protect_content": "maybe"},
         'protect_content must be true or false, not "maybe"'),
        ("getUpdates", {"offset": "abc"}, 'offset must be an integer, not "abc"'),
        ("getUpdates", {"offset": 1.5}, "offset must be an integer, not 1.5"),
        ("getUpdates", {"allowed_updates": "message"}, "allowed_updates must be an array"),
        ("getUpdates", {"allowed_updates": [1]}, "allowed_updates[0] must be a string, not 1"),
        ("sendMessage", MESSAGE | {"reply_markup": {"inline_keyboard": [BUTTON]}},
         "reply_markup.inline_keyboard[0] must be an array"),
        ("sendMessage", MESSAGE | {"reply_markup": {"inline_keyboard": [[{"callback_data": "d"}]]}},
         'reply_markup.inline_keyboard[0][0], a InlineKeyboardButton, has no field "text"'),
        ("sendMessage", MESSAGE | {"reply_markup": {"inline_keyboard": [[BUTTON | {"data": "d"}]]}},
         'unknown field "data" in reply_markup.inline_keyboard[0][0], a InlineKeyboardButton'),
        ("sendMessage", MESSAGE | {"reply_markup": "{"}, "reply_markup must be an object"),
        ("sendMessage", MESSAGE | {"link_preview_options": {"url": 1}},
         "link_preview_options.url must be a string, not 1"),
        ("sendMessage", MESSAGE | {"entities": [{"type": "bold", "offset": "0", "length": 1}]},
         'entities[0].offset must be an integer, not "0"'),
        ("setMyCommands", {"commands": [], "scope": {"type": "chat"}},
         'scope, a BotCommandScopeChat, has no field "chat_id"'),
        ("setMyCommands", {"commands": [], "scope": {"type": "everybody"}}, "scope.type must be"),
    ],
)  # fmt: skip
def test_a_call_that_breaks_the_specification_learns_where(
    method: str, raw: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SpecViolation) as violation:
        load_schema().read(method, raw)
    assert problem in str(violation.value)


@pytest.mark.parametrize(
    ("method", "raw", "expected"),
    [
        ("sendMessage", {"chat_id": "5170394001", "text": "7"}, {"chat_id": 5170394001, "text": "7"}),
        ("sendMessage", {"chat_id": "@channel", "text": "true"}, {"chat_id": "@channel", "text": "true"}),
        ("getUpdates", {"offset": "-1", "allowed_updates": '["message"]'},
         {"offset": -1, "allowed_updates": ["message"]}),
        ("answerCallbackQuery", {"callback_query_id": "12", "show_alert": "True"},
         {"callback_query_id": "12", "show_alert": True}),
        ("sendMessage", MESSAGE | {"reply_markup": json.dumps({"inline_keyboard": [[BUTTON]]})},
         MESSAGE | {"reply_markup": {"inline_keyboard": [[BUTTON]]}}),
        ("sendMessage", MESSAGE | {"reply_markup": {"force_reply": True}},
         MESSAGE | {"reply_markup": {"force_reply": True}}),
        ("sendLocation", {"chat_id": 1, "latitude": "1", "longitude": 2.5},
         {"chat_id": 1, "latitude": 1, "longitude": 2.5}),
        ("sendPhoto", {"chat_id": "1", "photo": Upload("a.png", b"\x89")},
         {"chat_id": 1, "photo": Upload("a.png", b"\x89")}),
        ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": 1}},
         {"commands": [], "scope": {"type": "chat", "chat_id": 1}}),
    ],
)  # fmt: skip
def test_a_valid_call_is_typed(method: str, raw: dict[str, Any], expected: dict[str, Any]) -> None:
    assert load_schema().read(method, raw) == expected


def test_method_names_ignore_the_case() -> None:
    assert load_schema().method_name("getme") == "getMe"
    assert load_schema().method_name("getMee") is None
