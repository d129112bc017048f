"""What is in the home: database, models, data, and whether they speak of the same films."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from bot.doctor.findings import Finding, Level
from bot.errors import CatalogChanged
from bot.films.numbering import CATALOG_KEY, numbering_of
from bot.films.serving import known_models
from bot.films.store import model_folders
from bot.process.settings import Settings
from bot.training.preparing import check_dataset
from recsys.data.catalog import Catalog
from recsys.data.sources.download import DATASETS
from recsys.data.sources.layouts import holds_data_set, read_catalog
from recsys.errors import ArtifactError, RecsysError
from recsys.recommender import Recommender
from storage.database.backup import impossible
from storage.database.inspection import Inspection, look_at
from storage.errors import StorageError
from storage.running.backups import BACKUPS_KEY
from storage.running.backups import read as read_backups

_SECONDS = 10.0
_OLD = timedelta(days=2)  # of a backup
_WAL_BUG = ((3, 7, 0), (3, 51, 3))  # from, and before: sqlite.org/wal.html, "the WAL-reset bug"


def database(url: str) -> tuple[list[Finding], Inspection | None]:
    """The database, its version and its schema."""
    try:
        seen = asyncio.run(_look_at(url))
    except (StorageError, TimeoutError) as error:
        advice = "look at MATINEE_DATABASE_URL, at the rights of the file, and whether the server runs"
        return [Finding("database", Level.FAIL, str(error) or "no answer", advice)], None
    if seen is None:
        return [Finding("database", Level.OK, "none yet: the first start makes it")], None
    return [engine(seen), schema(seen)], seen


async def _look_at(url: str) -> Inspection | None:
    async with asyncio.timeout(_SECONDS):
        return await look_at(url, (CATALOG_KEY, BACKUPS_KEY))


def engine(seen: Inspection) -> Finding:
    """SQLite or PostgreSQL, and what is known against that version."""
    found = f"{seen.engine} {seen.version}"
    if seen.engine == "SQLite" and _WAL_BUG[0] <= _numbers(seen.version) < _WAL_BUG[1]:
        advice = (
            "it can damage a file that two connections write at once (the WAL-reset bug, mended in 3.51.3). "
            "Matinee writes with one connection of one process, which does not meet it: let nothing else "
            "write to the file while the bot runs, and upgrade SQLite when your system has it"
        )
        return Finding("database", Level.WARN, found, advice)
    return Finding("database", Level.OK, found)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def schema(seen: Inspection) -> Finding:
    """Whether this version of Matinee can use the tables that are there."""
    if seen.too_new:
        advice = "install the version of Matinee that wrote it, or put a backup back"
        return Finding("schema", Level.FAIL, f"{seen.revision}, newer than {seen.newest}", advice)
    if seen.outdated:
        advice = "the next start brings it up to date; a SQLite file is copied to `backups` before"
        return Finding("schema", Level.WARN, f"{seen.revision}, the newest is {seen.newest}", advice)
    if seen.revision is None:
        return Finding("schema", Level.OK, "none yet: the first start makes it")
    return Finding("schema", Level.OK, f"{seen.revision}, the newest")


def backups(settings: Settings, seen: Inspection | None, now: datetime) -> Finding:
    """Whether there is a backup that is young enough."""
    by_hand = "`matinee db backup` makes one by hand"
    if settings.backup_at is None:
        return Finding("backups", Level.OK, "none by itself: MATINEE_BACKUP_AT is off")
    if (why := impossible(settings.database)) is not None:
        return Finding("backups", Level.WARN, "none by itself", why)
    state = None if seen is None else read_backups(seen.facts.get(BACKUPS_KEY))
    if state is None:
        return Finding(
            "backups", Level.OK, f"the first one at {settings.backup_at:%H:%M}, while the bot runs"
        )
    if state.failing_since is not None:
        found = f"none since {state.failing_since:%Y-%m-%d %H:%M} UTC: {state.why}"
        return Finding("backups", Level.WARN, found, f"mend that; it is tried every hour, and {by_hand}")
    last = state.made_at or state.began
    found = "none yet" if state.made_at is None else f"{state.name}, of {state.made_at:%Y-%m-%d %H:%M} UTC"
    if now - last > _OLD:
        return Finding("backups", Level.WARN, found, f"the bot makes one a day while it runs; {by_hand}")
    return Finding("backups", Level.OK, found)


def models(settings: Settings) -> tuple[list[Finding], Recommender | None]:
    """The model that `run` would take, and every one before it that it would pass over."""
    lines = []
    for path in in_order(settings):
        try:
            recommender = Recommender.load(path)
        except ArtifactError as error:
            advice = f"an older one is served, if there is one: `matinee train` makes another; remove {path}"
            lines.append(Finding("model", Level.WARN, str(error), advice))
            continue
        rmse = recommender.metrics.get("holdout_rmse")
        measured = "" if rmse is None else f", off by {rmse:.2f} stars (RMSE) on its holdout"
        found = f"{path.name}, of {_named(recommender.catalog)}{measured}"
        if recommender.preliminary:
            advice = "with the `train` extra the bot fits a full one while it runs; or `matinee train`"
            lines.append(Finding("model", Level.WARN, f"{found}: a quick fit", advice))
        else:
            lines.append(Finding("model", Level.OK, found))
        return lines, recommender
    advice = "`matinee prepare` makes one, with --quick in seconds"
    lines.append(Finding("model", Level.FAIL, f"none in {settings.models}", advice))
    return lines, None


def in_order(settings: Settings) -> list[Path]:
    """The artifacts in the home as `run` would try them: not those that the gate refused."""
    try:
        known, order = asyncio.run(_known(settings.database))
    except (StorageError, TimeoutError):
        known, order = set(), []  # another finding is about the database
    in_home = {int(path.name): path for path in model_folders(settings.models)}
    return [
        in_home[version]
        for version in (*(each for each in in_home if each not in known), *order)
        if version in in_home
    ]


async def _known(url: str) -> tuple[set[int], list[int]]:
    async with asyncio.timeout(_SECONDS):
        return await known_models(url)


def films(settings: Settings, seen: Inspection | None, catalog: Catalog | None) -> list[Finding]:
    """Whether settings, model and database mean the same films."""
    if catalog is None:
        return []
    try:
        check_dataset(settings, catalog.source)
    except CatalogChanged as error:
        advice = "do that, or take MATINEE_DATASET back"
        return [Finding("films", Level.FAIL, str(error), advice)]
    known = seen.facts.get(CATALOG_KEY) if seen else None
    if known is None:
        return [Finding("films", Level.OK, "the database takes the model's at its first start")]
    if isinstance(known, dict) and known.get("source") == catalog.source and known != numbering_of(catalog):
        found = f"the database numbers them by another edition of {catalog.source} than the model"
        advice = "a start compares them film by film, and refuses only if a number means another film"
        return [Finding("films", Level.WARN, found, advice)]
    if known != numbering_of(catalog):
        found = f"the database numbers them by {known}, the model by {_named(catalog)}"
        return [
            Finding("films", Level.FAIL, found, "`matinee catalog migrate` moves every rating to its film")
        ]
    return [Finding("films", Level.OK, "database and model number them alike")]


def data(settings: Settings, catalog: Catalog | None) -> list[Finding]:
    """The data sets in the home, and whether they are what the model was made from."""
    wanted = Path(settings.dataset)
    places = [settings.data / f"{name}{end}" for name in DATASETS for end in ("", ".zip")]
    if settings.dataset not in DATASETS:
        places.append(wanted)
        if not wanted.exists():
            advice = "name a MovieLens set, a folder or a zip in MATINEE_DATASET"
            return [Finding("data", Level.FAIL, f"nothing is at {wanted}", advice)]
    lines = [_data_set(path, catalog) for path in places if path == wanted or holds_data_set(path)]
    return lines or [Finding("data", Level.OK, "none here: training fetches it, serving needs none")]


def _data_set(path: Path, catalog: Catalog | None) -> Finding:
    try:
        found = read_catalog(path)
    except RecsysError as error:
        return Finding("data", Level.FAIL, str(error), f"mend {path}, or remove it and fetch it again")
    if catalog and catalog.source == found.source and numbering_of(catalog) != numbering_of(found):
        advice = "`matinee train` learns the new films; then `matinee catalog migrate`"
        return Finding("data", Level.WARN, f"{_named(found)}: changed since the model was made", advice)
    return Finding("data", Level.OK, f"{_named(found)} in {path}")


def _named(catalog: Catalog) -> str:
    return f"{catalog.source} ({len(catalog)} films, fingerprint {catalog.fingerprint})"
