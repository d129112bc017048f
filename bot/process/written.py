"""Settings as people write them: what the environment or `.env` would say to give the same value."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from pydantic import SecretStr

from bot.process.bounds import Bound
from bot.process.settings import Settings
from storage.database.urls import HIDDEN, masked

OFF = "off"


def written(settings: Settings, name: str) -> str | None:
    """The value of a setting as one writes it; None where one writes nothing at all.

    A secret is "***", and so are the passwords in a URL.
    """
    value = getattr(settings, name)
    if value in (None, ()):
        return None if value == type(settings).model_fields[name].default else OFF
    return as_written(value)


def as_written(value: object) -> str:
    """A value that is not empty, as one writes it. Raises TypeError for a type that no setting has."""
    match value:
        case SecretStr():
            return HIDDEN
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return _number(value)
        case time():
            return f"{value:%H:%M}"
        case Path():
            return str(value)
        case str():
            return masked(value)
        case Bound():
            return f"{value.figure}{'>' if value.above else '<'}{_number(value.value)}"
        case tuple():
            return ",".join(as_written(each) for each in value)
    raise TypeError(f"nobody has said how {type(value).__name__} is written")


def _number(value: float) -> str:
    """30 for 30.0, and no digit less than it takes."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
