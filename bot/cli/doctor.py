"""`matinee doctor`: what is well, what is not, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from bot.cli.shared import AsJson, emit, out, say
from bot.doctor import Finding, Level, examine, write_report

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor(
    file: Annotated[
        Path | None, typer.Argument(help="With --report: the file to write; default: print it.")
    ] = None,
    as_json: AsJson = False,
    report: Annotated[
        bool, typer.Option("--report", help="Write what an issue needs, without secrets, names and ids.")
    ] = False,
) -> None:
    """Say what is well, what is not, and what to do about it. Exits with 1 if anything fails.

    Looks at settings, home, disk, database, schema, models, data, the `train` extra, time zone, Telegram and
    the clock. It only reads, and may be run while the bot runs.
    """
    if report:
        _report(file, as_json)
        return
    if file is not None:
        raise typer.BadParameter("a file is written with --report alone")
    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            out.print(_line(finding), soft_wrap=True)
    failed = any(finding.level is Level.FAIL for finding in findings)
    if as_json:
        emit({"ok": not failed, "findings": [asdict(finding) for finding in findings]})
    if failed:
        raise typer.Exit(1)


def _report(file: Path | None, as_json: bool) -> None:
    """The report, which is there to be read: whatever is wrong, it ends well."""
    if as_json:
        raise typer.BadParameter("--report is Markdown: leave --json out")
    text = write_report(list(examine()))
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}") from error
    say(f"The report is in {file}: read it, then paste it into the issue.")


def _line(finding: Finding) -> Text:
    line = Text(f"{finding.level:5}", _STYLES[finding.level])
    line.append(f"{finding.check}: ", "bold").append(finding.found, "default")
    if finding.advice:
        line.append(f"\n      → {finding.advice}", "default")
    return line
