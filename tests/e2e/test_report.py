"""`matinee doctor --report`: beside a bot that runs and knows somebody, of whom nothing is in it."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.driving import TOKEN, Bot
from tests.e2e.test_doctor import modified

DATABASES = ["sqlite", "postgresql"]

NAME, USERNAME, WROTE, ADMIN = "Zebedee Quux", "zebedee_quux", "qwertzuiop", "7770001234"


def test_a_conversation_leaves_no_trace_in_the_report(
    own_bot: Bot, tmp_path: Path, database_kind: str
) -> None:
    zebedee = own_bot.person(NAME, username=USERNAME)
    zebedee.join(5, 4, 3, 2, 1)
    zebedee.send(WROTE)
    file = tmp_path / "report.md"
    home_folder = str(tmp_path / "home-of-zebedee")
    settings = {"MATINEE_ADMIN_IDS": ADMIN, "HOME": home_folder, "MATINEE_DATASET": f"{home_folder}/films"}
    done = own_bot.command("doctor", "--report", str(file), **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    report = file.read_text(encoding="utf-8")
    private = [NAME, *NAME.split(), USERNAME, WROTE, ADMIN, str(zebedee.id), TOKEN, *TOKEN.split(":")]
    private += [str(own_bot.home), home_folder, str(tmp_path), own_bot.telegram.url, "127.0.0.1"]
    said = (report + done.stderr).lower()
    assert [each for each in private if each.lower() in said] == []
    for needed in (
        "- Matinee ",
        "CPython ",
        "torch ",
        {"sqlite": "- SQLite ", "postgresql": "- PostgreSQL "}[database_kind],
        "schema ",
        "fewer than 10 people",
        "pmf, full, made ",
    ):
        assert needed in report, report
    assert "`MATINEE_ADMIN_IDS`: 1 of them" in report
    assert "failed updates, by kind of error: none" in report
    assert "- fail: data\n" in report
    assert "ok: version, home, privacy, disk, " in report
    assert "Left out: " in report
    assert "paste it into the issue" in report
    assert own_bot.command("doctor", "--report").stdout.startswith("# Matinee: a report")


def test_it_only_reads_and_says_what_goes_with_what(own_bot: Bot) -> None:
    own_bot.settle()
    assert own_bot.stop() == 0
    before = modified(own_bot.home)
    assert own_bot.command("doctor", "--report").returncode == 0
    assert modified(own_bot.home) == before
    for wrong in (["report.md"], ["--report", "--json"], ["--report", "no/such/folder.md"]):
        assert own_bot.command("doctor", *wrong).returncode == 2
    own_bot.start()
