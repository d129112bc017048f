"""Every call is checked against the Bot API's own specification, more strictly than Telegram checks it.

Telegram ignores a parameter it does not know and reads "abc" as false; this server refuses both, since a
bot that sends them has a bug. The specification is spec/api-10.0.json; spec/NOTICE says where it comes from.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sandbox.state.records import Json

_INTEGER = re.compile(r"-?\d+")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# Where Telegram has words of its own for a missing parameter.
_TELEGRAMS_WORDS = {
    "text": "message text is empty",
    "chat_id": "chat_id is empty",
    "message_id": "message identifier is not specified",
}


class SpecViolation(Exception):
    """A value breaks the specification; the message says which and how."""


@dataclass(frozen=True)
class Upload:
    """A file that came in a multipart body."""

    filename: str
    content: bytes


class Schema:
    """The specification, as a checker of values."""

    def __init__(self, spec: Json) -> None:
        self._types: dict[str, Json] = spec["types"]
        self._methods: dict[str, Json] = spec["methods"]
        self._names = {name.lower(): name for name in self._methods}

    def method_name(self, name: str) -> str | None:
        """`name` as the specification spells it, or None; like Telegram's, the look-up ignores the case."""
        return self._names.get(name.lower())

    def read(self, method: str, raw: dict[str, Any]) -> Json:
        """The typed parameters of a call. Each may be text, as in a form, and objects JSON texts.

        Raises SpecViolation for the first unknown, missing or ill-typed one.
        """
        fields = self._methods[method]
        for name in raw:
            if name not in fields:
                raise SpecViolation(f'unknown parameter "{name}" (Telegram would ignore it)')
        for name, field in fields.items():
            if field.get("required") and name not in raw:
                raise SpecViolation(_TELEGRAMS_WORDS.get(name, f'parameter "{name}" is required'))
        return {
            name: self._any_of(_untext(value, fields[name]), fields[name], name)
            for name, value in raw.items()
        }

    def _any_of(self, value: Any, field: Json, path: str) -> Any:
        """`value`, if it is of one of the types of `field`."""
        violations: list[SpecViolation] = []
        for type_name in field["types"]:
            try:
                self._one(value, type_name, path)
            except SpecViolation as violation:
                violations.append(violation)
            else:
                if value != field.get("const", value):
                    raise SpecViolation(f'{path} must be "{field["const"]}"')
                return value
        if len(violations) == 1 or not isinstance(value, dict):
            raise violations[0]
        raise max(
            zip(violations, field["types"], strict=True), key=lambda pair: self._overlap(value, pair[1])
        )[0]

    def _one(self, value: Any, type_name: str, path: str) -> None:
        """Raise SpecViolation unless `value` is a `type_name`."""
        if type_name.startswith("Array of "):
            _require(isinstance(value, list), value, "an array", path)
            for index, item in enumerate(value):
                self._one(item, type_name.removeprefix("Array of "), f"{path}[{index}]")
        elif type_name == "Integer":
            _require(isinstance(value, int) and not isinstance(value, bool), value, "an integer", path)
        elif type_name == "Float":
            _require(isinstance(value, int | float) and not isinstance(value, bool), value, "a number", path)
        elif type_name == "Boolean":
            _require(isinstance(value, bool), value, "true or false", path)
        elif type_name == "String":
            _require(isinstance(value, str), value, "a string", path)
        elif type_name == "InputFile":
            _require(isinstance(value, str | Upload), value, "a file", path)
        else:
            _require(isinstance(value, dict), value, f"an object of type {type_name}", path)
            self._object(value, type_name, path)

    def _object(self, value: Json, type_name: str, path: str) -> None:
        described = self._types[type_name]
        if "subtypes" in described:
            best = max(described["subtypes"], key=lambda subtype: self._overlap(value, subtype))
            self._object(value, best, path)
            return
        for name in value:
            if name not in described["fields"]:
                raise SpecViolation(f'unknown field "{name}" in {path}, a {type_name}')
        for name, field in described["fields"].items():
            if name in value:
                self._any_of(value[name], field, f"{path}.{name}")
            elif field.get("required"):
                raise SpecViolation(f'{path}, a {type_name}, has no field "{name}"')

    def _overlap(self, value: Json, type_name: str) -> tuple[int, int]:
        """How well an object fits a type: by constants that agree, then by known fields less missing ones."""
        fields = self._types.get(type_name, {}).get("fields", {})
        agreeing = sum(
            "const" in field and value.get(name) == field["const"] for name, field in fields.items()
        )
        missing = sum(bool(field.get("required")) and name not in value for name, field in fields.items())
        return agreeing, sum(name in fields for name in value) - missing


@cache
def load_schema() -> Schema:
    """The specification that this package ships."""
    text = resources.files("sandbox").joinpath("spec/api-10.0.json").read_text(encoding="utf-8")
    return Schema(json.loads(text))


def _untext(value: Any, field: Json) -> Any:
    """What a top-level text stands for: parameters are typed in the specification but text on the wire."""
    if not isinstance(value, str):
        return value
    for type_name in field["types"]:
        if type_name in ("Integer", "Float") and _INTEGER.fullmatch(value):
            return int(value)
        if type_name == "Boolean" and value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        if type_name not in ("Integer", "Float", "Boolean", "String", "InputFile"):
            try:
                return json.loads(value)
            except ValueError:
                continue
    return value


def _require(condition: bool, value: Any, expected: str, path: str) -> None:
    if not condition:
        raise SpecViolation(f"{path} must be {expected}, not {json.dumps(value, default=repr)[:80]}")
