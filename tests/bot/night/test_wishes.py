"""What follows /night, read on a Tuesday at half past six in the evening."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.night.wishes import Misread, Wish, read_wish

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 18, 30, tzinfo=ZONE)
GENRES = ("Action", "Children's", "Comedy", "Film-Noir", "Sci-Fi")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", Wish()),
        ("tonight", Wish(at(24, 20))),
        ("tonight 21:15", Wish(at(24, 21, 15))),
        ("tomorrow", Wish(at(25, 20))),
        ("Tomorrow at 20:00", Wish(at(25, 20))),
        ("sat 19:30", Wish(at(28, 19, 30))),
        ("saturday 7:30pm", Wish(at(28, 19, 30))),
        ("thurs 9pm", Wish(at(26, 21))),
        ("tue 19:00", Wish(at(24, 19))),
        ("mon", Wish(at(30, 20))),
        ("18:00", Wish(at(25, 18))),
        ("12am", Wish(at(25, 0))),
        ("21:00 comedy, scifi", Wish(at(24, 21), ("Comedy", "Sci-Fi"))),
        ("Sci-Fi noir kids", Wish(None, ("Sci-Fi", "Film-Noir", "Children's"))),
        ("comedy comedy 90s", Wish(None, ("Comedy",), (1990,))),
        ("1980s 00s '70s 2010s", Wish(None, (), (1980, 2000, 1970, 2010))),
        ("fri 22:00 action movies from the 80s", Wish(at(27, 22), ("Action",), (1980,))),
    ],
)
def test_wishes(text: str, wish: Wish) -> None:
    assert read_wish(text, GENRES, NOW) == wish


def test_tonight_after_eight_is_now() -> None:
    assert read_wish("tonight", GENRES, NOW.replace(hour=22)) == Wish()


def test_the_clock_changes_in_the_zone() -> None:
    before = datetime(2026, 10, 24, 12, 0, tzinfo=ZONE)
    wish = read_wish("tomorrow 20:00", GENRES, before)
    assert wish.starts_at is not None
    assert wish.starts_at.isoformat() == "2026-10-25T20:00:00+01:00"


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        ("blorp", "night.misread", "blorp"),
        ("sat 25:00", "night.misread", "25:00"),
        ("13pm", "night.misread", "13pm"),
        ("19", "night.misread", "19"),
        ("sat sun", "night.misread", "sun"),
        ("western", "night.misread", "western"),
        ("x" * 100, "night.misread", "x" * 40),
        ("tonight 18:00", "night.past", "18:00"),
        ("tue 10am", "night.past", "10:00"),
    ],
)
def test_what_is_not_understood(text: str, key: str, word: str) -> None:
    with pytest.raises(Misread) as misread:
        read_wish(text, GENRES, NOW)
    assert (misread.value.key, misread.value.word) == (key, word)
