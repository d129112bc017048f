"""Settings and the machine: what there is before Matinee does anything."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr

from bot.doctor.findings import Finding, Level
from bot.process.extras import installed
from bot.process.modes import open_to_others
from bot.process.settings import Settings
from bot.process.written import written

_WARN_BYTES = 1_000_000_000  # room for a data set, a model and a backup
_FAIL_BYTES = 100_000_000


def settings_lines(settings: Settings) -> list[Finding]:
    """Each setting as one writes it; of a secret only that there is one."""
    lines = []
    for name in type(settings).model_fields:
        chosen = "" if name in settings.model_fields_set else " (default)"
        lines.append(Finding(f"MATINEE_{name.upper()}", Level.OK, f"{_shown(settings, name)}{chosen}"))
        if name == "telegram_token" and settings.telegram_token is None:
            advice = "get one from @BotFather (/newbot) and set it; `matinee demo` needs none"
            lines[-1] = Finding("MATINEE_TELEGRAM_TOKEN", Level.WARN, "not set", advice)
    return lines


def _shown(settings: Settings, name: str) -> str:
    if isinstance(getattr(settings, name), SecretStr):
        return "set, not shown"
    return written(settings, name) or ("nobody" if name == "admin_ids" else "not set")


def home(path: Path) -> Finding:
    """Whether this user can write in the home, or make it."""
    nearest = _nearest(path)
    if not nearest.is_dir():
        return Finding("home", Level.FAIL, f"{nearest} is no folder", "name a folder in MATINEE_HOME")
    if not os.access(nearest, os.W_OK | os.X_OK):
        advice = f"give {nearest} to the user that runs Matinee (chown), or name another MATINEE_HOME"
        return Finding("home", Level.FAIL, f"{nearest} cannot be written by this user", advice)
    return Finding("home", Level.OK, str(path) if path == nearest else f"{path} will be made")


def privacy(home: Path, database: Path | None) -> Finding:
    """Whether others on this machine may read what people like."""
    found = list(open_to_others(home, database))
    if not found:
        return Finding("privacy", Level.OK, "the home is for this user alone")
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    advice = f"chmod -R go= {home}, or start the bot, which does so"
    if database is not None and database in found and home not in database.parents:
        advice = f"chmod go= {database}*"
    return Finding("privacy", Level.WARN, f"others can read {found[0]}{more}", advice)


def disk(path: Path) -> Finding:
    """Room on the disk of the home."""
    free = shutil.disk_usage(_nearest(path)).free
    level = Level.FAIL if free < _FAIL_BYTES else Level.WARN if free < _WARN_BYTES else Level.OK
    advice = "" if level is Level.OK else "make room: a full disk stops the bot from taking updates"
    return Finding("disk", level, f"{free / 1e9:.1f} GB free", advice)


def _nearest(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def time_zone() -> Finding:
    """This machine's zone, and whether other people's can be computed."""
    now = datetime.now(UTC).astimezone()
    found = f"{now.tzname()}, UTC{now:%z}"
    try:
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        advice = "install the zones of the world: the system's tzdata package, or pip install tzdata"
        return Finding("time zone", Level.WARN, f"{found}; no other zone is known here", advice)
    return Finding("time zone", Level.OK, found)


def python() -> Finding:
    """Which Matinee on which Python."""
    return Finding("version", Level.OK, f"Matinee {version('matinee')} on Python {sys.version.split()[0]}")


def train_extra(*, needed: bool) -> Finding:
    """Whether this installation can train. `needed`: here, and there is no full model yet."""
    if (torch := installed("torch")) is not None:
        return Finding("train extra", Level.OK, f"torch {torch}")
    found = "torch not installed: this machine prepares a quick model, serves, and does not train"
    if needed:
        advice = (
            "the quick model stays: pip install 'matinee[train]' and start anew for a full one, or copy the "
            "`models` folder of a home that has one"
        )
        return Finding("train extra", Level.WARN, found, advice)
    return Finding("train extra", Level.OK, found)
