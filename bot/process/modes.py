"""Files for their owner alone: databases, backups and models say what people like.

What this process makes is private from its first line on; only a place that the operator shares with others
on purpose, MATINEE_ARTIFACTS outside the home, keeps the modes that they chose.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What Matinee makes in a home. A home may hold other things, which are not ours to change.
_OURS = ("lock", "*.db", "*.db-wal", "*.db-shm", "*.lock", "models", "backups", "work")
_DATABASE = ("", "-wal", "-shm", "-journal", ".lock")

_operators_umask: int | None = None


def keep_private() -> None:
    """From now on what is made is for this user alone, also by processes that are started."""
    global _operators_umask
    umask = os.umask(0o077)
    _operators_umask = umask if _operators_umask is None else _operators_umask


def as_the_operator_has_it(paths: Iterable[Path]) -> None:
    """Give files and folders the modes that the operator's umask leaves them. Raises OSError."""
    umask = 0o077 if _operators_umask is None else _operators_umask
    for path in paths:
        kept = path.stat().st_mode & stat.S_ISGID  # what is made in such a folder belongs to its group
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask | kept)


def open_to_others(home: Path, database: Path | None = None) -> Iterator[Path]:
    """What others may read or write of a home, and of a database file wherever it is; nothing on Windows.

    Links are not followed, and what belongs to somebody else is theirs to close.
    """
    if os.name != "posix":
        return
    home = home.resolve()  # a home may be a link itself
    files = [] if database is None else [database.with_name(database.name + end) for end in _DATABASE]
    found = [home] if _is_a_home(home) else []
    for pattern in _OURS:
        for path in home.glob(pattern):
            found += [path, *(path.rglob("*") if path.is_dir() and not path.is_symlink() else ())]
    for path in dict.fromkeys([*found, *files]):
        try:
            mode = path.lstat()
        except OSError:  # gone meanwhile
            continue
        kept = stat.S_ISDIR(mode.st_mode) or stat.S_ISREG(mode.st_mode)
        if kept and mode.st_uid == os.geteuid() and mode.st_mode & _OTHERS:
            yield path


def tighten(home: Path) -> tuple[int, list[OSError]]:
    """Close what a version before left open to others; how much that was, and what could not be closed."""
    closed = 0
    failed: list[OSError] = []
    for path in list(open_to_others(home)):
        try:  # by what was opened: a link put there meanwhile is not followed
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            failed.append(error)
            continue
        try:
            os.fchmod(opened, stat.S_IMODE(os.fstat(opened).st_mode) & ~_OTHERS)
            closed += 1
        except OSError as error:
            failed.append(error)
        finally:
            os.close(opened)
    return closed, failed


def _is_a_home(path: Path) -> bool:
    """Whether the folder itself is Matinee's: not a user's own folder, nor one that all users share."""
    if not path.is_dir() or path.resolve() in (Path.home(), Path(path.anchor)):
        return False
    return not path.stat().st_mode & stat.S_ISVTX
