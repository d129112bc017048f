"""docs/settings.md and docs/commands.md are what the code says of itself, and nothing is left out of docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.help import COMMANDS
from bot.process.settings import Settings
from tools import reference


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_is_what_the_command_writes(name: str) -> None:
    there = (reference.DOCS / name).read_text(encoding="utf-8")
    assert there == reference.PAGES[name](), "run `make reference`"


def test_a_setting_without_a_group_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {title: names for title, names in reference.GROUPS.items() if title != "Movie nights"}
    monkeypatch.setattr(reference, "GROUPS", fewer)
    with pytest.raises(ValueError, match="poll_minutes"):
        reference.settings_page()


def test_the_example_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MATINEE_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(reference.EXAMPLE, encoding="utf-8")
    assert len(Settings().model_fields_set) == len(reference.EXAMPLE.splitlines())


def test_every_argument_and_option_is_explained() -> None:
    for line in reference.commands_page().splitlines():
        if line.startswith("| `"):
            assert line.split("|")[2].strip(), line


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_chat_is_told(command: str) -> None:
    page = (reference.DOCS / "chatting.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("|")]
    assert [row for row in rows if f"`/{command}`" in row or f"`/{command} " in row]


def test_every_picture_is_shown_somewhere() -> None:
    pages = [reference.DOCS.parent / "README.md", *reference.DOCS.glob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [
        each.name for each in (reference.DOCS / "images").iterdir() if f"images/{each.name}" not in text
    ] == []
