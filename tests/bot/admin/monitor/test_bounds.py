"""Bounds as they are typed, and when they are passed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.process.bounds import DEFAULT_BOUNDS, Bound, parse_bounds
from bot.process.settings import read_settings
from recsys.monitoring import Figure, Figures

FIGURES = Figures(
    gini=Figure(0.95, 1000),
    coverage=Figure(0.02, 14),
    popularity_shown=Figure(200.0, 20),
    popularity_rated=Figure(100.0, 20),
    popularity_lift=Figure(1.0, 20),
    miscalibration=Figure(0.5, 20),
    most_active_share=Figure(0.2, 100),
    hit_rate=Figure(None, 0),
)


def test_bounds_are_read() -> None:
    assert parse_bounds(" gini > .9,hit_rate<0.01 ,") == (
        Bound("gini", True, 0.9),
        Bound("hit_rate", False, 0.01),
    )
    assert parse_bounds("off") == parse_bounds(" ") == ()
    assert len(parse_bounds(DEFAULT_BOUNDS)) == 5


@pytest.mark.parametrize(
    "text", ["gini", "gini>", "gini=1", "beauty>1", "gini>x", "gini>nan", "gini>0.9 hit_rate<1"]
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be off|no number"):
        parse_bounds(text)


@pytest.mark.parametrize(
    ("bound", "passed"),
    [
        ("gini>0.94", True),
        ("gini>0.95", False),
        ("gini<0.96", True),
        ("coverage<0.03", True),
        ("popularity_lift>0.9", True),
        ("miscalibration>0.5", False),
        ("most_active_share>0.1", True),
        ("hit_rate<1", False),
    ],
)
def test_a_bound_is_passed_where_there_is_enough_to_say_so(bound: str, passed: bool) -> None:
    (found,) = parse_bounds(bound)
    assert found.passed(FIGURES) == passed
    case = getattr(FIGURES, found.figure)
    little = replace(FIGURES, **{found.figure: replace(case, n=case.n - 1)})
    if found.figure == "coverage":
        little = replace(FIGURES, gini=Figure(0.95, 999))
    assert not found.passed(little)


def test_a_wrong_setting_is_told_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_ALERTS", "beauty>1")
    with pytest.raises(SettingsError, match=r"MATINEE_ALERTS: must be off, or bounds as .*hit_rate"):
        read_settings()
    monkeypatch.setenv("MATINEE_ALERTS", "gini>0.9")
    assert read_settings().alerts == (Bound("gini", True, 0.9),)
    monkeypatch.setenv("MATINEE_ALERTS", "off")
    assert read_settings().alerts == ()
