"""A folder or a zip of data files, read in the same way."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from recsys.errors import DataUnavailable, InvalidData

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)  # what reading a zip raises that is not whole

# Of what a zip may promise. MovieLens's hold a dozen files, and unpacked have three to five times its size.
_MOST_FILES = 10_000
_LARGEST_RATIO = 100
_LOCKED = 0x61  # flags: by a password, two ways of it, or patched
_HARMLESS = 1 << 24  # bytes: below, the ratio does not matter


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files of one folder of a folder or zip.

    `names` are the file names there; `stem` is the name of the folder or zip without its suffix.
    """

    path: Path
    stem: str
    names: frozenset[str]
    _folder: str
    _open: Callable[[str], IO[bytes]] = field(repr=False)

    def place(self, name: str) -> str:
        """Where a file is, for messages."""
        return str(self.path / self._folder / name)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The bytes of one file. Raises InvalidData when the zip turns out to be damaged."""
        try:
            with self._open(f"{self._folder}/{name}" if self._folder else name) as file:
                yield file
        except DAMAGED as error:
            raise InvalidData(
                f"{self.place(name)}: expected a whole zip, it is damaged or cut short ({error})"
            ) from error


def open_bundle(
    path: Path, suits: Callable[[frozenset[str]], bool], expected: str
) -> AbstractContextManager[Bundle]:
    """Find the one folder whose file names suit: the top one, else the next level (a zip's top folder).

    Raises DataUnavailable when nothing is at `path`, InvalidData when it holds no such folder or several.
    """
    if path.is_dir():
        return _folder_bundle(path, suits, expected)
    if path.is_file():
        return _zip_bundle(path, suits, expected)
    raise DataUnavailable(f"{path}: expected a folder or a zip with ratings, there is nothing")


@contextmanager
def _folder_bundle(path: Path, suits: Callable[[frozenset[str]], bool], expected: str) -> Iterator[Bundle]:
    folders = {"": path} | {child.name: child for child in sorted(path.iterdir()) if child.is_dir()}
    listing = {
        name: frozenset(child.name for child in folder.iterdir() if child.is_file())
        for name, folder in folders.items()
    }
    chosen = _choose(path, listing, suits, expected)
    stem = os.path.basename(os.path.abspath(path))  # abspath: the name of ".", but not that behind a link
    yield Bundle(path, stem, listing[chosen], chosen, lambda name: (path / name).open("rb"))


@contextmanager
def _zip_bundle(path: Path, suits: Callable[[frozenset[str]], bool], expected: str) -> Iterator[Bundle]:
    with closing(open_zip(path, "a folder or a whole zip")) as archive:
        names: dict[str, set[str]] = {"": set()}
        for entry in archive.infolist():
            inside = PurePosixPath(entry.filename)
            if not entry.is_dir():
                folder = "" if len(inside.parts) == 1 else str(inside.parent)
                names.setdefault(folder, set()).add(inside.name)
        listing = {folder: frozenset(inside) for folder, inside in names.items()}
        chosen = _choose(path, listing, suits, expected)
        yield Bundle(path, path.stem, listing[chosen], chosen, archive.open)


def open_zip(path: Path, expected: str = "a whole zip") -> zipfile.ZipFile:
    """A zip that may be read and unpacked: whole, no bomb, and with no name that leads out of a folder.

    Sizes are judged before anything is read, and hold: `zipfile` reads no more than an entry promises, as
    long as it is stored or deflated. Raises InvalidData.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        with path.open("rb") as file:
            start = file.read(60)
        first_line = start.split(b"\n")[0]
        found = f"it starts with {first_line!r}" if start else "it is empty"
        if start.startswith(b"PK"):
            found = "it is damaged or cut short"
        raise InvalidData(f"{path}: expected {expected}, {found}") from error
    trouble = _trouble(archive, path.stat().st_size)
    if trouble:
        archive.close()
        raise InvalidData(f"{path}: expected a zip of data files, {trouble}")
    return archive


def _trouble(archive: zipfile.ZipFile, size: int) -> str:
    """What is wrong with a zip of so many bytes by what it says of its files; "" if nothing is."""
    entries = archive.infolist()
    if len(entries) > _MOST_FILES:
        return f"it holds {len(entries):,} files"
    unpacked = sum(entry.file_size for entry in entries)  # what entries say of their packed sizes may be lies
    if unpacked > max(_HARMLESS, _LARGEST_RATIO * size):
        return f"its {size:,} bytes would become {unpacked:,}"
    for entry in entries:
        name = entry.filename
        if name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts:
            return f"the name {name[:80]!r} leads out of it"
        if stat.S_ISLNK(entry.external_attr >> 16):
            return f"{name[:80]!r} is a link"
        if entry.flag_bits & _LOCKED:
            return f"{name[:80]!r} is locked by a password"
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return f"{name[:80]!r} is neither stored nor deflated"
    return ""


def _choose(
    path: Path,
    listing: dict[str, frozenset[str]],
    suits: Callable[[frozenset[str]], bool],
    expected: str,
) -> str:
    able = sorted((folder for folder, names in listing.items() if suits(names)), key=_depth)
    if not able:
        found = sorted(name for names in listing.values() for name in names)
        shown = ", ".join(found[:8]) + (", …" if len(found) > 8 else "")
        raise InvalidData(f"{path}: expected {expected}, found {shown or 'no files'}")
    if len(able) > 1 and _depth(able[0]) == _depth(able[1]):
        raise InvalidData(f"{path}: expected one data set, found {', '.join(able)}; name one of them")
    return able[0]


def _depth(folder: str) -> int:
    return len(PurePosixPath(folder).parts)
