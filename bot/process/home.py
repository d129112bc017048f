"""The home: one folder with data, models and database, held by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from bot.errors import HomeInUse, SettingsError
from bot.process.modes import tighten

log = structlog.get_logger(__name__)


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Hold the home while the block runs; the lock goes with the process. Raises HomeInUse."""
    lock = FileLock(home / "lock", mode=0o600)
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        text = f"another Matinee is running in {home}: stop it first, or set another MATINEE_HOME"
        raise HomeInUse(text) from None
    except OSError as error:
        raise SettingsError(f"MATINEE_HOME: {home} cannot be used ({error})") from error
    try:
        closed, failed = tighten(home)
        if closed or failed:
            why = str(failed[0]) if failed else None
            log.warning(
                "others could read the home", home=str(home), closed=closed, left=len(failed), why=why
            )
        yield
    finally:
        lock.release()
