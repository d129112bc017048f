"""/mydata: all that is kept about a person, as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.texts import Html, Translator
from storage import personal
from storage.database import Database

_Rows = Mapping[str, Sequence[Mapping[str, object]]]


class Handlers:
    """One command, which only reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, router: Router) -> None:
        """Claim the command of this screen."""
        router.command("mydata", self.mydata)

    async def mydata(self, request: Request) -> None:
        """/mydata: the file."""
        async with self._database.read() as conn:
            rows = await personal.everything(conn, request.person)
        t, now = request.t, request.now
        await request.reply_file(export_name(now), export_file(rows, now, t), export_caption(rows, t))


def export_name(at: datetime) -> str:
    """What the file is called."""
    return f"matinee-{at:%Y-%m-%d}.json"


def export_file(rows: _Rows, at: datetime, t: Translator) -> bytes:
    """Each table as a section that says what it holds; times are ISO 8601, in UTC."""
    sections = {name: {"about": t.plain(f"mydata.{name}"), "rows": each} for name, each in rows.items()}
    document = {"about": t.plain("mydata.about"), "exported_at": at, **sections}
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain).encode()


def export_caption(rows: _Rows, t: Translator) -> Html:
    """What the file holds, and how to be forgotten."""
    return t.html("mydata.caption", count=len(rows["ratings"]), rows=sum(map(len, rows.values())))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is not for a file")
