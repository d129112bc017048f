"""The way around the admin's panel, for every room that has a page in it."""

from __future__ import annotations

from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button
from bot.texts import Translator


@record("aa")
class ShowPanel(Record):
    """A page of the panel: home, models, training, people, quality or content."""

    name: str


def back_to(name: str, t: Translator) -> Button:
    """Back to a page of the panel."""
    return Button(t.plain("button.back"), ShowPanel(name))
