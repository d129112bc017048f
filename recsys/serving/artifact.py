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
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_tensors

from recsys.arrays import AnyArray
from recsys.data.catalog import Catalog, Film
from recsys.errors import ArtifactError, RecsysError

FORMAT = 4
MANIFEST = "manifest.json"

Arrays = Mapping[str, AnyArray]

# The types that artifacts hold, as safetensors names them: all little-endian.
_DTYPES = {
    "BOOL": "?",
    "I8": "<i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "U8": "<u1",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}


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


def _verified(folder: Path, entry: Mapping[str, str]) -> Path:
    """A file that the manifest promises, once its checksum was compared. Read in blocks: it may be large."""
    path = folder / Path(entry["name"]).name  # a manifest names files beside itself, nothing else
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error
    if digest != entry["sha256"]:
        raise ArtifactError(f"{path}: damaged, its checksum is not the one in {MANIFEST}")
    return path


def _read_arrays(path: Path, shapes: Mapping[str, list[int]]) -> dict[str, AnyArray]:
    arrays = _mapped(path)
    if set(arrays) != set(shapes):
        raise ArtifactError(f"{path}: holds {sorted(arrays)}, {MANIFEST} promises {sorted(shapes)}")
    for name, array in arrays.items():
        if list(array.shape) != shapes[name]:
            raise ArtifactError(f"{path}: {name} has shape {list(array.shape)}, promised is {shapes[name]}")
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise ArtifactError(f"{path}: {name} holds numbers that are not finite")
    return arrays


def _mapped(path: Path) -> dict[str, AnyArray]:
    """The arrays of a safetensors file, read-only, in memory as far as they are looked at: of the largest,
    EASE's weights, a person needs the rows of what they rated. safetensors' own loader copies them all.

    A file is never changed in place (see `_replace`), so what is mapped stays as it was verified.
    """
    try:
        with safe_open(path, framework="numpy"):  # checks the header
            pass
        content = np.memmap(path, np.uint8, "r")
    except (SafetensorError, OSError, ValueError) as error:
        raise ArtifactError(f"{path}: not a safetensors file ({error})") from error
    # https://huggingface.co/docs/safetensors: the header's length (8 bytes), the header, then all arrays.
    begin = 8 + int.from_bytes(content[:8].tobytes(), "little")
    header = json.loads(content[8:begin].tobytes())
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        flat = content[begin + first : begin + last].view(np.ndarray).view(_DTYPES[entry["dtype"]])
        arrays[name] = flat.reshape(entry["shape"])
    return arrays


def _catalog_bytes(catalog: Catalog) -> bytes:
    films = [list(astuple(film)) for film in catalog]
    listing = {"source": catalog.source, "genres": catalog.genres, "years": catalog.years, "films": films}
    return json.dumps(listing, ensure_ascii=False, separators=(",", ":")).encode()


def _shared(genres: tuple[str, ...], known: dict[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...]:
    return known.setdefault(genres, genres)


def _read_catalog(path: Path) -> Catalog:
    try:
        listing = json.loads(_bytes(path))
        kinds: dict[tuple[str, ...], tuple[str, ...]] = {}  # films of the same genres share them
        films = (
            Film(movie_id, title, year, _shared(tuple(genres), kinds), imdb_id, tmdb_id, tuple(alternatives))
            for movie_id, title, year, genres, imdb_id, tmdb_id, alternatives in listing["films"]
        )
        # Older artifacts hold no others than films'.
        genres, years = listing.get("genres"), listing.get("years")
        return Catalog(films, listing["source"], genres=genres, years=None if years is None else tuple(years))
    except (ValueError, KeyError, TypeError, RecsysError) as error:
        raise ArtifactError(f"{path}: not a catalog ({type(error).__name__}: {error})") from error
