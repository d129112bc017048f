"""The question before everything is deleted, and what remains to be said."""

from __future__ import annotations

from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Translator


@record("fx")
class ForgetPerson(Record):
    """Delete everything about this person, and about nobody who came after."""

    person_id: int


@record("fk")
class KeepPerson(Record):
    """Delete nothing."""


def forget_screen(person_id: int, t: Translator) -> Screen:
    """What is deleted, and what follows when."""
    return Screen(
        t.html("forget.ask"),
        (
            (Button(t.plain("button.delete_everything"), ForgetPerson(person_id)),),
            (Button(t.plain("button.keep"), KeepPerson()),),
        ),
    )


def forgotten_screen(t: Translator) -> Screen:
    """It is done."""
    return Screen(t.html("forget.done"))


def kept_screen(t: Translator) -> Screen:
    """Nothing was deleted."""
    return Screen(t.html("forget.kept"))
