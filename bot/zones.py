"""Time zones: found by the words of people (a city, a country, a zone's own name), and what the clock shows.

Zones and their countries are those of tzdata's `zone.tab`; countries are named in the person's language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from babel import Locale
from rapidfuzz import fuzz

from bot.telegram.callbacks import Record
from bot.telegram.screen import Button
from bot.texts import Translator

_LONGEST_PLACE = 100  # characters of what is searched for

# How well a zone fits what was asked, best first; a mistyped city fits less than 1.
_ZONE, _COUNTRY, _ALMOST_ZONE, _ALMOST_COUNTRY = 4, 3, 2, 1
_CLOSE = 80.0  # of 100: how alike a mistyped city must be
_SHORTEST = 3  # letters that a beginning must have to count
_ALSO = {"usa": "US", "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB"}  # as people say it


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A time zone by its name, and what the clock shows there."""

    zone: str
    now: datetime

    @property
    def clock(self) -> str:
        """The time of day, as 20:05."""
        return f"{self.now:%H:%M}"


@dataclass(frozen=True, slots=True)
class _Zone:
    name: str  # "Europe/Berlin"
    country: str  # ISO 3166, "" for UTC


def _read() -> tuple[_Zone, ...]:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return (_Zone("UTC", ""), *(_Zone(row[2], row[0]) for row in rows))


_ZONES = _read()
ZONES = frozenset(zone.name for zone in _ZONES)


def local_time(zone: str, at: datetime) -> LocalTime:
    """What the clock of a zone shows at a moment."""
    return LocalTime(zone, at.astimezone(ZoneInfo(zone)))


def places(asked: str, language: str, at: datetime) -> list[LocalTime]:
    """Zones that may be meant by a city, a country or a zone's name, best first, and their time at `at`."""
    return [local_time(zone, at) for zone in search(asked[:_LONGEST_PLACE], language)]


def zone_rows(
    found: Sequence[LocalTime], action: Callable[[str], Record], t: Translator
) -> tuple[tuple[Button, ...], ...]:
    """A button for each zone, with its time; `action` gives the record that chooses a zone by its name."""
    return tuple(
        (Button(t.plain("zone.button", place=city(each.zone), time=each.clock), action(each.zone)),)
        for each in found
    )


def city(name: str) -> str:
    """What a zone is called for: "New York" of "America/New_York"."""
    return name.rpartition("/")[2].replace("_", " ")


def search(asked: str, language: str, limit: int = 8) -> list[str]:
    """Names of zones that may be meant, best first; none where nothing is like it.

    Of a country with many zones, one for each way of keeping time.
    """
    asked = _plain(asked)
    countries = _countries(language)
    found = []
    for place, zone in enumerate(_ZONES):
        score = _score(asked, zone, countries)
        if score > 0:
            found.append((-score, place, zone.name))
    best: dict[object, str] = {}
    for score, _, name in sorted(found):
        best.setdefault(_habits(name) if -score in (_COUNTRY, _ALMOST_COUNTRY) else name, name)
    return list(best.values())[:limit]


def _score(asked: str, zone: _Zone, countries: dict[str, str]) -> float:
    """How well the words fit: best where they name this very zone, 0 where they are nothing like it."""
    name = _plain(city(zone.name))
    if asked in (name, _plain(zone.name)):
        return _ZONE
    country = countries.get(zone.country, "")
    if country and (asked == country or _ALSO.get(asked) == zone.country):
        return _COUNTRY
    if len(asked) >= _SHORTEST and name.startswith(asked):
        return _ALMOST_ZONE
    if len(asked) > _SHORTEST and country.startswith(asked):
        return _ALMOST_COUNTRY
    alike = fuzz.ratio(asked, name)
    return alike / 101 if alike >= _CLOSE else 0


@cache
def _countries(language: str) -> dict[str, str]:
    """ISO code → the country's name as people of this language type it."""
    territories = Locale.parse(language).territories
    return {zone.country: _plain(territories.get(zone.country, "")) for zone in _ZONES if zone.country}


@cache
def _habits(name: str) -> tuple[object, ...]:
    """The offset in winter and in summer: zones that agree in both keep the same time today."""
    zone, year = ZoneInfo(name), datetime.now(UTC).year
    return tuple(datetime(year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))


def _plain(text: str) -> str:
    """Lower case, without accents, underscores or doubled spaces."""
    letters = normalize("NFKD", text.replace("_", " ").replace("-", " "))
    return " ".join("".join(each for each in letters if not combining(each)).casefold().split())
