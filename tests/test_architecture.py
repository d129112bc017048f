"""What README.md, CONTRIBUTING.md and docs/ name of the code exists, and no room is left out."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
HOUSES = ("bot", "recsys", "sandbox", "storage")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
# `bot/app.py`, `bot/app.py:run`, and `:run` for what is in the file named before it.
NAMED = re.compile(r"(?P<path>[\w./-]*)(?::(?P<name>[A-Za-z_][\w.]*))?")
TOP = {*HOUSES, "benchmarks", "docker", "docs", "requirements", "tests", "tools"}


def text_of(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def named(page: Path) -> Iterator[tuple[str, str | None]]:
    """Each path of the repository in backticks, and what is said to be defined there, if anything is."""
    before = ""
    for span in re.findall(r"`([^`\n]+)`", text_of(page)):
        found = NAMED.fullmatch(span)
        if found is None or span.startswith("/"):
            continue
        path, name = found["path"], found["name"]
        if not path and name:
            yield before, name
        elif path.partition("/")[0] in TOP and "/" in path:
            before = path
            yield path, name
        elif path == "pyproject.toml":
            yield path, name


def files(path: str) -> list[Path]:
    """The files or folders that a path means; a part in capitals, as in bot/ROOM/views.py, is any name."""
    return list(ROOT.glob(re.sub(r"(?<=/)[A-Z]+(?=/)", "*", path.rstrip("/"))))


@cache
def defined(file: Path) -> frozenset[str]:
    """Names that a module makes at its top, and what its classes define, as "Class.method"."""
    return frozenset(definitions(ast.parse(file.read_text(encoding="utf-8")).body))


def definitions(body: list[ast.stmt], inside: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield inside + node.name
        if isinstance(node, ast.ClassDef):
            yield from definitions(node.body, f"{inside}{node.name}.")
        elif isinstance(node, ast.Assign):
            yield from (inside + target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield inside + node.target.id


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_and_name_is_there(page: Path) -> None:
    missing = []
    for path, name in named(page):
        found = files(path)
        if not found or (name and not all(name in defined(file) for file in found)):
            missing.append(f"{path}:{name}" if name else path)
    assert missing == []


def test_names_are_found_in_the_page() -> None:
    """The notation was not changed without this test."""
    assert sum(name is not None for _, name in named(ARCHITECTURE)) > 90


def contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_every_contract_is_told() -> None:
    text = text_of(ARCHITECTURE)
    assert [each["name"] for each in contracts() if f"- {each['name']}\n" not in text] == []


def test_every_room_is_told() -> None:
    """The children of each house in words, and those of the houses' contracts in the picture."""
    told = {path.rstrip("/") for path, _ in named(ARCHITECTURE)}
    picture = ARCHITECTURE.read_text(encoding="utf-8").partition("```")[2].partition("```")[0]
    for house in HOUSES:
        rooms = {
            path.name
            for path in (ROOT / house).iterdir()
            if path.suffix == ".py" or (path.is_dir() and not path.name.startswith("__py"))
        }
        assert [name for name in sorted(rooms - {"__init__.py"}) if f"{house}/{name}" not in told] == []
    for contract in contracts():
        floors = contract["layers"] if set(contract.get("containers", ())) & set(HOUSES) else []
        words = {word for floor in floors for word in re.split(r"[\s|:]+", floor)}
        assert words <= set(re.findall(r"\w+", picture)), contract["name"]
