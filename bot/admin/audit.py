"""/audit: the record of what admins did, ten acts to a page."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.admin.ways import back_to
from bot.admin.wording import cut
from bot.telegram.callbacks import Record, record
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter
from bot.telegram.screen import Screen, page_buttons
from bot.texts import Html, Translator
from storage.database import Database
from storage.running import audit
from storage.running.audit import NOBODY, Act

_PAGE = 10
_LONGEST_DETAILS = 200  # characters; ten acts make a message


@record("au")
class ShowAudit(Record):
    """The page of the record that begins at this offset."""

    offset: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Ten acts from `offset` on, of `total`, newest first."""

    offset: int
    total: int
    acts: tuple[Act, ...]


class Audit:
    """Reads what every act wrote down in its own transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, offset: int) -> AuditPage:
        """The page that begins at `offset`; the last one if it is past the end."""
        async with self._database.read() as conn:
            total = await audit.count(conn)
            offset = max(0, min(offset, (total - 1) // _PAGE * _PAGE))
            acts = await audit.page(conn, offset=offset, limit=_PAGE)
        return AuditPage(offset, total, tuple(acts))


class Handlers:
    """/audit and its buttons."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def register(self, router: AdminRouter) -> None:
        """Claim the commands and buttons of this room."""
        router.command("audit", self.audit)
        router.button(ShowAudit, self.turn)

    async def audit(self, request: Request) -> None:
        """/audit: the newest ten."""
        await request.reply(audit_screen(await self._audit.page(0), request.t))

    async def turn(self, request: Request, tap: ShowAudit) -> None:
        """Older and Newer."""
        page = await self._audit.page(tap.offset)
        await request.toast()
        await request.show(audit_screen(page, request.t))


def audit_screen(page: AuditPage, t: Translator) -> Screen:
    """Two lines for each act: when and who, and what."""
    if not page.acts:
        return Screen(t.html("audit.empty"))
    lines = [t.html("audit.title", count=page.total)]
    for act in page.acts:
        lines += [Html(""), _head(act, t), _what(act, t)]
    turns = page_buttons(page.offset, _PAGE, page.total, ShowAudit, t)
    return Screen("\n".join(lines), ((*turns, back_to("home", t)),))


def _head(act: Act, t: Translator) -> Html:
    who = t.plain("audit.bot") if act.actor == NOBODY else t.plain("audit.admin", number=act.actor)
    return t.html("audit.head", at=f"{act.at:%Y-%m-%d %H:%M}", who=who)


def _what(act: Act, t: Translator) -> Html:
    """An act in words; one that this version has no words for by its name and details."""
    for key in (act.act, f"{act.act}_group"):  # of one person, or of accounts that were flagged together
        with suppress(KeyError):  # no such text, or it names a detail that was not written down
            return t.html(f"audit.act.{key}", **act.details)
    name, details = act.act.replace("_", " ").capitalize(), _details(act.details)
    return t.html("audit.other", act=name, details=f": {details}" if details else "")


def _details(details: Mapping[str, Any]) -> str:
    listed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in details.items())
    return cut(listed, _LONGEST_DETAILS)
