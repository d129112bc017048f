"""What a release publishes holds all that it needs, and nothing more."""

from __future__ import annotations

import tarfile
import tomllib
from email.parser import HeaderParser
from zipfile import ZipFile

import pytest

from tests.package.conftest import ROOT, Built, tracked

HOUSES = {"bot", "recsys", "sandbox", "storage"}


@pytest.fixture(scope="module")
def wheel(built: Built) -> set[str]:
    """The names in the wheel."""
    return set(ZipFile(built.wheel).namelist())


def test_at_the_top_are_the_four_houses(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == HOUSES
    assert len(tops) == len(HOUSES) + 1


def test_every_file_of_the_houses_is_in_the_wheel_and_no_other(wheel: set[str]) -> None:
    known = {name for name in tracked() if name.partition("/")[0] in HOUSES}
    assert {name for name in wheel if ".dist-info/" not in name} == known
    assert {f"{house}/py.typed" for house in HOUSES} <= known
    assert {"sandbox/page/index.html", "bot/texts/en/LC_MESSAGES/matinee.po"} <= known


def test_the_wheel_says_what_it_is(built: Built) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    with ZipFile(built.wheel) as file:
        (folder,) = {name.partition("/")[0] for name in file.namelist() if ".dist-info/" in name}
        said = HeaderParser().parsestr(file.read(f"{folder}/METADATA").decode())
        commands = file.read(f"{folder}/entry_points.txt").decode()
        licences = [name for name in file.namelist() if "/licenses/" in name]
    assert (said["Name"], said["Version"]) == ("matinee", project["version"])
    assert said["Requires-Python"] == project["requires-python"]
    assert said["License-Expression"] == "MIT"
    assert {name.rpartition("/")[2] for name in licences} == {"LICENSE", "NOTICE"}
    plain = [line for line in said.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert len(plain) == len(project["dependencies"])
    assert not [line for line in plain if line.startswith(("torch", "pandas", "matplotlib"))]
    assert "matinee = bot.__main__:main" in commands


def test_the_sdist_holds_what_the_wheel_is_made_of(built: Built) -> None:
    with tarfile.open(built.sdist) as file:
        names = {name.partition("/")[2] for name in file.getnames() if "/" in name}
    known = names & set(tracked())
    assert {name.partition("/")[0] for name in known} == HOUSES | {
        "CHANGELOG.md",
        "LICENSE",
        "MANIFEST.in",
        "README.md",
        "pyproject.toml",
    }
    assert {name for name in tracked() if name.partition("/")[0] in HOUSES} <= known
    # Beside them setuptools' own, and folders.
    others = {name for name in names - known if "matinee.egg-info" not in name}
    assert {name for name in others if not (ROOT / name).is_dir()} <= {"PKG-INFO", "setup.cfg", ""}
