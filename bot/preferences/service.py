"""What a person chose for the bot itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import StaleButton
from bot.films.library import Library
from bot.zones import ZONES, LocalTime, local_time
from storage.database import AsyncConnection, Database
from storage.people import expected, genres, preferences
from storage.people import filters as stored_filters
from storage.people.filters import Filters

TIME_ZONE = "time_zone"  # the kind of text that `expect_zone` waits for


@dataclass(frozen=True, slots=True)
class SettingsPanel:
    """All that can be set, as it is."""

    liked: tuple[str, ...]
    disliked: tuple[str, ...]
    filters: Filters
    time: LocalTime
    genres: bool = True  # whether the films have any


class Preferences:
    """What takes a connection runs inside the caller's transaction; the rest reads by itself."""

    def __init__(self, database: Database, library: Library, time_zone: str) -> None:
        self._library = library
        self._database = database
        self._time_zone = time_zone

    async def panel(self, person_id: int, at: datetime) -> SettingsPanel:
        """The settings of a person; the time zone is the operator's until they choose one."""
        async with self._database.read() as conn:
            answers = await genres.of(conn, person_id)
            filters = await stored_filters.standing(conn, person_id)
            zone = await preferences.time_zone(conn, person_id)
        return SettingsPanel(
            liked=tuple(genre for genre, value in answers.items() if value > 0),
            disliked=tuple(genre for genre, value in answers.items() if value < 0),
            filters=filters,
            time=local_time(zone or self._time_zone, at),
            genres=bool(self._library.genres),
        )

    async def expect_zone(self, conn: AsyncConnection, person_id: int, at: datetime) -> None:
        """Take the next text of this person as a place."""
        await expected.expect(conn, person_id, TIME_ZONE, at)

    async def set_zone(self, conn: AsyncConnection, person_id: int, zone: str) -> None:
        """Keep a time zone. Raises StaleButton for one that there is not."""
        if zone not in ZONES:
            raise StaleButton(f"no time zone {zone!r}")
        await preferences.set_time_zone(conn, person_id, zone)
