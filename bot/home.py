"""The home: one folder with data, models and database, held by one process at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from bot.errors import HomeInUse, NotPrepared, SettingsError
from recsys.artifact import MANIFEST
from recsys.errors import ArtifactError
from recsys.recommender import Recommender

__all__ = ["hold", "live_model", "made_at", "model_folders", "next_model_folder"]

log = structlog.get_logger(__name__)


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Hold the home while the block runs; the lock goes with the process. Raises HomeInUse."""
    lock = FileLock(home / "lock")
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        text = f"another Matinee is running in {home}: stop it first, or set another MATINEE_HOME"
        raise HomeInUse(text) from None
    except OSError as error:
        raise SettingsError(f"MATINEE_HOME: {home} cannot be used ({error})") from error
    try:
        yield
    finally:
        lock.release()


def model_folders(models: Path) -> list[Path]:
    """The artifacts in a home, newest first. Their names are numbers that only rise.

    A folder without a manifest is what a killed training left behind.
    """
    if not models.is_dir():
        return []
    numbered = [path for path in models.iterdir() if path.name.isdecimal() and (path / MANIFEST).exists()]
    return sorted(numbered, key=lambda path: int(path.name), reverse=True)


def next_model_folder(models: Path) -> Path:
    """Where the next artifact belongs."""
    newest = model_folders(models)
    return models / f"{int(newest[0].name) + 1 if newest else 1:04d}"


def live_model(models: Path) -> tuple[str, Recommender]:
    """The newest sound model and its number; a damaged one is passed over. Raises NotPrepared."""
    for folder in model_folders(models):
        try:
            return folder.name, Recommender.load(folder)
        except ArtifactError as error:
            log.warning("model passed over", folder=str(folder), cause=str(error))
    raise NotPrepared(f"there is no usable model in {models}: `matinee prepare` makes one")


def made_at(models: Path, version: str) -> datetime:
    """When a sound artifact was written, as it says itself."""
    manifest = json.loads((models / version / MANIFEST).read_bytes())
    return datetime.fromisoformat(manifest["created_at"])
