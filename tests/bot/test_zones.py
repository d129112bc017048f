"""Time zones by the words of people."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.preferences.views import SetTimeZone
from bot.telegram.callbacks import pack
from bot.zones import ZONES, search


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("Berlin", "Europe/Berlin"),
        ("  NEW   york ", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("Asunción", "America/Asuncion"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("singapor", "Asia/Singapore"),
        ("Kollkata", "Asia/Kolkata"),
        ("india", "Asia/Kolkata"),
        ("UK", "Europe/London"),
        ("Portug", "Europe/Lisbon"),
        ("utc", "UTC"),
    ],
)
def test_the_one_that_is_meant_comes_first(asked: str, first: str) -> None:
    assert search(asked, "en")[0] == first


def test_a_country_gives_one_zone_for_each_way_of_keeping_time() -> None:
    found = search("united states", "en", limit=99)
    assert {"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"} <= set(found)
    assert "America/Detroit" not in found
    assert search("usa", "en", limit=99) == found
    assert search("united states", "en", limit=3) == found[:3]


def test_countries_are_named_in_the_persons_language() -> None:
    assert search("Deutschland", "de")[0] == "Europe/Berlin"
    assert search("Deutschland", "en") == []


@pytest.mark.parametrize("asked", ["", " ", "qwertzuiop", "x" * 4096, "🎬", "%s {0}", "a"])
def test_nothing_like_it_gives_none(asked: str) -> None:
    assert search(asked, "en") == []


def test_every_zone_is_one_and_fits_on_a_button() -> None:
    assert len(ZONES) > 400
    for zone in ZONES:
        assert ZoneInfo(zone).key == zone
        assert pack(SetTimeZone(zone))
