"""The home: one folder with data, models and database, held by one process at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import HomeInUse, SettingsError
from recsys.serving.artifact import MANIFEST


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


def next_model_folder(models: Path, taken: Iterable[int] = ()) -> Path:
    """Where the next artifact belongs, whose number is above those here and those `taken` elsewhere."""
    here = [int(path.name) for path in model_folders(models)]
    return models / f"{max([*here, *taken], default=0) + 1:04d}"
