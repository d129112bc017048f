"""Reduce telegram-bot-api-spec to what the check of a call needs.

    python -m sandbox.bot_api.reduce_spec api.json sandbox/spec/api-10.0.json

The result holds "version", "methods" (name → fields) and "types" (name → {"fields": fields} or
{"subtypes": names}); fields are name → {"types": names, "required": true, "const": value}, the last two only
where they hold.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

# "Type of the result, must be photo"
_CONST = re.compile(r'(?:must be|always) "?(\w+)"?$')
# The fields that tell the members of a union apart.
_DISCRIMINATORS = ("type", "source")


def reduce_spec(api: dict[str, Any]) -> dict[str, Any]:
    """The methods of `api`, and the object types that their fields reach, without prose."""
    methods = {name: _fields(method) for name, method in api["methods"].items()}
    types: dict[str, Any] = {}
    waiting = [name for fields in methods.values() for name in _type_names(fields)]
    while waiting:
        name = waiting.pop()
        # Known already, or a primitive such as Integer.
        if name in types or name not in api["types"]:
            continue
        described = api["types"][name]
        if "subtypes" in described:
            types[name] = {"subtypes": described["subtypes"]}
            waiting.extend(described["subtypes"])
        else:
            types[name] = {"fields": _fields(described)}
            waiting.extend(_type_names(types[name]["fields"]))
    return {"version": api["version"], "methods": methods, "types": dict(sorted(types.items()))}


def _fields(described: dict[str, Any]) -> dict[str, Any]:
    reduced = {}
    for field in described.get("fields", []):
        entry: dict[str, Any] = {"types": field["types"]}
        if field["required"]:
            entry["required"] = True
        if field["name"] in _DISCRIMINATORS and (const := _CONST.search(field["description"])):
            entry["const"] = const[1]
        reduced[field["name"]] = entry
    return reduced


def _type_names(fields: dict[str, Any]) -> list[str]:
    return [name.replace("Array of ", "") for field in fields.values() for name in field["types"]]


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    reduced = reduce_spec(json.loads(source.read_text(encoding="utf-8")))
    target.write_text(json.dumps(reduced, separators=(",", ":")) + "\n", encoding="utf-8")
