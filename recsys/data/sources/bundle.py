"""A folder or a zip of data files, read in the same way."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from recsys.errors import DataUnavailable, InvalidData


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
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
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
    with closing(_open_zip(path)) as archive:
        listing: dict[str, frozenset[str]] = {"": frozenset()}
        for entry in archive.infolist():
            inside = PurePosixPath(entry.filename)
            if not entry.is_dir():
                folder = "" if len(inside.parts) == 1 else str(inside.parent)
                listing[folder] = listing.get(folder, frozenset()) | {inside.name}
        chosen = _choose(path, listing, suits, expected)
        yield Bundle(path, path.stem, listing[chosen], chosen, archive.open)


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        with path.open("rb") as file:
            start = file.read(60)
        first_line = start.split(b"\n")[0]
        found = f"it starts with {first_line!r}" if start else "it is empty"
        if start.startswith(b"PK"):
            found = "it is damaged or cut short"
        raise InvalidData(f"{path}: expected a folder or a whole zip, {found}") from error


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
