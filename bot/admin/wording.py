"""Spans of time and numbers, as the admin's screens say them."""

from __future__ import annotations

from datetime import timedelta

from bot.texts import Translator

_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60))
_LONGEST = 600  # characters of an error; a message holds 4,096


def span(length: timedelta, t: Translator) -> str:
    """In its largest unit, of which there are two at least: "90 min", "3 h", "2 days"."""
    seconds = max(0, round(length.total_seconds()))
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return t.plain(f"span.{unit}", n=round(seconds / size))
    return t.plain("span.seconds", n=seconds)


def cut(text: str) -> str:
    """An error's text, short enough for a message."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
