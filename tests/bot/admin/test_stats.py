"""How the bot is used, from sample data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.admin.stats import Usage, ratings_picture, usage_text
from bot.telegram.screen import Screen
from bot.texts import translator
from storage.running.statistics import Activity, AnswerTimes, Funnel
from tests.bot.admin.screens import shown

T = translator("en")


def test_usage_is_told_in_full() -> None:
    usage = Usage(
        date(2026, 11, 24),
        Activity(12, 3, 6, 9),
        {date(2026, 10, 25): 100, date(2026, 10, 26): 7, date(2026, 11, 18): 5, date(2026, 11, 24): 1},
        Funnel(11, 10, 8, 7, 4),
        {"decided": 3},
        AnswerTimes(1, 0.0414, 2.25),
        AnswerTimes(0, None, None),
    )
    text = shown(Screen(usage_text(usage, T)))
    assert "12 people\nActive in 1, 7, 30 days: 3 · 6 · 9" in text
    assert "113 ratings\nToday, in 7 days, in 30: 1 · 6 · 13" in text
    assert "11 started · 10 told genres or shelves · 8 rated five films · 7 got a list · 4 came back" in text
    assert "0 gathering · 0 voting · 3 decided · 0 cancelled" in text
    assert "last day: median 41 ms, 95 % within 2.2 s (1 update)" in text
    assert "last 7 days, as far as kept: nothing was answered" in text
    assert len(text) <= 1024
    picture = ratings_picture(usage, T)
    assert picture is not None
    assert picture.counts == {date(2026, 11, 11): 0, **usage.per_day}
    assert ratings_picture(replace(usage, per_day={}), T) is None
