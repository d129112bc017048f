"""Deep links: from a group into the private chat, to the right screen."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAYLOAD = re.compile(r"(?P<kind>[fn])(?P<number>[0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Links:
    """Links to the bot of this name. What follows `start=` is at most 64 of A–Z, a–z, 0–9, _ and -."""

    username: str

    def command(self, name: str) -> str:
        """A command, typed there by itself."""
        return f"https://t.me/{self.username}?start={name}"

    def film(self, film_id: int) -> str:
        """A film's card."""
        return self.command(f"f{film_id}")

    def night(self, night_id: int) -> str:
        """The questionnaire, for somebody who joined this night as a guest."""
        return self.command(f"n{night_id}")

    def add_to_group(self) -> str:
        """Choose a group to add the bot to."""
        return f"https://t.me/{self.username}?startgroup=night"


def film_of(payload: str) -> int | None:
    """The film that a payload of /start names, if any."""
    return _number(payload, "f")


def night_of(payload: str) -> int | None:
    """The night that a payload of /start names, if any."""
    return _number(payload, "n")


def _number(payload: str, kind: str) -> int | None:
    found = _PAYLOAD.fullmatch(payload)
    return int(found["number"]) if found is not None and found["kind"] == kind else None
