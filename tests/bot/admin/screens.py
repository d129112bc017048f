"""Screens as a person reads them."""

from __future__ import annotations

from bot.telegram.screen import Screen
from sandbox.text.markup import parse_html


def shown(screen: Screen) -> str:
    """The text as a person reads it; fails on what Telegram would not take."""
    text, _ = parse_html(screen.text)
    assert 1 <= len(text.encode("utf-16-le")) // 2 <= 4096
    assert all(button.label.strip() for row in screen.rows for button in row)
    assert screen.markup or not screen.rows
    return text


def labels(screen: Screen) -> list[list[str]]:
    return [[button.label for button in row] for row in screen.rows]
