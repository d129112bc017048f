"""What follows `/night`: a day, a time, genres, decades."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVENING = time(20, 0)
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?P<half>am|pm)?")
_DECADE = re.compile(r"(?:19|20)?(?P<decade>\d)0s")
_ALSO = {"scifi": "Sci-Fi", "sf": "Sci-Fi", "noir": "Film-Noir", "romcom": "Romance"}
_FILLERS = {"at", "on", "and", "a", "the", "film", "films", "movie", "movies", "from"}
_FIRST_OF_TWENTY = 3  # 30s to 90s are of the last century, 00s to 20s of this one


class Misread(Exception):
    """A word that is no day, time, genre or decade, or a time that is over; `key` and `word` say which."""

    def __init__(self, key: str, word: str) -> None:
        super().__init__(f"{key}: {word}")
        self.key = key
        self.word = word


@dataclass(frozen=True, slots=True)
class Wish:
    """`starts_at` carries the group's zone, None for now."""

    starts_at: datetime | None = None
    genres: tuple[str, ...] = ()
    decades: tuple[int, ...] = ()


def read_wish(text: str, genres: Sequence[str], now: datetime) -> Wish:
    """`sat 19:30 comedy 90s` as a wish; `now` is aware, in the group's zone. Raises Misread.

    A day without a time means eight in the evening; a time without a day the next time the clock shows it.
    """
    known = {_plain(genre): genre for genre in genres}
    known |= {word: genre for word, genre in _ALSO.items() if genre in genres}
    for genre in genres:
        if genre.startswith("Children"):  # MovieLens has spelt it with and without 's
            known["children"] = known["kids"] = genre
    day: date | None = None
    clock: time | None = None
    wanted: list[str] = []
    decades: list[int] = []
    for word in text.lower().replace(",", " ").split():
        if word in _FILLERS:
            continue
        if (found_day := _day(word, now.date())) is not None and day is None:
            day = found_day
        elif (decade := _decade(word)) is not None:
            decades.append(decade)
        elif (found_clock := _clock(word)) is not None and clock is None:
            clock = found_clock
        elif _plain(word) in known:
            wanted.append(known[_plain(word)])
        else:
            raise Misread("night.misread", word[:40])
    starts_at = _moment(day, clock, now)
    return Wish(starts_at, tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(decades)))


def _moment(day: date | None, clock: time | None, now: datetime) -> datetime | None:
    """When it is. Raises Misread for a time that is over."""
    if day is None and clock is None:
        return None
    zone = now.tzinfo
    moment = datetime.combine(day or now.date(), clock or _EVENING, zone)
    if moment > now:
        return moment
    if clock is None and day == now.date():
        return None  # tonight, and it is past eight: now
    if day is None:
        return datetime.combine(now.date() + timedelta(days=1), clock or _EVENING, zone)
    raise Misread("night.past", f"{moment:%H:%M}")


def _day(word: str, today: date) -> date | None:
    if word in ("tonight", "today"):
        return today
    if word == "tomorrow":
        return today + timedelta(days=1)
    for number, name in enumerate(_DAYS):
        if len(word) >= 3 and name.startswith(word):
            return today + timedelta(days=(number - today.weekday()) % 7)
    return None


def _clock(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    if found is None or (found["minute"] is None and found["half"] is None):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _decade(word: str) -> int | None:
    found = _DECADE.fullmatch(word.lstrip("'’"))
    if found is None:
        return None
    if len(found[0]) == len("1990s"):
        return int(found[0][:4])
    tens = int(found["decade"])
    return (1900 if tens >= _FIRST_OF_TWENTY else 2000) + 10 * tens


def _plain(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower())
