"""MovieLens data sets: from GroupLens, or ml-100k from a package index. For research, not for commerce."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zipfile import ZipFile

from filelock import FileLock

from recsys.data.sources.bundle import DAMAGED, open_zip
from recsys.data.sources.layouts import holds_data_set
from recsys.data.sources.transfer import OnProgress, Unreachable, download, sync_folder
from recsys.errors import DataUnavailable, InvalidData

DATASETS = ("ml-latest-small", "ml-100k", "ml-1m", "ml-25m", "ml-32m")
GROUPLENS = "https://files.grouplens.org/datasets/movielens"

_RECBOLE = "recbole==1.2.1"
_RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
_RECBOLE_FOLDER = "recbole/dataset_example/ml-100k"
_RECBOLE_FILES = ("ml-100k.inter", "ml-100k.item")
_PIP_SECONDS = 120


def fetch(name: str, folder: Path, progress: OnProgress | None = None, *, base_url: str = GROUPLENS) -> Path:
    """The folder of a data set in `folder`, downloaded unless it (or its zip, if somebody put it) is there.

    The SHA-256 of what came first is kept beside it, in .NAME.zip.sha256, and another file is refused later.
    Where GroupLens cannot be reached (known within ten seconds), ml-100k comes out of the RecBole wheel of
    the package index. A download cut short is continued by the next call. Raises DataUnavailable when the
    data cannot be had, InvalidData when what came is not what was published, or not what came before.
    """
    if name not in DATASETS:
        raise DataUnavailable(f"{name}: expected one of {', '.join(DATASETS)}")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{name}.lock"):  # two processes must not write one .part
        for there in (folder / name, folder / f"{name}.zip"):
            if holds_data_set(there):
                return there
        if (folder / name).exists():
            raise DataUnavailable(f"{folder / name} is in the way: it has no data set in it, move it")
        return _fetch(name, folder, progress or _silent, base_url)


def _silent(label: str, done: int, total: int | None) -> None:
    """Nobody watches."""


def _fetch(name: str, folder: Path, progress: OnProgress, base_url: str) -> Path:
    packed = folder / f"{name}.zip"
    try:
        download(f"{base_url.rstrip('/')}/{name}.zip", packed, progress)
    except Unreachable as error:
        if name == "ml-100k":
            return _from_recbole(folder, progress, f"GroupLens cannot be reached ({error})")
        raise DataUnavailable(
            f"{name}: GroupLens cannot be reached ({error}). Try again later, take ml-100k, which a package "
            "index has too, or give the path of a folder or zip"
        ) from error
    try:
        digest, remembered = _sha256(packed), folder / f".{name}.zip.sha256"
        _check_remembered(name, digest, remembered)
        with _scratch(folder) as scratch:
            with closing(open_zip(packed)) as archive:
                archive.extractall(scratch)
            path = _publish(scratch / name, folder / name)
        remembered.write_text(f"{digest}  {name}.zip\n", encoding="ascii")
        return path
    except DAMAGED as error:
        raise InvalidData(f"{packed.name}: expected a whole zip ({error})") from error
    finally:
        packed.unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_remembered(name: str, digest: str, remembered: Path) -> None:
    """Raise InvalidData where another file than this came the first time. Its MD5 comes from the same server
    as the file, and says no more than that it is whole."""
    try:
        known = remembered.read_text(encoding="ascii", errors="replace")[:64]
    except FileNotFoundError:
        return
    if known != digest:
        raise InvalidData(
            f"{name}: expected the file that came the first time, SHA-256 {known}, another came: {digest}. "
            f"To accept it, delete {remembered} and run this again"
        )


def from_package_index(folder: Path, progress: OnProgress | None = None) -> Path:
    """The folder of ml-100k as RecBole's wheel has it, for where GroupLens is known to be out of reach.

    Raises DataUnavailable, InvalidData.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".ml-100k.lock"):
        if holds_data_set(folder / "ml-100k"):
            return folder / "ml-100k"
        return _from_recbole(folder, progress or _silent, "GroupLens cannot be reached")


def _from_recbole(folder: Path, progress: OnProgress, why: str) -> Path:
    """ml-100k out of the RecBole wheel. Raises DataUnavailable, InvalidData."""
    label = f"Downloading ml-100k in {_RECBOLE}"
    progress(label, 0, None)
    with _scratch(folder) as scratch:
        wheel = _pip_download(scratch, why)
        if _sha256(wheel) != _RECBOLE_SHA256:
            raise InvalidData(f"{wheel.name}: expected SHA-256 {_RECBOLE_SHA256}, another file came")
        unpacked = scratch / "ml-100k"
        unpacked.mkdir()
        with ZipFile(wheel) as archive:
            for name in _RECBOLE_FILES:
                (unpacked / name).write_bytes(archive.read(f"{_RECBOLE_FOLDER}/{name}"))
        size = wheel.stat().st_size
        progress(label, size, size)
        return _publish(unpacked, folder / "ml-100k")


def _pip_download(scratch: Path, why: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet"]
    command += ["--disable-pip-version-check", "--timeout", "4", "--retries", "1"]
    try:
        done = subprocess.run(
            [*command, "--dest", str(scratch), _RECBOLE],
            capture_output=True,
            text=True,
            timeout=_PIP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataUnavailable(f"ml-100k: {why}, and pip did not bring {_RECBOLE}: {error}") from error
    wheels = sorted(scratch.glob("recbole-*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise DataUnavailable(
            f"ml-100k: {why}, and pip did not bring {_RECBOLE}: {said[-1].strip() if said else 'no wheel'}"
        )
    return wheels[0]


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder on the same disk, so that what is ready can be renamed into place; gone in the end."""
    path = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _publish(unpacked: Path, target: Path) -> Path:
    """Move a complete folder to its place, so that it is there whole or not at all."""
    if not holds_data_set(unpacked):
        raise InvalidData(
            f"{target.name}: expected a folder with ratings in what was downloaded, it has none"
        )
    for path in unpacked.iterdir():
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    sync_folder(unpacked)
    unpacked.rename(target)
    sync_folder(target.parent)
    return target
