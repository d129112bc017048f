"""`matinee --version`, and what a shell asks when somebody presses Tab."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from bot.cli import command, main
from bot.cli.shared import say

HEAVY = {"numpy", "sqlalchemy", "telegram", "typer"}


@pytest.fixture
def matinee(capsys: pytest.CaptureFixture[str]) -> Matinee:
    return Matinee(capsys)


class Matinee:
    """The command as it is typed, in this process: loading it takes a second."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> str:
        """What it prints."""
        with pytest.raises(SystemExit) as left:
            command()(list(words), prog_name="matinee")
        assert not left.value.code
        told = self._capsys.readouterr()
        assert told.err == ""
        return told.out


@pytest.mark.process
def test_the_version_is_one_line_that_needs_nothing_that_takes_time_to_load() -> None:
    code = (
        "import sys; sys.argv = ['matinee', '--version']; from bot.__main__ import main; main();"
        f"print(sorted({HEAVY} & sys.modules.keys()))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == [f"matinee {version('matinee')}", "[]"]


@pytest.mark.parametrize("others", [[], ["doctor"], ["--help"]])
def test_it_is_an_option_like_others_too(others: list[str], matinee: Matinee) -> None:
    assert matinee("--version", *others) == f"matinee {version('matinee')}\n"


def test_the_help_has_a_line_for_each_option(matinee: Matinee, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = matinee("--help")
    box = told[told.index("─ Options") : told.index("─ Commands")].splitlines()[1:-2]
    assert [line.split()[1] for line in box] == ["--version", "--install-completion", "--help"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("matinee da", "data"), ("matinee db res", "restore"), ("matinee demo --po", "--port")],
)
def test_tab_completes_commands_and_options(
    typed: str, offered: str, matinee: Matinee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_MATINEE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    assert matinee().split() == [offered]


def test_what_was_typed_is_said_as_it_was_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colons make no emoji of it, and brackets no colour."""
    monkeypatch.setattr(sys, "argv", ["matinee", "evaluate", "--dataset", "[red]root:x:0"])
    with pytest.raises(SystemExit):
        main()
    assert "matinee: [red]root:x:0: expected one of" in capsys.readouterr().err
    say("[red]root:x:0")
    assert capsys.readouterr().out == "[red]root:x:0\n"
