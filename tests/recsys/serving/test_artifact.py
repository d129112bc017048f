"""A saved model is whole, or it is refused with the name of what is wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys import ArtifactError, Catalog, Film, Recommender
from recsys.arrays import AnyArray
from recsys.serving.artifact import FORMAT, MANIFEST, read_artifact, read_manifest, write_artifact

CATALOG = Catalog(
    [
        Film(
            7,
            "Léon: The Professional",
            1994,
            ("Action", "Crime"),
            "tt0110413",
            101,
            ("Léon", "The Professional"),
        ),
        Film(2, "M*A*S*H"),
    ],
    "somewhere",
)
ARRAYS: dict[str, AnyArray] = {
    "people": np.arange(3),
    "factors": np.arange(8, dtype=np.float32).reshape(4, 2).T,  # safetensors wants rows together
    "nothing": np.zeros((0, 2), np.float32),
    "offset": np.array(3.5, np.float32),
}
ABOUT = {"config": {"seed": 1}, "metrics": {"rmse": 0.9}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound artifact."""
    write_artifact(tmp_path / "model", ARRAYS, CATALOG, ABOUT)
    return tmp_path / "model"


@pytest.fixture(scope="module")
def sound_model(small_recommender: Recommender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound model of the small world."""
    folder = tmp_path_factory.mktemp("sound")
    small_recommender.save(folder)
    return folder


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_reads_back_what_was_written(folder: Path) -> None:
    artifact = read_artifact(folder)
    assert {name: array.tolist() for name, array in artifact.arrays.items()} == {
        name: array.tolist() for name, array in ARRAYS.items()
    }
    assert list(artifact.catalog) == list(CATALOG)
    assert artifact.catalog.fingerprint == CATALOG.fingerprint
    assert artifact.about == ABOUT
    assert artifact.created_at.startswith("20")


def test_the_manifest_tells_what_the_model_is(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    assert manifest["format"] == FORMAT
    assert manifest["catalog"] == {"source": "somewhere", "fingerprint": CATALOG.fingerprint, "films": 2}
    assert manifest["shapes"] == {"factors": [2, 4], "nothing": [0, 2], "offset": [], "people": [3]}


def test_writing_again_replaces_the_model_and_leaves_no_old_file(folder: Path) -> None:
    (folder / "notes.txt").write_text("kept")
    write_artifact(folder, {"people": np.arange(9)}, CATALOG, ABOUT)
    assert read_artifact(folder).arrays["people"].tolist() == list(range(9))
    assert len(list(folder.iterdir())) == 4  # manifest, tensors, catalog, notes


def test_a_writer_that_died_before_its_manifest_leaves_the_old_model(folder: Path, tmp_path: Path) -> None:
    write_artifact(tmp_path / "new", {"people": np.arange(9)}, CATALOG, ABOUT)
    shutil.copy(only(tmp_path / "new", "tensors-*"), folder)
    (folder / ".writing-abc").write_bytes(b"half a file")
    assert read_artifact(folder).arrays["people"].tolist() == [0, 1, 2]
    write_artifact(folder, ARRAYS, CATALOG, ABOUT)
    assert len(list(folder.iterdir())) == 3


def flip_a_byte(folder: Path) -> None:
    path = only(folder, "tensors-*")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def cut_short(folder: Path) -> None:
    path = only(folder, "tensors-*")
    path.write_bytes(path.read_bytes()[:-10])


def rename_a_film(folder: Path) -> None:
    path = only(folder, "catalog-*")
    path.write_bytes(path.read_bytes().replace(b"M*A*S*H", b"M*A*S*K"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, r"manifest\.json: cannot be read \(No such file"),
        (lambda folder: (folder / MANIFEST).unlink(), r"manifest\.json: cannot be read"),
        (lambda folder: only(folder, "tensors-*").unlink(), r"tensors-.*: cannot be read"),
        (lambda folder: only(folder, "catalog-*").unlink(), r"catalog-.*: cannot be read"),
        (lambda folder: (folder / MANIFEST).write_text("{"), r"manifest\.json: not JSON"),
        (lambda folder: (folder / MANIFEST).write_text("[]"), r"manifest\.json: format None"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"\xff\xfe\x00"), r"manifest\.json: not JSON"),
        (lambda folder: edit(folder, lambda m: m.update(format=99)), r"format 99, this version reads 4"),
        (lambda folder: edit(folder, lambda m: m.pop("files")), r"manifest\.json: incomplete.*files"),
        (lambda folder: edit(folder, lambda m: m.pop("about")), r"manifest\.json: incomplete.*about"),
        (lambda folder: edit(folder, lambda m: m.update(files=[])), r"manifest\.json: incomplete"),
        (lambda folder: edit(folder, lambda m: m["files"].update(tensors={})), r"manifest\.json: incomplete"),
        (lambda folder: edit(folder, lambda m: m["shapes"].pop("people")), r"tensors-.*: holds .*people"),
        (lambda folder: edit(folder, lambda m: m["shapes"].update(people=[4])), r"people has shape \[3\]"),
        (lambda folder: edit(folder, lambda m: m["catalog"].update(fingerprint="?")), r"another is promised"),
        (flip_a_byte, r"tensors-.*: damaged, its checksum"),
        (cut_short, r"tensors-.*: damaged, its checksum"),
        (rename_a_film, r"catalog-.*: damaged, its checksum"),
    ],
)
def test_damage_is_refused_by_name(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(folder)
    with pytest.raises(ArtifactError, match=message):
        read_artifact(folder)


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    write_artifact(tmp_path, {"factors": np.array([1.0, np.nan], np.float32)}, CATALOG, ABOUT)
    with pytest.raises(ArtifactError, match=r"factors holds numbers that are not finite"):
        read_artifact(tmp_path)


def test_a_manifest_cannot_point_outside_its_folder(folder: Path, tmp_path: Path) -> None:
    inside = only(folder, "tensors-*")
    inside.rename(tmp_path / inside.name)
    edit(folder, lambda manifest: manifest["files"]["tensors"].update(name=f"../{inside.name}"))
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_artifact(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("ranker.gram"), r"no array 'gram'"),
        (lambda arrays: arrays.pop("popularity"), r"no array 'popularity'"),
        (
            lambda arrays: arrays.update({"popularity": arrays["popularity"][:-1]}),
            r"popularity knows 23 films.* 24",
        ),
        (
            lambda arrays: arrays.update({"newcomers.stars_mean": arrays["newcomers.stars_mean"][:-1]}),
            r"newcomers: the map for stars",
        ),
        (lambda arrays: arrays.update({"shelves.cells": arrays["shelves.cells"][:-1]}), r"shelves knows 23"),
        (lambda arrays: arrays.update({"elicitation.films": arrays["elicitation.films"] + 9}), r"questions"),
        (lambda arrays: arrays.update({"user_ids": arrays["user_ids"][:-1]}), r"people"),
        (lambda arrays: arrays.update({"user_ids": arrays["user_ids"] * 0}), r"user 0 appears twice"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(
    sound_model: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    artifact = read_artifact(sound_model)
    change(artifact.arrays)
    write_artifact(tmp_path, artifact.arrays, artifact.catalog, artifact.about)
    with pytest.raises(ArtifactError, match=message):
        Recommender.load(tmp_path)


@pytest.mark.parametrize("missing", ["config", "metrics"])
def test_a_model_that_does_not_say_how_it_was_made_is_refused(
    sound_model: Path, tmp_path: Path, missing: str
) -> None:
    artifact = read_artifact(sound_model)
    about = {key: value for key, value in artifact.about.items() if key != missing}
    write_artifact(tmp_path, artifact.arrays, artifact.catalog, about)
    with pytest.raises(ArtifactError, match=missing):
        Recommender.load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"format":' * 100_000, b"9" * 5000, b" " * (1 << 22) + b"{}", b"\xff"],
    ids=["lists", "objects", "digits", "size", "bytes"],
)
def test_a_manifest_that_is_a_trap_is_refused_in_one_line(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    for read in (read_artifact, read_manifest):
        with pytest.raises(ArtifactError, match=MANIFEST) as caught:
            read(folder)
        assert "\n" not in str(caught.value)


def test_a_catalog_that_is_nested_is_refused(folder: Path) -> None:
    """Its checksum is right."""
    nested = b'{"source":"x","films":[' + b"[" * 100_000
    digest = hashlib.sha256(nested).hexdigest()
    (folder / "catalog-nested.json").write_bytes(nested)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["catalog"] = {"name": "catalog-nested.json", "sha256": digest}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="not a catalog"):
        read_artifact(folder)
