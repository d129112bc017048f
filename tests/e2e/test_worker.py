"""`matinee worker`: trains for a bot elsewhere, by the same PostgreSQL and a shared place of models."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import postgresql
from tests.e2e.driving import PATIENCE, TICK, Bot, Person, Telegram
from tests.e2e.trainings import (
    LENIENT,
    asked_by_ratings,
    children,
    live,
    no_child_in,
    work_folders,
    working_on,
)
from tests.e2e.warm import Process, spawn

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where models are shared."""
    return (tmp_path / "shared").as_uri()


@pytest.fixture
def served_bot(few: Path, few_models: Path, tmp_path: Path, place: str) -> Iterator[Bot]:
    """A bot on few ratings, not started yet, whose first model is in its home alone."""
    served = Telegram()
    shutil.copytree(few_models, tmp_path / "bot" / "models", copy_function=os.link)
    with (
        closing(served),
        postgresql.new_database() as url,
        Bot(served, tmp_path / "bot", url) as bot,
    ):
        yield bot
        bot.check()


@pytest.fixture
def ada(served_bot: Bot, few: Path, place: str) -> Person:
    """Who rated enough to be learned from; the bot runs, and trains nothing itself."""
    there = {"MATINEE_DATASET": str(few), "MATINEE_ARTIFACTS": place, "MATINEE_TRAIN_HERE": "false"}
    return asked_by_ratings(served_bot, **there)


@pytest.fixture
def start_worker(served_bot: Bot, few: Path, tmp_path: Path, place: str) -> Callable[..., Process]:
    """Starts `matinee worker` in the home `tmp_path / "worker"`, as on another machine."""
    home = tmp_path / "worker"
    home.mkdir()

    def start(*options: str) -> Process:
        changes = {"MATINEE_HOME": str(home), "MATINEE_DATASET": str(few), "MATINEE_ARTIFACTS": place}
        log = tmp_path / "worker.log"
        environment = served_bot.environment(**changes, **LENIENT)
        return spawn(["worker", *options], cwd=home, environment=environment, stdout=log, stderr=log)

    return start


def test_one_worker_is_stopped_the_next_one_trains_and_the_bot_answers_from_it_without_a_restart(
    served_bot: Bot, ada: Person, start_worker: Callable[..., Process], tmp_path: Path
) -> None:
    page = ada.last()
    elsewhere = tmp_path / "worker"
    stopped = start_worker()
    working_on(served_bot, "checking")
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(PATIENCE) == 0
    assert children(elsewhere) == []
    assert served_bot.rows("SELECT state, owner, attempts FROM jobs") == [("waiting", None, 0)]

    assert start_worker("--once").wait(PATIENCE * 5) == 0, (tmp_path / "worker.log").read_text()
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


@pytest.mark.usefixtures("ada")
def test_a_worker_that_is_killed_leaves_no_child_and_a_lease_that_lapses(
    served_bot: Bot, start_worker: Callable[..., Process], tmp_path: Path
) -> None:
    worker = start_worker()
    working_on(served_bot, "training")
    worker.kill()
    worker.wait(PATIENCE)
    no_child_in(tmp_path / "worker")
    ((state, owner, lapses),) = served_bot.rows(
        "SELECT state, owner, lease_until < now() + interval '61 seconds' FROM jobs"
    )
    assert (state, owner.startswith("worker:"), lapses) == ("running", True, True)
    assert live(served_bot) == 1


def test_a_worker_says_what_it_needs(tmp_path: Path) -> None:
    served = Telegram()
    (tmp_path / "home").mkdir()
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
    with closing(served), Bot(served, tmp_path / "home") as bot:
        sqlite = bot.command("worker", "--once")
        alone = bot.command("worker", "--once", MATINEE_DATABASE_URL=url)
    assert sqlite.returncode == alone.returncode == 1
    assert "a worker needs the bot's PostgreSQL" in sqlite.stderr
    assert "MATINEE_ARTIFACTS: not set" in alone.stderr
