"""Spans of time in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.admin.wording import span
from bot.texts import translator

T = translator("en")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (1e6, "12 days"),
    ],
)
def test_spans_are_told_in_their_largest_unit(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds), T) == words
