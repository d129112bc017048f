"""What the check of a call keeps of the published specification."""

from typing import Any

from sandbox.bot_api.reduce_spec import reduce_spec


def field(name: str, types: list[str], *, required: bool = False, description: str = "…") -> dict[str, Any]:
    return {"name": name, "types": types, "required": required, "description": description}


def test_methods_and_the_types_they_reach_are_kept() -> None:
    api = {
        "version": "Bot API 10.0",
        "methods": {
            "close": {"name": "close", "returns": ["Boolean"]},
            "paint": {
                "fields": [
                    field("chat_id", ["Integer", "String"], required=True),
                    field("shapes", ["Array of Array of Shape"]),
                ]
            },
        },
        "types": {
            "Shape": {"subtypes": ["Dot"]},
            "Dot": {"fields": [field("type", ["String"], required=True, description="Type, must be dot")]},
            "Update": {"fields": [field("update_id", ["Integer"], required=True)]},
        },
    }
    assert reduce_spec(api) == {
        "version": "Bot API 10.0",
        "methods": {
            "close": {},
            "paint": {
                "chat_id": {"types": ["Integer", "String"], "required": True},
                "shapes": {"types": ["Array of Array of Shape"]},
            },
        },
        "types": {
            "Dot": {"fields": {"type": {"types": ["String"], "required": True, "const": "dot"}}},
            "Shape": {"subtypes": ["Dot"]},
        },
    }
