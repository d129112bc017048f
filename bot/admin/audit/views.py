"""/audit as a message."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bot.admin.audit.service import PAGE, AuditPage
from bot.admin.buttons import back_to
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Screen, page_buttons
from bot.texts import Html, Translator
from storage.personal import NOBODY
from storage.running.audit import Act

_LONGEST_DETAILS = 200  # characters; ten acts make a message


@record("au")
class ShowAudit(Record):
    """The page of the record that begins at this offset."""

    offset: int


def audit_screen(page: AuditPage, t: Translator) -> Screen:
    """Two lines for each act: when and who, and what."""
    if not page.acts:
        return Screen(t.html("audit.empty"))
    lines = [t.html("audit.title", count=page.total)]
    for act in page.acts:
        lines += [Html(""), _head(act, t), _what(act, t)]
    turns = page_buttons(page.offset, PAGE, page.total, ShowAudit, t)
    return Screen("\n".join(lines), ((*turns, back_to("home", t)),))


def _head(act: Act, t: Translator) -> Html:
    who = t.plain("audit.bot") if act.actor == NOBODY else t.plain("audit.admin", number=act.actor)
    return t.html("audit.head", at=f"{act.at:%Y-%m-%d %H:%M}", who=who)


def _what(act: Act, t: Translator) -> Html:
    """An act in words; one that this version has no words for by its name and details."""
    for key in (act.act, f"{act.act}_group"):  # of one person, or of accounts that were flagged together
        with suppress(KeyError):  # no such text, or it tells of something that was not written down
            return t.html(f"audit.act.{key}", **act.details)
    name, details = act.act.replace("_", " ").capitalize(), _details(act.details)
    return t.html("audit.other", act=name, details=f": {details}" if details else "")


def _details(details: Mapping[str, Any]) -> str:
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in details.items())
    return told if len(told) <= _LONGEST_DETAILS else told[: _LONGEST_DETAILS - 1] + "…"
