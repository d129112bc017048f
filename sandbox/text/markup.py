"""Telegram's HTML, read as strictly as Telegram reads it, with its words and byte offsets for each mistake.

The rules and messages are those of `parse_html` in tdlib (td/telegram/MessageEntity.cpp).
"""

import re
from dataclasses import dataclass, field

from sandbox.text.entities import Entity, utf16_length

_SPACE = " \t\r\n\v"
_ENTITY_OF_TAG = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
_REFERENCE = re.compile(r"&(?:#(?:x([0-9a-fA-F]*)|(\d*))|([a-zA-Z]*));?", re.ASCII)
# The only ones that Telegram knows.
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME = re.compile(rf"[^{_SPACE}>]*")
_ATTRIBUTE_NAME = re.compile(rf"[^{_SPACE}=>]*")
_TOKEN = re.compile(r"[a-zA-Z0-9.-]*")
_LINK = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>[^/?#\s]+)(?P<rest>[^\s]*)", re.IGNORECASE)


class MarkupError(Exception):
    """The text is not well-formed; the message is what Telegram puts after "can't parse entities: "."""


@dataclass
class _Tag:
    """A tag that waits for its end: where its text begins, in UTF-16 units and in pieces of the result."""

    name: str
    offset: int
    piece: int
    attributes: dict[str, str] = field(default_factory=dict)


def parse_html(html: str) -> tuple[str, list[Entity]]:
    """The plain text and its entities, offsets and lengths in UTF-16 units. Raises MarkupError."""
    return _Parser(html).parse()


class _Parser:
    """Reads from left to right; `at` is the next character, `pieces` the plain text so far."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.at = 0
        self.pieces: list[str] = []
        self.length = 0
        self.open: list[_Tag] = []
        self.entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.html):
            if self.html.startswith("</", self.at):
                self._end_tag()
            elif self.html[self.at] == "<":
                self._start_tag()
            else:
                self._emit(self._character())
        if self.open:
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        text = "".join(self.pieces)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise MarkupError(
                "Text contains invalid Unicode characters after decoding HTML entities,"
                " check for unmatched surrogate code units"
            ) from None
        return text, [_finished(entity) for entity in self.entities]

    def _emit(self, character: str) -> None:
        self.pieces.append(character)
        self.length += utf16_length(character)

    def _character(self) -> str:
        """The next character. A known reference, such as &lt; or &#9733;, is one; others stay as they are."""
        if self.html[self.at] == "&":
            match = _REFERENCE.match(self.html, self.at)
            if match and (character := _referenced(match)):
                self.at = match.end()
                return character
        self.at += 1
        return self.html[self.at - 1]

    def _start_tag(self) -> None:
        begin = self.at
        name = self._take(_NAME)[1:].lower()
        if self._ended():
            raise self._error("Unclosed start tag", begin)
        if name not in _ENTITY_OF_TAG:
            raise self._error(f'Unsupported start tag "{name}"', begin)
        attributes = self._attributes(name, begin)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self._error('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(_Tag(name, self.length, len(self.pieces), attributes))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        """The attributes up to and with the closing bracket."""
        attributes: dict[str, str] = {}
        while True:
            self._skip_space()
            if self._peek() == ">":
                self.at += 1
                return attributes
            name = self._take(_ATTRIBUTE_NAME)
            if not name and not self._ended():
                raise self._error(f'Empty attribute name in the tag "{tag}"', begin)
            self._skip_space()
            value = ""
            if self._peek() == "=":
                self.at += 1
                self._skip_space()
                if not self._ended():
                    value = self._attribute_value(begin)
            if self._ended():
                raise self._error(f'Unclosed start tag "{tag}"', begin)
            attributes[name] = value

    def _attribute_value(self, begin: int) -> str:
        quote = self._peek()
        if quote not in ("'", '"'):
            start = self.at
            token = self._take(_TOKEN)
            if self._peek() not in (*_SPACE, ">"):
                if self._ended():
                    raise self._error("Unclosed start tag", begin)
                raise self._error("Unexpected end of name token", start)
            return token.lower()
        self.at += 1
        value: list[str] = []
        while not self._ended() and self._peek() != quote:
            value.append(self._character())
        self.at += 1
        if self._ended():
            raise self._error("Unclosed start tag", begin)
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise self._error("Unexpected end tag", begin)
        name = self._take(_NAME)[2:].lower()
        self._skip_space()
        if self._peek() != ">":
            raise self._error("Unclosed end tag", begin)
        self.at += 1
        tag = self.open.pop()
        if name not in ("", tag.name):
            raise self._error("Unmatched end tag", begin, f', expected "</{tag.name}>", found "</{name}>"')
        if self.length > tag.offset:
            self._close(tag)

    def _close(self, tag: _Tag) -> None:
        """Add the entity of a tag that has ended, if it makes one."""
        kind = _ENTITY_OF_TAG[tag.name]
        entity: Entity = {"type": kind, "offset": tag.offset, "length": self.length - tag.offset}
        if kind == "text_link":
            url = _checked_link(tag.attributes.get("href") or "".join(self.pieces[tag.piece :]))
            if url is None:
                return  # Telegram drops a link that leads nowhere, and keeps its text
            entity["url"] = url
        elif kind == "custom_emoji":
            entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
            if not entity["custom_emoji_id"].strip("0").isdecimal():
                raise MarkupError("Invalid custom emoji identifier specified")
        elif kind == "blockquote" and "expandable" in tag.attributes:
            entity["type"] = "expandable_blockquote"
        elif kind in ("code", "pre") and self._merged_into_code(entity, tag):
            return
        self.entities.append(entity)

    def _merged_into_code(self, entity: Entity, tag: _Tag) -> bool:
        """<pre><code class="language-x">, in either order, is one entity with a language."""
        if tag.name == "code" and tag.attributes.get("class", "").startswith("language-"):
            entity["language"] = tag.attributes["class"].removeprefix("language-")
        inner = self.entities[-1] if self.entities else {}
        same_place = (inner.get("offset"), inner.get("length")) == (entity["offset"], entity["length"])
        language = inner.get("language") if tag.name == "pre" else entity.get("language")
        if not (same_place and language and {inner["type"], tag.name} == {"pre", "code"}):
            return False
        inner.update(type="pre", language=language)
        return True

    def _peek(self) -> str:
        """The next character, or "" at the end."""
        return self.html[self.at : self.at + 1]

    def _ended(self) -> bool:
        return self.at >= len(self.html)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.html, self.at)
        taken = match[0] if match else ""
        self.at += len(taken)
        return taken

    def _skip_space(self) -> None:
        while self._peek() and self._peek() in _SPACE:
            self.at += 1

    def _error(self, message: str, at: int, tail: str = "") -> MarkupError:
        return MarkupError(f"{message} at byte offset {len(self.html[:at].encode())}{tail}")


def _referenced(match: re.Match[str]) -> str | None:
    """The character that a reference stands for; None for what Telegram takes literally."""
    hexadecimal, decimal, name = match.groups()
    if name is not None:
        return _NAMED.get(name)
    if len(match[0].rstrip(";")) >= 10:
        return None
    code = int(hexadecimal or "0", 16) if hexadecimal is not None else int(decimal or "0")
    return chr(code) if 0 < code < 0x10FFFF else None


def _checked_link(url: str) -> str | None:
    """`url` with a scheme and a path, or None if Telegram would not make it a link."""
    match = _LINK.fullmatch(url.strip())
    if match is None:
        return None
    scheme = (match["scheme"] or "http").lower()
    if scheme in ("tg", "ton", "tonsite"):
        return f"{scheme}://{match['host']}{match['rest']}"
    if scheme not in ("http", "https") or "." not in match["host"].strip("."):
        return None
    rest = match["rest"]
    return f"{scheme}://{match['host']}{rest if rest.startswith('/') else '/' + rest}"


def _finished(entity: Entity) -> Entity:
    """A language belongs to <pre> alone."""
    if entity["type"] == "code":
        entity.pop("language", None)
    return entity
