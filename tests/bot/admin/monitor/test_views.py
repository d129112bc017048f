"""What an admin reads, from figures and counts."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict, replace
from datetime import date

import pytest

from bot.admin.illustration import illustrated
from bot.admin.monitor.service import MonitorReport, PastWeek
from bot.admin.monitor.views import alert_text, report_picture, report_text
from bot.process.bounds import Bound
from bot.telegram.screen import Photo, Screen
from bot.texts import Html, translator
from recsys.monitoring import Figure, Figures
from sandbox.text.markup import parse_html

T = translator("en")
NOW = Figures(
    gini=Figure(0.9512, 1200),
    coverage=Figure(0.031, 9742),
    popularity_shown=Figure(258.4, 45),
    popularity_rated=Figure(162.0, 45),
    popularity_lift=Figure(0.595, 45),
    miscalibration=Figure(0.7, 40),
    most_active_share=Figure(0.08, 50),
    hit_rate=Figure(0.12, 900),
)
LAST = replace(
    NOW,
    gini=Figure(0.93, 1000),
    coverage=Figure(0.0312, 9742),
    popularity_lift=Figure(-0.1, 45),
    miscalibration=Figure(0.9, 40),
    hit_rate=Figure(None, 0),
)
FIRST = replace(NOW, gini=Figure(0.9511, 10), coverage=Figure(0.01, 9742), hit_rate=Figure(0.2, 10))
NOTHING = Figures(*(Figure(None, 0) for _ in range(8)))
WEEKS = (PastWeek("2026-W30", date(2026, 7, 20), FIRST), PastWeek("2026-W47", date(2026, 11, 16), LAST))


def shown(html: str) -> str:
    text, _ = parse_html(html)
    return text


def test_each_figure_stands_against_last_week_and_the_first() -> None:
    text = shown(report_text(MonitorReport(date(2026, 11, 24), NOW, WEEKS), T))
    assert "2026-W47" in text
    assert "2026-W30" in text
    assert text.splitlines()[5:11] == [
        "Gini of exposure: 0.951 · 🔴 0.930 · 0.951",
        "Catalog shown to somebody: 3.1 % · ⚪ 3.1 % · 1.0 %",
        "Popularity shown over rated: +59.5 % (258 : 162) · 🔴 −10.0 % · ⚪ +59.5 %",
        "Genre miscalibration (KL): 0.700 · 🟢 0.900 · ⚪ 0.700",
        "Ratings by the most active 1 %: 8.0 % * · 8.0 % · 8.0 %",
        "Recommended and taken to: 12.0 % · – · 20.0 %",
    ]
    assert "* too few cases to judge by" in text
    assert "shown 1200 times" in text
    assert len(text) <= 1024  # the caption of a picture


def test_one_week_is_not_told_twice_and_none_is_not_told() -> None:
    one = shown(report_text(MonitorReport(date(2026, 11, 24), NOW, WEEKS[1:]), T))
    assert "Gini of exposure: 0.951 · 🔴 0.930\n" in one
    none = shown(report_text(MonitorReport(date(2026, 11, 24), NOTHING, ()), T))
    assert "Gini of exposure: –\n" in none
    assert "🟢" not in none
    assert "There is no earlier week yet" in none
    assert "There is no earlier week yet" not in one
    assert "too few" not in none  # nothing was measured


def test_few_cases_do_not_look_like_an_alarm() -> None:
    few = Figures(*(Figure(0.999, 19) for _ in range(8)))
    text = shown(report_text(MonitorReport(date(2026, 11, 24), few, WEEKS), T))
    assert "🔴 0." not in text
    assert "🔴 1" not in text
    bounds = [Bound("gini", True, 0.98), Bound("miscalibration", True, 0.5)]
    assert not any(
        chart.bounds for chart in report_picture(MonitorReport(date(2026, 11, 24), few, ()), bounds, T).charts
    )


def test_a_digest_says_of_which_week_it_is() -> None:
    digest = report_text(MonitorReport(WEEKS[1].monday, LAST, WEEKS[:1], "2026-W47"), T)
    assert shown(digest).startswith("What was recommended in week 2026-W47\n")


def test_the_picture_shows_every_week_and_now() -> None:
    bounds = [Bound("gini", True, 0.98), Bound("gini", False, 0.1), Bound("hit_rate", False, 0.01)]
    picture = report_picture(MonitorReport(date(2026, 11, 24), NOW, WEEKS), bounds, T)
    assert picture.moments == [date(2026, 7, 20), date(2026, 11, 16), date(2026, 11, 24)]
    gini, coverage, popularity, *_, hits = picture.charts
    assert list(gini.curves[0].values) == [0.9511, 0.93, 0.9512]
    assert list(gini.bounds) == [0.98, 0.1]
    assert (gini.most, popularity.most) == (1.0, None)
    assert (coverage.percent, gini.percent) == (True, False)
    assert [(curve.label, curve.values[-1]) for curve in popularity.curves] == [
        ("shown", 258.4),
        ("rated", 162.0),
    ]
    assert list(hits.curves[0].values) == [0.2, None, 0.12]
    assert len(picture.charts) == 6


def test_an_alert_says_what_is_past_which_bound() -> None:
    bound = Bound("most_active_share", True, 0.05)
    text = shown(alert_text({**asdict(bound), "measured": asdict(NOW)}, T))
    assert text.startswith(
        "⚠️ Ratings by the most active 1 % is 8.0 % over the last 7 days, above the bound of 5.0 %."
    )


@pytest.mark.process
async def test_words_come_alone_where_nothing_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    text, picture = (
        Html("<b>figures</b>"),
        report_picture(MonitorReport(date(2026, 11, 24), NOW, WEEKS), [], T),
    )
    drawn = await illustrated(text, picture, T)
    assert isinstance(drawn, Photo)
    assert (drawn.content[:4], drawn.caption) == (b"\x89PNG", text)
    assert await illustrated(text, None, T) == Screen(text)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *_: None if name == "matplotlib" else find(name)
    )
    alone = await illustrated(text, picture, T)
    assert isinstance(alone, Screen)
    assert shown(alone.text).startswith("figures\n\nThere is no picture: pictures need matplotlib, ")
    assert "pip install 'matinee[train]'" in shown(alone.text)
