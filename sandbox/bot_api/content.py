"""What a bot may send: texts and inline keyboards, checked beyond the types that the specification knows."""

import re

from sandbox.errors import ApiError, not_supported
from sandbox.state.objects import button_actions
from sandbox.state.records import Json
from sandbox.text.entities import find_entities, tidy, utf16_length
from sandbox.text.markup import MarkupError, parse_html

_MAX_CAPTION = 1024
# UTF-16 code units; Telegram's documentation says "characters".
_MAX_TEXT = 4096
_MAX_BUTTONS = 100
_STYLES = ("danger", "success", "primary")
_UNREADABLE = "Bad Request: can't parse inline keyboard button"
_URL = re.compile(r"(?:(?:https?|tg|ton)://)?[^\s:/?#]+(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def compose(params: Json) -> tuple[str, list[Json]]:
    """The plain text and entities of `text` with `parse_mode` or `entities`, as Telegram would keep them.

    Raises ApiError 400 for mark-up that cannot be parsed, and for a text that is empty or too long.
    """
    if not params["text"]:
        raise ApiError(400, "Bad Request: message text is empty")
    text, entities = _styled(params["text"], params, "entities")
    if not text:
        raise ApiError(400, "Bad Request: text must be non-empty")
    if utf16_length(text) > _MAX_TEXT:
        raise ApiError(400, "Bad Request: message is too long")
    return text, entities


def compose_caption(params: Json) -> tuple[str, list[Json]]:
    """The same of `caption` and `caption_entities`, which may be empty and are shorter."""
    return _short(params.get("caption", ""), params, "caption_entities", "message caption")


def compose_description(params: Json) -> tuple[str, list[Json]]:
    """The same of a poll's `description`, under names of its own."""
    styled = params | {"parse_mode": params.get("description_parse_mode", "")}
    return _short(params.get("description", ""), styled, "description_entities", "poll description")


def _short(text: str, params: Json, entities_name: str, what: str) -> tuple[str, list[Json]]:
    text, entities = _styled(text, params, entities_name)
    if utf16_length(text) > _MAX_CAPTION:
        raise ApiError(400, f"Bad Request: {what} is too long")
    return text, entities


def _styled(text: str, params: Json, entities_name: str) -> tuple[str, list[Json]]:
    mode, entities = params.get("parse_mode", ""), params.get(entities_name, [])
    if mode.lower() == "html":
        try:
            text, entities = parse_html(text)
        except MarkupError as error:
            raise ApiError(400, f"Bad Request: can't parse entities: {error}") from None
    elif mode.lower() in ("markdown", "markdownv2"):
        raise not_supported(f"parse_mode {mode}")
    elif mode:
        raise ApiError(400, "Bad Request: unsupported parse_mode")
    for entity in entities:
        offset, length = entity["offset"], entity["length"]
        if offset < 0 or length <= 0 or offset + length > utf16_length(text):
            raise ApiError(400, "Bad Request: can't parse entities: an entity lies outside of the text")
    text, entities = tidy(_CONTROL.sub(" ", text), entities)
    return tidy(text, [*entities, *find_entities(text, entities)])


def checked_keyboard(params: Json) -> Json | None:
    """The inline keyboard in `reply_markup`, without empty rows; None for none.

    Raises ApiError 400 for a button that Telegram refuses or that has not exactly one action, and for any
    other kind of keyboard.
    """
    markup = params.get("reply_markup")
    if not markup:
        return None
    if "inline_keyboard" not in markup:
        raise not_supported(f"a {next(iter(markup))} reply markup")
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(len(row) for row in rows) > _MAX_BUTTONS:
        raise ApiError(400, "Bad Request: reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    return {"inline_keyboard": rows} if rows else None


def _check_button(button: Json) -> None:
    actions = button_actions(button)
    problem = None
    if not button["text"].strip():
        problem = f"{_UNREADABLE}: Button text must be non-empty"
    elif not actions:
        problem = f"{_UNREADABLE}: Text buttons are unallowed in the inline keyboard"
    elif len(actions) > 1:
        problem = (
            f'Bad Request: inline keyboard button "{button["text"]}" has more than one action: {actions}'
        )
    elif button.get("style", "primary") not in _STYLES:
        problem = f"{_UNREADABLE}: style must be one of {_STYLES}"
    elif not 1 <= len(button.get("callback_data", "-").encode()) <= 64:
        problem = "Bad Request: BUTTON_DATA_INVALID"
    elif not _URL.fullmatch(button.get("url", "x")):
        problem = f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: URL host is empty"
    if problem:
        raise ApiError(400, problem)
