"""A model on disk: manifest.json, one safetensors file, one catalog file. No pickle.

The files' names carry their checksums, and the manifest, replaced last and in one step, names the files
that belong to it: whoever loads gets the old model or the new one, never a mixture, whenever the writer dies.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from recsys.arrays import AnyArray
from recsys.data.catalog import Catalog, Film
from recsys.errors import ArtifactError, RecsysError

FORMAT = 4
MANIFEST = "manifest.json"

Arrays = Mapping[str, AnyArray]


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a folder holds. `about` is what the writer said of the model: config, counts, metrics."""

    arrays: dict[str, AnyArray]
    catalog: Catalog
    about: dict[str, Any]
    created_at: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an artifact says of itself, read without its arrays. `origin` is what its writer called it."""

    created_at: datetime
    source: str
    origin: str
    preliminary: bool
    metrics: dict[str, float]


def read_manifest(folder: Path) -> Manifest:
    """What the model in `folder` says of itself. Raises ArtifactError."""
    return parse_manifest(_bytes(folder / MANIFEST), str(folder / MANIFEST))


def parse_manifest(content: bytes, name: str) -> Manifest:
    """What a manifest says. Raises ArtifactError that begins with `name`."""
    manifest = _checked_manifest(content, name)
    try:
        about = manifest["about"]
        return Manifest(
            datetime.fromisoformat(manifest["created_at"]),
            str(manifest["catalog"]["source"]),
            str(about["origin"]),
            bool(about["preliminary"]),
            {name: float(value) for name, value in about["metrics"].items()},
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArtifactError(f"{name}: incomplete ({type(error).__name__}: {error})") from error


def write_artifact(folder: Path, arrays: Arrays, catalog: Catalog, about: Mapping[str, Any]) -> None:
    """Write, or replace, the model in `folder`. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = save_tensors({name: np.asarray(array, order="C") for name, array in arrays.items()})
    files = {
        "tensors": _store(folder, "tensors", tensors),
        "catalog": _store(folder, "catalog", _catalog_bytes(catalog)),
    }
    manifest = {
        "format": FORMAT,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "catalog": {"source": catalog.source, "fingerprint": catalog.fingerprint, "films": len(catalog)},
        "files": files,
        "shapes": {name: list(array.shape) for name, array in sorted(arrays.items())},
        "about": dict(about),
    }
    _replace(folder / MANIFEST, json.dumps(manifest, indent=2, allow_nan=False).encode())
    kept = {each["name"] for each in files.values()} | {MANIFEST}
    for path in folder.iterdir():
        if path.name not in kept and path.name.startswith(("tensors-", "catalog-", ".writing-")):
            path.unlink()


def read_artifact(folder: Path) -> Artifact:
    """Read and verify a model. Raises ArtifactError that names the file and what is wrong with it."""
    path = folder / MANIFEST
    manifest = _checked_manifest(_bytes(path), str(path))
    try:
        files, shapes = manifest["files"], manifest["shapes"]
        arrays = _read_arrays(_verified(folder, files["tensors"]), shapes)
        catalog = _read_catalog(_verified(folder, files["catalog"]))
        if catalog.fingerprint != manifest["catalog"]["fingerprint"]:
            raise ArtifactError(
                f"{path}: the catalog's fingerprint is {catalog.fingerprint}, another is promised"
            )
        return Artifact(arrays, catalog, dict(manifest["about"]), str(manifest["created_at"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArtifactError(f"{path}: incomplete ({type(error).__name__}: {error})") from error


def _checked_manifest(content: bytes, name: str) -> dict[str, Any]:
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise ArtifactError(f"{name}: not JSON ({error})") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise ArtifactError(f"{name}: format {found!r}, this version reads {FORMAT}; train again")
    return manifest


def _store(folder: Path, kind: str, content: bytes) -> dict[str, str]:
    digest = hashlib.sha256(content).hexdigest()
    suffix = {"tensors": "safetensors", "catalog": "json"}[kind]
    name = f"{kind}-{digest[:12]}.{suffix}"
    _replace(folder / name, content)
    return {"name": name, "sha256": digest}


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a loss of power."""
    temporary = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error


def _verified(folder: Path, entry: Mapping[str, str]) -> tuple[Path, bytes]:
    path = folder / Path(entry["name"]).name  # a manifest names files beside itself, nothing else
    content = _bytes(path)
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise ArtifactError(f"{path}: damaged, its checksum is not the one in {MANIFEST}")
    return path, content


def _read_arrays(source: tuple[Path, bytes], shapes: Mapping[str, list[int]]) -> dict[str, AnyArray]:
    path, content = source
    try:
        arrays: dict[str, AnyArray] = load_tensors(content)
    except SafetensorError as error:
        raise ArtifactError(f"{path}: not a safetensors file ({error})") from error
    if set(arrays) != set(shapes):
        raise ArtifactError(f"{path}: holds {sorted(arrays)}, {MANIFEST} promises {sorted(shapes)}")
    for name, array in arrays.items():
        if list(array.shape) != shapes[name]:
            raise ArtifactError(f"{path}: {name} has shape {list(array.shape)}, promised is {shapes[name]}")
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise ArtifactError(f"{path}: {name} holds numbers that are not finite")
    return arrays


def _catalog_bytes(catalog: Catalog) -> bytes:
    films = [list(astuple(film)) for film in catalog]
    listing = {"source": catalog.source, "genres": catalog.genres, "years": catalog.years, "films": films}
    return json.dumps(listing, ensure_ascii=False, separators=(",", ":")).encode()


def _read_catalog(source: tuple[Path, bytes]) -> Catalog:
    path, content = source
    try:
        listing = json.loads(content)
        films = (
            Film(movie_id, title, year, tuple(genres), imdb_id, tmdb_id, tuple(alternatives))
            for movie_id, title, year, genres, imdb_id, tmdb_id, alternatives in listing["films"]
        )
        # Older artifacts hold no others than films'.
        genres, years = listing.get("genres"), listing.get("years")
        return Catalog(films, listing["source"], genres=genres, years=None if years is None else tuple(years))
    except (ValueError, KeyError, TypeError, RecsysError) as error:
        raise ArtifactError(f"{path}: not a catalog ({type(error).__name__}: {error})") from error
