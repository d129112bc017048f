"""What somebody who looks into an issue has to know, and nothing that names anybody or any place.

Values are shown by their type: what can only be a number, a switch or one of a few words. Whatever else there
is, now or in a setting to come, is said to be set.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from importlib.metadata import version
from zoneinfo import available_timezones

from bot.doctor import contents, installation
from bot.doctor.findings import Finding, Level
from bot.errors import SettingsError
from bot.process.settings import Settings, read_settings
from bot.process.written import OFF, as_written
from recsys.data.sources.download import DATASETS
from recsys.errors import ArtifactError
from recsys.recommender import Recommender
from recsys.serving.artifact import read_manifest
from storage.database.inspection import Inspection, look_at, reading
from storage.errors import StorageError
from storage.running.census import Census, take

_SECONDS = 10.0
_SET = "set, not shown"
_LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::")
_SCHEME = re.compile(r"[a-z][a-z0-9+]*://")
_LEFT_OUT = (
    "Left out: names and ids of people and chats, what anybody wrote, titles, tokens and passwords, "
    "addresses, hosts, paths, and the messages of errors. Numbers of people and ratings are rounded to a "
    "power of ten."
)
_WHERE_TO = (
    "Read it through, and paste it into the issue below your own words: what you did, saw and expected."
)


def write(findings: Sequence[Finding]) -> str:
    """The report in Markdown, from what the doctor found and what else there is to count. It only reads."""
    try:
        settings = read_settings()
    except SettingsError:
        settings = None
    sections = {
        "Versions": _versions(),
        "Settings that differ from the defaults": _settings(settings),
        "Database": _database(settings),
        "Model": _model(settings),
        "What the doctor found": _found(findings),
    }
    lines = ["# Matinee: a report for an issue"]
    for title, told in sections.items():
        lines += ["", f"## {title}", "", *(f"- {line}" for line in told)]
    return "\n".join([*lines, "", "---", "", _LEFT_OUT, "", _WHERE_TO, ""])


def _versions() -> Iterator[str]:
    yield f"Matinee {version('matinee')}, from {installation.installed()}"
    yield installation.python()
    yield installation.system()
    yield ", ".join(f"{name} {number}" for name, number in installation.packages().items())


def _settings(settings: Settings | None) -> Iterator[str]:
    if settings is None:
        yield "unknown: some are wrong, see below"
        return
    same = True
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value != field.get_default(call_default_factory=True):
            same = False
            yield f"`MATINEE_{name.upper()}`: {harmless(name, value)}"
    if same:
        yield "none"


def harmless(name: str, value: object) -> str:
    """A value of a setting as a stranger may read it."""
    if name == "admin_ids" and isinstance(value, tuple):
        return f"{len(value)} of them"
    match value:
        case None | ():
            return OFF
        case bool() | int() | float() | time():
            return as_written(value)
        case tuple():  # of bounds
            return as_written(value)
        case str() if _one_of_a_few(name, value):
            return value
        case str() if name in ("database_url", "artifacts") and (scheme := _SCHEME.match(value)):
            return f"{scheme[0]}…, the rest is not shown"
    return _SET


def _one_of_a_few(name: str, value: str) -> bool:
    match name:
        case "dataset":
            return value in DATASETS
        case "timezone":
            return value in available_timezones()
        case "http_host":
            return value in _LOCAL
    return name in ("log_level", "log_format")  # which their validators bound


def _database(settings: Settings | None) -> Iterator[str]:
    if settings is None:
        yield "not looked at"
        return
    try:
        seen, census = asyncio.run(_look(settings.database))
    except (StorageError, TimeoutError):
        yield "it cannot be opened, or does not answer"
        return
    if seen is None:
        yield "none yet"
        return
    yield f"{seen.engine} {seen.version.split()[0]}, schema {_schema(seen)}"
    if census is None:
        yield "not counted: its schema is not this version's"
        return
    yield f"{_size(census.bytes)}; {_roughly(census.people)} people, {_roughly(census.ratings)} ratings"
    yield f"{census.films} films, {census.added} of them added; {census.models} models known"
    yield f"trainings: {_listed(census.trainings)}"
    yield f"failed updates, by kind of error: {_listed(census.failures)}"


async def _look(url: str) -> tuple[Inspection | None, Census | None]:
    async with asyncio.timeout(_SECONDS):
        seen = await look_at(url)
        if seen is None or seen.revision != seen.newest:
            return seen, None
        async with reading(url) as conn:
            return seen, None if conn is None else await take(conn, datetime.now(UTC))


def _schema(seen: Inspection) -> str:
    if seen.too_new:  # whatever somebody wrote there
        return f"unknown, the newest is {seen.newest}"
    return f"{seen.revision or 'none yet'}, the newest is {seen.newest}"


def _model(settings: Settings | None) -> Iterator[str]:
    for path in contents.in_order(settings) if settings else ():
        try:
            model, manifest = Recommender.load(path), read_manifest(path)
        except ArtifactError:
            yield "one that cannot be read"
            continue
        kind = "quick" if manifest.preliminary else "full" if manifest.origin != "fine" else "fine-tuned"
        data = manifest.source if manifest.source in DATASETS else "a data set of the operator's"
        age = (datetime.now(UTC) - manifest.created_at).total_seconds() / 3600
        yield f"{model.config.model}, {kind}, made {age:.0f} hours ago"
        yield f"from {data}, {len(model.catalog)} films"
        return
    yield "none that can be read" if settings else "not looked at"


def _found(findings: Sequence[Finding]) -> Iterator[str]:
    """Levels and checks alone: what was found names folders, hosts and the bot."""
    for level in (Level.FAIL, Level.WARN, Level.OK):
        checks = dict.fromkeys(
            f"`{each.check}`" if each.check.startswith("MATINEE_") else each.check
            for each in findings
            if each.level is level and (level is not Level.OK or not each.check.startswith("MATINEE_"))
        )
        yield f"{level}: {', '.join(checks) or 'nothing'}"


def _roughly(number: int) -> str:
    if number < 10:
        return "fewer than 10" if number else "no"
    return f"about {10 ** round(math.log10(number)):,}"


def _size(number: int) -> str:
    return f"{number / 1e6:.3g} MB"


def _listed(counted: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counted.items()) or "none"
