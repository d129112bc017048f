"""`requirements/`: what images and CI install is what pyproject.toml admits, and has hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = {"serve": (), "train": ("train",), "develop": ("train", "dev")}  # as tools/lock.sh asks for them
FILES = ["build", *EXTRAS]
APART = re.compile(r"torch|triton|nvidia-.*|cuda-.*")
MACHINES = [
    (python, system, machine)
    for python in ("3.11", "3.12", "3.13")
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
]
MEND = "run tools/lock.sh"


def needed(name: str) -> list[Requirement]:
    """What pyproject.toml asks for, without what is installed apart."""
    project = PROJECT["project"]
    asked = list(PROJECT["build-system"]["requires"] if name == "build" else project["dependencies"])
    for extra in EXTRAS.get(name, ()):
        asked += project["optional-dependencies"][extra]
    return [each for each in map(Requirement, asked) if not APART.fullmatch(each.name)]


def entries(name: str) -> dict[str, list[str]]:
    """`numpy==2.4.6 ; python_full_version < '3.12'` and the like, with their hashes; nothing else."""
    found: dict[str, list[str]] = {}
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if hash_ := re.fullmatch(r" {4}--hash=sha256:([0-9a-f]{64})(?: \\)?", line):
            list(found.values())[-1].append(hash_[1])
        else:
            assert re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ (; .+ )?\\", line), f"{name}: {line}"
            found[line.removesuffix(" \\")] = []
    return found


def pinned(name: str, python: str, system: str, machine: str) -> dict[str, str]:
    """The version of each package on such a machine."""
    here = {name: str(value) for name, value in default_environment().items()}
    environment = here | {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "platform_machine": machine,
    }
    found: dict[str, str] = {}
    for entry in map(Requirement, entries(name)):
        if entry.marker is None or entry.marker.evaluate(environment):
            (only,) = entry.specifier
            assert only.operator == "=="
            assert canonicalize_name(entry.name) not in found, entry
            found[canonicalize_name(entry.name)] = only.version
    return found


@pytest.mark.parametrize("name", FILES)
def test_there_is_nothing_but_versions_with_hashes(name: str) -> None:
    """No address of an index: everybody has their own."""
    for entry, hashes in entries(name).items():
        assert hashes, entry
        assert not APART.fullmatch(Requirement(entry).name), entry


@pytest.mark.parametrize("name", FILES)
def test_all_that_is_needed_is_there_in_a_version_that_is_admitted(name: str) -> None:
    for machine in MACHINES:
        versions = pinned(name, *machine)
        for requirement in needed(name):
            version = versions.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement.name}, {machine}: {MEND}"
            assert requirement.specifier.contains(version, prereleases=True), f"{requirement}: {MEND}"


@pytest.mark.parametrize("name", FILES)
def test_one_version_is_locked_for_all(name: str) -> None:
    """What is tested in CI is what images have."""
    for machine in MACHINES:
        assert pinned(name, *machine).items() <= pinned("develop", *machine).items(), machine


def test_torch_alone_is_installed_without_a_hash() -> None:
    for machine in MACHINES:
        assert {"sympy", "networkx", "jinja2", "fsspec", "filelock"} <= pinned("train", *machine).keys()
