"""What README.md and docs/ show is so: commands run, options and settings exist, links lead somewhere.

A fenced `sh` block is run, by `sh -eu`, in a prepared home beside a local Telegram. What cannot be run here
says why in a comment before it, `<!-- not run: … -->`, and names the tests that cover it, if there are any.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli import cli
from bot.process.settings import Settings
from tests.e2e.driving import PATIENCE, ROOT, Bot, Telegram

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]+) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)```\n", re.DOTALL
)
COMMAND = re.compile(r"(?:(?:ExecStart=)?\S*/|docker exec \S+ )?matinee (\w.*)")
SETTINGS = {f"MATINEE_{name.upper()}": field for name, field in Settings.model_fields.items()}


@dataclass(frozen=True)
class Block:
    """A fenced block, and where it stands."""

    page: str
    line: int
    kind: str
    body: str
    reason: str | None  # why it is not run

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start("body")) + 1
            yield Block(page.name, line, found["kind"], found["body"], found["reason"])


SHELL = [block for block in blocks() if block.kind == "sh"]
RUN = [block for block in SHELL if block.reason is None]
SAMPLED = [(block, block.page not in {each.page for each in RUN[:at]}) for at, block in enumerate(RUN)]


@pytest.fixture(scope="module")
def environment(
    telegram: Telegram,
    new_home: Callable[[], Path],
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """A prepared home with a database, and `matinee` on the PATH: this one, whatever is installed."""
    programs = tmp_path_factory.mktemp("bin")
    matinee = programs / "matinee"
    matinee.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bot "$@"\n')
    matinee.chmod(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    home = new_home()
    shutil.copy(migrated_file, home / "matinee.db")
    return Bot(telegram, home).environment(PATH=path)


# The first of each page at every change, the others in `make check`: each is a few Pythons.
@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, marks=() if first else pytest.mark.check, id=str(block))
        for block, first in SAMPLED
    ],
)
def test_what_is_shown_runs(block: Block, environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-euc", block.body],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_there_is_something_to_run_and_what_is_not_run_says_why() -> None:
    assert len(RUN) >= 3
    for block in SHELL:
        if block.reason is not None:
            for test in re.findall(r"tests/\S+\.py", block.reason):
                assert (ROOT / test).exists(), f"{block}: {test} is gone"


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    """Every `matinee …` of the docs, in blocks and in running text: where, and its words."""
    for block in blocks():
        for line in block.body.splitlines() if block.kind in ("sh", "ini") else ():
            if found := COMMAND.match(line):
                yield str(block), shlex.split(found[1], comments=True)
    for page in PAGES:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        for found in re.findall(r"`matinee ([^`]+)`", text):
            yield page.name, shlex.split(found)


def command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and what is left of them. Raises KeyError."""
    at: Any = typer.main.get_command(cli)
    rest = list(words)
    while isinstance(commands := getattr(at, "commands", None), dict):
        at = commands[rest.pop(0)]
    return at, rest


def options(of: Any) -> set[str]:
    return {name for parameter in of.params for name in parameter.opts} | {"--help"}


def test_every_command_and_option_that_is_shown_exists() -> None:
    shown = list(shown_commands())
    assert len(shown) > 20
    for where, words in shown:
        try:
            found, rest = command(words)
        except (KeyError, IndexError):
            pytest.fail(f"{where}: there is no `matinee {' '.join(words)}`")
        unknown = {word.partition("=")[0] for word in rest if word.startswith("-")} - options(found)
        assert not unknown, f"{where}: `matinee {' '.join(words)}` has no {unknown}"


def rows(pattern: str) -> list[tuple[str, str]]:
    """The table rows whose first cell is code of this pattern: the code, and the whole row."""
    lines = [line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
    return [(start[1], line) for line in lines if (start := re.match(rf"\| `({pattern})` \|", line))]


def leaves(of: Any, name: str) -> Iterator[str]:
    commands = getattr(of, "commands", None)
    if isinstance(commands, dict):
        for each, inner in commands.items():
            if not inner.hidden:  # those that Matinee itself calls
                yield from leaves(inner, f"{name} {each}")
    else:
        yield name


def test_every_command_is_in_one_table_with_options_that_it_has() -> None:
    documented = []
    for shown, row in rows(r"matinee [^`]+"):
        words = shown.split()
        found, rest = command(words[1:])
        documented.append(" ".join(words[: len(words) - len(rest)]))
        assert set(re.findall(r"`(--\w[\w-]*)", row)) <= options(found), row
    assert sorted(documented) == sorted(leaves(typer.main.get_command(cli), "matinee"))


def test_every_setting_is_in_one_table_with_its_default() -> None:
    documented = rows(r"MATINEE_\w+")
    assert sorted(name for name, _ in documented) == sorted(SETTINGS)
    for name, row in documented:
        default = SETTINGS[name].default
        if isinstance(default, str | int | float):
            shown = f"{default:g}" if isinstance(default, float) else str(default)
            shown = shown.lower() if isinstance(default, bool) else shown
            assert row.endswith(f"| `{shown}` |"), f"{row}: the default is {shown}"


def test_no_setting_is_named_that_is_none() -> None:
    for page in [*PAGES, ROOT / "compose.yaml", ROOT / "Dockerfile"]:
        named = set(re.findall(r"\bMATINEE_[A-Z_]+\b", page.read_text(encoding="utf-8")))
        assert named <= SETTINGS.keys(), page.name


def test_every_make_target_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets, page.name


def test_objects_of_the_log_are_json() -> None:
    for block in blocks():
        if block.kind == "json":
            json.loads(block.body)


def anchors(page: Path) -> set[str]:
    """Headings, as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_inside_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            if "://" in link:
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not anchor or anchor in anchors(target), f"{page.name}: {link}"
