"""Where the artifacts of models are kept: a folder for each version, in the home or on any fsspec URL.

A version is there once its manifest is: that is written last, and deleted first; a folder without one is
what a killed training left behind. Which version answers is said by `serving`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from bot.errors import NotPrepared, StoreFailed
from bot.process.modes import as_the_operator_has_it
from recsys.errors import ArtifactError
from recsys.serving.artifact import MANIFEST, MANIFEST_LIMIT, Manifest, parse_manifest, read_manifest
from storage.database.urls import masked, masked_text

_FORMAT = "{:04d}"  # as 0007: a listing of the folder is in order


class ModelStore(Protocol):
    """Versions of the model. Every method raises StoreFailed where the store does not answer, and may take
    as long as the network: never call one on the event loop."""

    def versions(self) -> list[int]:
        """Those that are there, ascending."""

    def manifest(self, version: int) -> Manifest:
        """What an artifact says of itself. Raises NotPrepared if it is not there, or says nothing."""

    def fetch(self, version: int) -> Path:
        """A folder of this machine that holds the artifact. Raises NotPrepared if it is not there."""

    def publish(self, folder: Path, version: int) -> None:
        """Take an artifact in, from a folder of this home; that folder may be gone afterwards."""

    def delete(self, version: int) -> None:
        """Delete one; that it is not there is no fault."""


def open_store(models: Path, url: str | None) -> ModelStore:
    """The store at `url`, with `models` as its cache on this machine; None for `models` alone."""
    home = _Home(models)
    return home if url is None else _Shared(home, url)


def begin_store(models: Path, url: str | None) -> ModelStore:
    """`open_store`; where it is empty, what is in `models` goes into it: a place that was named just now.

    Raises StoreFailed.
    """
    store = open_store(models, url)
    if not store.versions():
        home = _Home(models)
        for version in home.versions():
            store.publish(home.folder(version), version)
    return store


def model_folders(models: Path) -> list[Path]:
    """The artifacts in the models folder of a home, newest first; none where it is no folder."""
    return _numbered(models)[::-1] if models.is_dir() else []


def next_model_folder(models: Path, taken: Iterable[int] = ()) -> Path:
    """Where the next artifact belongs: its number is above those there and those `taken` elsewhere."""
    known = [int(path.name) for path in model_folders(models)]
    return models / _FORMAT.format(max([*known, *taken], default=0) + 1)


def _numbered(models: Path) -> list[Path]:
    """The folders that are named by a version and hold an artifact, ascending. Raises OSError."""
    found = [path for path in models.iterdir() if path.name.isdecimal() and (path / MANIFEST).exists()]
    return sorted(found, key=lambda path: int(path.name))


class _Home:
    """The models folder of a home."""

    def __init__(self, models: Path) -> None:
        self.models = models

    def versions(self) -> list[int]:
        try:
            return [int(path.name) for path in _numbered(self.models)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreFailed(f"{self.models}: {error}") from error

    def manifest(self, version: int) -> Manifest:
        try:
            return read_manifest(self.fetch(version))
        except ArtifactError as error:
            raise NotPrepared(str(error)) from error

    def fetch(self, version: int) -> Path:
        if not (self.folder(version) / MANIFEST).exists():
            raise NotPrepared(f"there is no model {version} in {self.models}")
        return self.folder(version)

    def publish(self, folder: Path, version: int) -> None:
        target = self.folder(version)
        if folder == target:
            return
        try:
            self.models.mkdir(parents=True, exist_ok=True)
            if target.exists():  # a publication that broke off
                shutil.rmtree(target)
            folder.replace(target)
        except OSError as error:
            raise StoreFailed(f"{target}: {error}") from error

    def delete(self, version: int) -> None:
        target = self.folder(version)
        try:
            (target / MANIFEST).unlink(missing_ok=True)
            if target.exists():
                shutil.rmtree(target)
        except OSError as error:
            raise StoreFailed(f"{target}: {error}") from error

    def folder(self, version: int) -> Path:
        return self.models / _FORMAT.format(version)


class _Shared:
    """A folder on an fsspec URL; what was fetched once stays in the home."""

    def __init__(self, home: _Home, url: str) -> None:
        from fsspec.core import url_to_fs
        from fsspec.implementations.local import LocalFileSystem

        self._home, self._url = home, url
        try:
            self._files, root = url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise StoreFailed(_failed(url, error)) from error
        self._root = root.rstrip("/")
        # A worker may be another user of this machine; what lies in the home stays private.
        outside = home.models.parent.resolve() not in Path(self._root).resolve().parents
        self._open = isinstance(self._files, LocalFileSystem) and outside

    def versions(self) -> list[int]:
        with _Naming(self._url):
            self._files.invalidate_cache()
            if not self._files.exists(self._root):
                return []
            names = [Path(path).name for path in self._files.ls(self._root, detail=False)]
            return sorted(
                int(name)
                for name in names
                if name.isdecimal() and self._files.exists(f"{self._root}/{name}/{MANIFEST}")
            )

    def manifest(self, version: int) -> Manifest:
        if (self._home.folder(version) / MANIFEST).exists():
            return self._home.manifest(version)
        path = f"{self._folder(version)}/{MANIFEST}"
        with _Naming(self._url):
            try:
                return parse_manifest(self._files.cat_file(path, end=MANIFEST_LIMIT + 1), path)
            except (ArtifactError, FileNotFoundError) as error:  # some name a file by its whole URL
                raise NotPrepared(masked_text(str(error))) from error

    def fetch(self, version: int) -> Path:
        folder = self._home.folder(version)
        if (folder / MANIFEST).exists():
            return folder
        with _Naming(self._url):
            remote = self._folder(version)
            if not self._files.exists(f"{remote}/{MANIFEST}"):
                raise NotPrepared(f"there is no model {version} in {masked(self._url)}")
            staging = folder.with_name(f".fetching-{folder.name}")
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
            for path in self._files.ls(remote, detail=False):
                self._files.get_file(path, str(staging / Path(path).name))
        self._home.publish(staging, version)
        return folder

    def publish(self, folder: Path, version: int) -> None:
        with _Naming(self._url):
            remote = self._folder(version)
            root = Path(self._root)
            begun = [path for path in (root, *root.parents) if self._open and not path.exists()]
            self._files.makedirs(remote, exist_ok=True)
            names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
            for name in (*names, MANIFEST):
                self._files.put_file(str(folder / name), f"{remote}/{name}")
            if self._open:
                made = Path(remote)
                as_the_operator_has_it([*begun, made, *(made / name for name in (*names, MANIFEST))])
        self._home.publish(folder, version)

    def delete(self, version: int) -> None:
        with _Naming(self._url):
            remote = self._folder(version)
            if self._files.exists(f"{remote}/{MANIFEST}"):
                self._files.rm_file(f"{remote}/{MANIFEST}")
            if self._files.exists(remote):
                self._files.rm(remote, recursive=True)
        self._home.delete(version)

    def _folder(self, version: int) -> str:
        return f"{self._root}/{_FORMAT.format(version)}"


class _Naming:
    """Whatever a file system raises becomes StoreFailed, which names the store."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, NotPrepared):
            raise StoreFailed(_failed(self._url, error)) from error


def _failed(url: str, error: Exception) -> str:
    return f"MATINEE_ARTIFACTS {masked(url)}: {masked_text(str(error))}"
