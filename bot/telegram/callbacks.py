"""What a button carries: typed records, packed into Telegram's 1–64 bytes.

`"rt1:2f:8:4"` is prefix `rt`, version 1, then the fields: integers in base 36, text as it is.
A record whose fields change gets a new version, so that an old button is not taken for a new one.

Anybody can send the bot any data, in any chat that it is in. So a field that names rows says whose they are,
as `Annotated[int, Owned("list")]`, and the router asks the guard of that kind before any handler.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, ClassVar, TypeVar, dataclass_transform, get_args, get_type_hints

from bot.errors import StaleButton

MAX_BYTES = 64
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclasses.dataclass(frozen=True, slots=True)
class Owned:
    """Marks a field: the rows that it names belong to somebody, or some group, or are an admin's business."""

    kind: str


EVERYBODYS = Owned("everybody")  # films
AN_ADMINS = Owned("admin")  # reachable by bot.telegram.router.AdminRouter alone
FilmId = Annotated[int, EVERYBODYS]
AdminsId = Annotated[int, AN_ADMINS]


class Record:
    """Base of all callback records."""

    tag: ClassVar[str]  # prefix and version: "rt1"
    types: ClassVar[tuple[type, ...]]
    owned: ClassVar[dict[str, Owned]]  # by field


R = TypeVar("R", bound=Record)
_registry: dict[str, type[Record]] = {}


@dataclass_transform(frozen_default=True)
def record(prefix: str, version: int = 1) -> Callable[[type[R]], type[R]]:
    """Make a class of int and str fields a callback record.

    Raises ValueError for a tag in use, and for a field `…_id` that does not say whose rows it names.
    """

    def register(cls: type[R]) -> type[R]:
        tag = f"{prefix}{version}"
        if tag in _registry:
            raise ValueError(f"callback tag {tag} is taken by {_registry[tag].__name__}")
        made = dataclasses.dataclass(frozen=True, slots=True)(cls)
        hints = get_type_hints(made)
        made.tag = tag
        made.types = tuple(hints[field.name] for field in dataclasses.fields(made))  # type: ignore[arg-type]  # it is one now
        if not set(made.types) <= {int, str}:
            raise ValueError(f"{made.__name__}: fields must be int or str")
        made.owned = _owned(made)
        _registry[tag] = made
        return made

    return register


def _owned(kind: type[Record]) -> dict[str, Owned]:
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # every record is a dataclass
        marks = [mark for mark in get_args(hints[field.name])[1:] if isinstance(mark, Owned)]
        if marks:
            found[field.name] = marks[0]
        elif field.name.endswith("_id"):
            raise ValueError(f"{kind.__name__}: whose is {field.name}?")
    return found


def pack(value: Record) -> str:
    """The callback data of a record. Raises ValueError past 64 bytes or bits, or on a colon in a text."""
    fields = dataclasses.astuple(value)  # type: ignore[call-overload]  # every record is a dataclass
    parts = [value.tag]
    for field in fields:
        if isinstance(field, str) and ":" in field:
            raise ValueError(f"{value}: a text field must not hold a colon")
        parts.append(field if isinstance(field, str) else _base36(_fitting(field)))
    data = ":".join(parts)
    if len(data.encode()) > MAX_BYTES:
        raise ValueError(f"{value} takes {len(data.encode())} bytes, {MAX_BYTES} are allowed")
    return data


def unpack(data: str) -> Record:
    """The record in callback data. Raises StaleButton for anything this version does not know."""
    tag, *parts = data.split(":")
    cls = _registry.get(tag)
    if cls is None or len(parts) != len(cls.types):
        raise StaleButton(f"unknown callback data {data!r}")
    try:
        return cls(*(_read(kind, part) for kind, part in zip(cls.types, parts, strict=True)))
    except ValueError as error:
        raise StaleButton(f"unreadable callback data {data!r}") from error


def _read(kind: type, part: str) -> int | str:
    return _fitting(int(part, 36)) if kind is int else part


def _fitting(number: int) -> int:
    """Raises ValueError for what no database keeps in an integer."""
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"{number} takes more than 64 bits")
    return number


def _base36(number: int) -> str:
    sign, number = ("-", -number) if number < 0 else ("", number)
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return sign + digits
