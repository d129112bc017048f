"""/settings as a message, and the search for a time zone."""

from __future__ import annotations

from collections.abc import Sequence

from bot.preferences.service import SettingsPanel
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from bot.ways import OpenStandingFilters, ReviseGenres, ShowSettings
from bot.wording import echo, filters_text
from bot.zones import LocalTime, zone_rows
from storage.people.filters import NO_FILTERS


@record("pc")
class CloseSettings(Record):
    """Enough of settings."""


@record("pz")
class AskTimeZone(Record):
    """Search for a time zone."""


@record("pt")
class SetTimeZone(Record):
    """Take this time zone; its IANA name."""

    zone: str


def settings_screen(panel: SettingsPanel, t: Translator) -> Screen:
    """What is set, and a button for each."""
    genres = [t.plain("genre.liked", genre=genre) for genre in panel.liked]
    genres += [t.plain("genre.disliked", genre=genre) for genre in panel.disliked]
    listed = ", ".join(genres) or t.plain("settings.no_genres")
    filters = None if panel.filters == NO_FILTERS else filters_text(panel.filters, t)
    lines = [
        t.html("settings.title"),
        "",
        *([t.html("settings.genres", genres=listed)] if panel.genres else []),
        t.html("settings.filters", filters=filters or t.plain("settings.no_filters")),
        t.html("settings.time_zone", place=_place(panel.time.zone), time=panel.time.clock),
    ]
    rows = (
        (
            *([Button(t.plain("button.genres"), ReviseGenres())] if panel.genres else []),
            Button(t.plain("button.filters"), OpenStandingFilters()),
            Button(t.plain("button.time_zone"), AskTimeZone()),
        ),
        (Button(t.plain("button.close"), CloseSettings()),),
    )
    return Screen("\n".join(lines), rows)


def closed_screen(t: Translator) -> Screen:
    """What remains of the panel."""
    return Screen(t.html("settings.closed"))


def ask_zone_screen(time: LocalTime, t: Translator) -> Screen:
    """Which city?"""
    text = t.html("zone.ask", place=_place(time.zone), time=time.clock)
    return Screen(text, (_back(t),))


def zones_screen(asked: str, places: Sequence[LocalTime], t: Translator) -> Screen:
    """A button for each zone that may be meant, with the time there."""
    if not places:
        return Screen(t.html("zone.nothing", asked=echo(asked)), (_back(t),))
    return Screen(t.html("zone.which", asked=echo(asked)), (*zone_rows(places, SetTimeZone, t), _back(t)))


def _back(t: Translator) -> tuple[Button, ...]:
    return (Button(t.plain("button.back"), ShowSettings()),)


def _place(zone: str) -> str:
    return zone.replace("_", " ")
