"""Message entities: parts of a text, measured in UTF-16 code units as Telegram measures them."""

import re
from collections.abc import Iterable
from typing import Any

Entity = dict[str, Any]

# In order of precedence: a link keeps what looks like a mention or a hashtag inside it. After tdlib's
# MessageEntity.cpp, with a short list of top-level domains for links that come without a scheme.
_PATTERNS = (
    ("url", re.compile(r"\b(?:https?|ftp)://[^\s<>\"«»]*[\w/=#&+$-]", re.IGNORECASE)),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
    (
        "url",
        re.compile(
            r"(?<![\w@./-])(?:[\w-]+\.)+(?:com|org|net|dev|io|me|info|tv)\b(?:/[^\s<>\"«»]*[\w/=#&+$-])?"
        ),
    ),
    (
        "bot_command",
        re.compile(r"(?<![\w/<>])/([a-zA-Z0-9_]{1,64})(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])", re.ASCII),
    ),
    ("mention", re.compile(r"(?<!\w)@[a-zA-Z0-9_]{3,32}\b", re.ASCII)),
    ("hashtag", re.compile(r"(?<![\w&])#(?=\w*[^\W\d_])\w{1,256}\b")),
)
_CODE = ("pre", "code")
# Outer ones first.
_NESTING = ("blockquote", "expandable_blockquote", "text_link", "text_mention", *_CODE)


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def covered(text: str, entity: Entity) -> str:
    """The part of a text under an entity."""
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def find_entities(text: str, taken: Iterable[Entity] = ()) -> list[Entity]:
    """The commands, links, mentions, addresses and hashtags that Telegram finds by itself, around `taken`."""
    found: list[Entity] = []
    occupied = [entity for entity in taken if entity["type"] in (*_CODE, "text_link", "text_mention")]
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            entity = {
                "type": kind,
                "offset": utf16_length(text[: match.start()]),
                "length": utf16_length(match[0]),
            }
            if not any(_overlap(entity, other) for other in (*occupied, *found)):
                found.append(entity)
    return found


def tidy(text: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    """Text and entities as Telegram keeps them: outer space cut, nothing styled in code, in reading order."""
    kept = sorted(entities, key=_reading_order)
    units = text.encode("utf-16-le")
    first = min((entity["offset"] for entity in kept), default=len(units) // 2)
    head = units[: 2 * first].decode("utf-16-le")
    cut = utf16_length(head) - utf16_length(head.lstrip(" \n"))
    text = units[2 * cut :].decode("utf-16-le").rstrip()
    end = utf16_length(text)
    code = [entity for entity in kept if entity["type"] in _CODE]
    result = []
    for entity in kept:
        offset = entity["offset"] - cut
        length = min(entity["length"], end - offset)
        inside_code = any(entity is not other and _overlap(entity, other) for other in code)
        if length > 0 and (entity["type"].endswith("blockquote") or entity in code or not inside_code):
            result.append({**entity, "offset": offset, "length": length})
    return text, result


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"]
    )


def _reading_order(entity: Entity) -> tuple[int, int, int]:
    """By beginning, longer first, and of equals the kind that encloses the other."""
    kind = entity["type"]
    return entity["offset"], -entity["length"], _NESTING.index(kind) if kind in _NESTING else len(_NESTING)
