"""One line of the doctor's: what was looked at, how it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"  # it works, and something should be known or done
    FAIL = "fail"  # it does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` says what to do; it is empty only where all is well. No secrets in any of it."""

    check: str
    level: Level
    found: str
    advice: str = ""
