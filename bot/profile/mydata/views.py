"""All that is kept about a person as one JSON file, and what is said beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.texts import Html, Translator

_Rows = Mapping[str, Sequence[Mapping[str, object]]]


def export_name(at: datetime) -> str:
    """What the file is called."""
    return f"matinee-{at:%Y-%m-%d}.json"


def export_file(found: _Rows, at: datetime, t: Translator) -> bytes:
    """Each table as a section that says what it means; times are ISO 8601, in UTC."""
    sections = {name: {"about": t.plain(f"mydata.{name}"), "rows": rows} for name, rows in found.items()}
    document = {"about": t.plain("mydata.about"), "exported_at": at, **sections}
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain).encode()


def export_caption(found: _Rows, t: Translator) -> Html:
    """What the file holds, and how to be forgotten."""
    return t.html("mydata.caption", count=len(found["ratings"]), rows=sum(map(len, found.values())))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is not for a file")
