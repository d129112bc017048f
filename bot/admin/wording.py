"""Spans of time, numbers, tables and texts cut short, as the admin's screens show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from bot.texts import Html, Translator

_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60))
_LONGEST_ERROR = 600  # characters; a message holds 4,096
_LONGEST_ECHO = 60


def span(length: timedelta, t: Translator) -> str:
    """In its largest unit, of which there are two at least: "90 min", "3 h", "2 days"."""
    seconds = max(0, round(length.total_seconds()))
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return t.plain(f"span.{unit}", n=round(seconds / size))
    return t.plain("span.seconds", n=seconds)


def cut(text: str, longest: int = _LONGEST_ERROR) -> str:
    """A text of at most so many characters; an error's leaves a message room for the rest."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def echo(typed: str) -> str:
    """What an admin typed, short enough to be part of a sentence."""
    return cut(typed, _LONGEST_ECHO)


def number(value: float, *, percent: bool) -> str:
    """A figure with three digits or so."""
    return f"{100 * value:.1f}%" if percent else f"{value:.3f}"


def aligned(lines: Sequence[tuple[str, ...]]) -> Html:
    """Lines of equally many cells: labels to the left, numbers to the right; narrow enough for a phone."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    table = "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
    return Html(f"<pre>{escape(table)}</pre>")
