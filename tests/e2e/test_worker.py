"""`matinee worker`: trains for a bot elsewhere, by the same PostgreSQL and a shared place of models."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import postgresql
from tests.e2e.driving import PATIENCE, TICK, Bot, Telegram
from tests.e2e.trainings import LENIENT, children, live, no_child_in, work_folders, working_on

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where models are shared."""
    return (tmp_path / "shared").as_uri()


@pytest.fixture
def served_bot(few: Path, tmp_path: Path, place: str) -> Iterator[Bot]:
    """A running bot on few ratings that trains nothing itself, and shares its first model at its start."""
    served = Telegram()
    with (
        closing(served),
        postgresql.new_database() as url,
        Bot(served, tmp_path / "bot", url) as bot,
    ):
        bot.home.mkdir()
        prepared = bot.command("prepare", MATINEE_DATASET=str(few))
        assert prepared.returncode == 0, prepared.stderr
        bot.start(
            MATINEE_DATASET=str(few),
            MATINEE_TRAIN_HERE="false",
            MATINEE_RETRAIN_AFTER="1",
            MATINEE_ARTIFACTS=place,
        )
        yield bot
        bot.check()


def settings(bot: Bot, few: Path, home: Path, place: str) -> dict[str, str]:
    """What a worker on another machine sees."""
    changes = {"MATINEE_HOME": str(home), "MATINEE_DATASET": str(few), "MATINEE_ARTIFACTS": place}
    return bot.environment(**changes, **LENIENT)


def test_the_bot_answers_from_what_a_worker_trained_without_a_restart(
    served_bot: Bot, few: Path, tmp_path: Path, place: str
) -> None:
    ada = served_bot.person("Ada")
    page = ada.join(5, 4, 3, 2, 1)
    working_on(served_bot, "waiting")
    elsewhere = tmp_path / "worker"
    elsewhere.mkdir()
    worked = subprocess.run(
        [sys.executable, "-m", "bot", "worker", "--once"],
        cwd=elsewhere,
        env=settings(served_bot, few, elsewhere, place),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE * 5,
    )
    assert worked.returncode == 0, worked.stderr
    assert served_bot.rows("SELECT state, outcome, version, kind FROM jobs") == [
        ("done", "promoted", 2, "fine")
    ]
    deadline = time.monotonic() + PATIENCE
    while "another model serves" not in served_bot.text():
        assert time.monotonic() < deadline, served_bot.text()
        time.sleep(TICK)
    assert live(served_bot) == 2
    assert ada.tap("More", page) == ""
    for home in (served_bot.home, elsewhere):
        assert sorted(path.name for path in (home / "models").iterdir()) == ["0001", "0002"]
    assert work_folders(elsewhere) == []


def test_sigterm_frees_the_training_for_another_worker(
    served_bot: Bot, few: Path, tmp_path: Path, place: str
) -> None:
    served_bot.person("Ada").join(5, 4, 3, 2, 1)
    elsewhere = tmp_path / "worker"
    elsewhere.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "worker"],
        cwd=elsewhere,
        env=settings(served_bot, few, elsewhere, place),
    ) as worker:
        working_on(served_bot, "checking")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    assert children(elsewhere) == []
    assert served_bot.rows("SELECT state, owner, attempts FROM jobs") == [("waiting", None, 0)]


def test_a_worker_that_is_killed_leaves_no_child_and_a_lease_that_lapses(
    served_bot: Bot, few: Path, tmp_path: Path, place: str
) -> None:
    served_bot.person("Ada").join(5, 4, 3, 2, 1)
    elsewhere = tmp_path / "worker"
    elsewhere.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "worker"],
        cwd=elsewhere,
        env=settings(served_bot, few, elsewhere, place),
    ) as worker:
        working_on(served_bot, "training")
        worker.kill()
        worker.wait(PATIENCE)
    no_child_in(elsewhere)
    ((state, owner, lapses),) = served_bot.rows(
        "SELECT state, owner, lease_until < now() + interval '61 seconds' FROM jobs"
    )
    assert (state, owner.startswith("worker:"), lapses) == ("running", True, True)
    assert live(served_bot) == 1


def test_a_worker_says_what_it_needs(tmp_path: Path, own_bot: Bot, place: str) -> None:
    sqlite = own_bot.command("worker", "--once", MATINEE_HOME=str(tmp_path))
    assert sqlite.returncode == 1
    assert "a worker needs the bot's PostgreSQL" in sqlite.stderr
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
    alone = own_bot.command("worker", "--once", MATINEE_HOME=str(tmp_path), MATINEE_DATABASE_URL=url)
    assert alone.returncode == 1
    assert "MATINEE_ARTIFACTS: not set" in alone.stderr
