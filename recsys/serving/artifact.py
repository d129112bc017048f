"""A model on disk: manifest.json, one safetensors file, one catalog file. No pickle.

The files' names carry their checksums, and the manifest, replaced last and in one step, names the files
that belong to it: whoever loads gets the old model or the new one, never a mixture, whenever the writer dies.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
MANIFEST_LIMIT = 1 << 22  # bytes; real ones have some thousands

# What stands before the films in a catalog's file, and nowhere else: quotes in a text are escaped.
_FILMS = '"films":['

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
    mapping: mmap.mmap  # of the file that the arrays are parts of

    def let_go(self) -> None:
        """Give back the memory of what was looked at so far; it comes again from the file where needed."""
        _let_go(self.mapping)


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
    return parse_manifest(_bytes(folder / MANIFEST, MANIFEST_LIMIT), str(folder / MANIFEST))


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
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
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
            # On Windows, whoever serves the former model still maps its file: it goes with a later save.
            with suppress(PermissionError):
                path.unlink()


def read_artifact(folder: Path) -> Artifact:
    """Read and verify a model. Raises ArtifactError that names the file and what is wrong with it."""
    path = folder / MANIFEST
    manifest = _checked_manifest(_bytes(path, MANIFEST_LIMIT), str(path))
    try:
        files, shapes = manifest["files"], manifest["shapes"]
        mapping, arrays = _read_arrays(_verified(folder, files["tensors"]), shapes)
        catalog = _read_catalog(_verified(folder, files["catalog"]))
        if catalog.fingerprint != manifest["catalog"]["fingerprint"]:
            raise ArtifactError(
                f"{path}: the catalog's fingerprint is {catalog.fingerprint}, another is promised"
            )
        return Artifact(arrays, catalog, dict(manifest["about"]), str(manifest["created_at"]), mapping)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
        raise ArtifactError(f"{path}: incomplete ({type(error).__name__}: {error})") from error


def _checked_manifest(content: bytes, name: str) -> dict[str, Any]:
    if len(content) > MANIFEST_LIMIT:
        raise ArtifactError(f"{name}: no manifest, it has more than {MANIFEST_LIMIT:,} bytes")
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{name}: not JSON ({str(error)[:200]})") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        shown = found if isinstance(found, int) and abs(found) < 1000 else None
        raise ArtifactError(f"{name}: format {shown}, this version reads {FORMAT}; train again")
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


def _bytes(path: Path, limit: int = -2) -> bytes:
    """A file, or one byte more than its limit of it."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
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


def _read_arrays(path: Path, shapes: Mapping[str, list[int]]) -> tuple[mmap.mmap, dict[str, AnyArray]]:
    """The arrays of a safetensors file, read-only, in memory as far as they are looked at: of the largest,
    EASE's weights, a person needs the rows of what they rated. safetensors' own loader copies them all.

    A file is never changed in place (see `_replace`), so what is mapped stays as it was verified. Whoever
    truncates it in place nevertheless ends the process (SIGBUS).
    """
    try:
        with safe_open(path, framework="numpy"):  # checks the header
            pass
        with path.open("rb") as file:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (SafetensorError, ValueError) as error:
        raise ArtifactError(f"{path}: not a safetensors file ({error})") from error
    # https://huggingface.co/docs/safetensors: the header's length (8 bytes), the header, then all arrays.
    begin = 8 + int.from_bytes(mapping[:8], "little")
    header = json.loads(mapping[8:begin])
    header.pop("__metadata__", None)
    if set(header) != set(shapes):
        raise ArtifactError(f"{path}: holds {sorted(header)}, {MANIFEST} promises {sorted(shapes)}")
    arrays = {}
    for name, entry in header.items():
        if entry["shape"] != shapes[name]:
            raise ArtifactError(f"{path}: {name} has shape {entry['shape']}, promised is {shapes[name]}")
        first, last = entry["data_offsets"]
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        flat = np.frombuffer(mapping, dtype, (last - first) // dtype.itemsize, begin + first)
        if np.issubdtype(dtype, np.floating) and not np.isfinite(flat).all():
            raise ArtifactError(f"{path}: {name} holds numbers that are not finite")
        arrays[name] = flat.reshape(entry["shape"])
        _let_go(mapping)
    return mapping, arrays


def _let_go(mapping: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
        mapping.madvise(mmap.MADV_DONTNEED)


def _catalog_bytes(catalog: Catalog) -> bytes:
    films = [list(astuple(film)) for film in catalog]
    listing = {"source": catalog.source, "genres": catalog.genres, "years": catalog.years, "films": films}
    return json.dumps(listing, ensure_ascii=False, separators=(",", ":")).encode()


def _read_catalog(path: Path) -> Catalog:
    try:
        text = _bytes(path).decode()
        begin = text.find(_FILMS) + len(_FILMS)
        listing = json.loads(text[:begin] + "]}")
        # Older artifacts hold no others than films'.
        genres, years = listing.get("genres"), listing.get("years")
        years = None if years is None else tuple(years)
        return Catalog(_read_films(text, begin), listing["source"], genres=genres, years=years)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, RecsysError) as error:
        raise ArtifactError(f"{path}: not a catalog ({type(error).__name__}: {error})") from error


def _read_films(listed: str, at: int) -> Iterator[Film]:
    """The films of a listing from `at` on, one at a time: together they take several times the text.

    Raises ValueError or TypeError for what is no listing.
    """
    decoder = json.JSONDecoder()
    while not listed.startswith("]}", at):
        (movie_id, title, year, genres, imdb_id, tmdb_id, alternatives), at = decoder.raw_decode(listed, at)
        yield Film(movie_id, title, year, tuple(genres), imdb_id, tmdb_id, tuple(alternatives))
        at += listed.startswith(",", at)
