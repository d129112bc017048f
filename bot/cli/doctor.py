"""`matinee doctor`: what is well, what is not, and what to do."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

from bot.cli.shared import AsJson, emit, out
from bot.doctor import Finding, Level, examine

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor(as_json: AsJson = False) -> None:
    """Look at settings, database, model, data, disk, clock and Telegram. Exits with 1 if anything fails.

    It only reads, and may be run while the bot runs.
    """
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


def _line(finding: Finding) -> Text:
    line = Text(f"{finding.level:5}", _STYLES[finding.level])
    line.append(f"{finding.check}: ", "bold").append(finding.found, "default")
    if finding.advice:
        line.append(f"\n      → {finding.advice}", "default")
    return line
