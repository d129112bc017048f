"""The doctor's rounds: every check, in the order in which trouble is best mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.doctor import contents, surroundings, telegram
from bot.doctor.findings import Finding, Level
from bot.errors import SettingsError
from bot.process.settings import read_settings
from storage.database.engine import parse_url, sqlite_file


def examine() -> Iterator[Finding]:
    """Look at everything, one finding at a time; wrong settings end it, for all else stands on them."""
    yield surroundings.python()
    try:
        settings = read_settings()
    except SettingsError as error:
        for line in str(error).splitlines():
            name, _, fault = line.partition(": ")
            yield Finding(name, Level.FAIL, fault, "set it right in the environment or in .env, or unset it")
        return
    yield from surroundings.settings_lines(settings)
    yield surroundings.home(settings.home)
    yield surroundings.privacy(settings.home, sqlite_file(parse_url(settings.database)))
    yield surroundings.disk(settings.home)
    lines, seen = contents.database(settings.database)
    yield from lines
    yield contents.backups(settings, seen, datetime.now(UTC))
    lines, model = contents.models(settings)
    catalog = None if model is None else model.catalog
    yield from lines
    yield from contents.films(settings, seen, catalog)
    yield from contents.data(settings, catalog)
    full = model is not None and not model.preliminary
    yield surroundings.train_extra(needed=settings.train_here and not full)
    yield surroundings.time_zone()
    yield from telegram.reach(settings)
