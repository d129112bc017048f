"""Trainings beside a bot that answers people: killed wherever one may be, given back, brought to an end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import recsys
from bot.training.folder import PEOPLE_FROM
from storage.database import Database
from storage.films import films
from storage.people import people, ratings
from tests.e2e.driving import PATIENCE, TICK, Bot, Telegram
from tests.e2e.trainings import (
    LENIENT,
    ask_for,
    asked_by_ratings,
    children,
    live,
    no_child_in,
    signal_child,
    work_folders,
    working_on,
)

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def few_bot(few_models: Path, tmp_path: Path) -> Iterator[Bot]:
    """A bot on few ratings, not started yet."""
    served = Telegram()
    shutil.copytree(few_models, tmp_path / "home" / "models", copy_function=os.link)
    with closing(served), Bot(served, tmp_path / "home") as bot:
        yield bot
        bot.check()


def test_killed_in_any_phase_it_goes_on_and_people_are_answered(few_bot: Bot, few: Path) -> None:
    """Twice in one training: the third process ends it, and no child is left of the first two."""
    settings = {"MATINEE_DATASET": str(few), **LENIENT}
    ada = asked_by_ratings(few_bot, **settings)
    for attempt, phase in enumerate(("training", "gate"), start=1):
        working_on(few_bot, phase, attempt=attempt)
        few_bot.kill()
        no_child_in(few_bot.home)
        assert few_bot.rows("SELECT state, attempts FROM jobs") == [("running", attempt)]
        assert live(few_bot) == 1
        few_bot.start(**settings)
        assert len(ada.send("/recommend").films) == 5
    working_on(few_bot, "done")
    assert few_bot.rows("SELECT kind, reason, attempts, outcome, version FROM jobs") == [
        ("fine", "ratings", 3, "promoted", 2)
    ]
    assert live(few_bot) == 2
    assert len(ada.send("/recommend").films) == 5


@pytest.mark.check
def test_a_training_whose_processes_always_die_is_given_up(few_bot: Bot, few: Path) -> None:
    few_bot.start(MATINEE_DATASET=str(few))
    few_bot.stop()
    ask_for(few_bot, "full")
    for attempt in (1, 2, 3):
        few_bot.start(MATINEE_DATASET=str(few))
        working_on(few_bot, "checking", attempt=attempt)
        few_bot.kill()
    few_bot.start(MATINEE_DATASET=str(few))
    working_on(few_bot, "failed")
    ((error,),) = few_bot.rows("SELECT error FROM jobs")
    assert error == "given up: the process that trained ended 3 times, last in checking"
    assert live(few_bot) == 1
    assert children(few_bot.home) == []


@pytest.mark.parametrize(
    "phase",
    [
        pytest.param("checking", marks=pytest.mark.check),
        "training",
        pytest.param("gate", marks=pytest.mark.check),
    ],
)
def test_a_child_that_is_killed_fails_the_training_in_the_open(few_bot: Bot, few: Path, phase: str) -> None:
    ada = asked_by_ratings(few_bot, MATINEE_DATASET=str(few))
    working_on(few_bot, phase)
    signal_child(few_bot.home, signal.SIGKILL)
    working_on(few_bot, "failed")
    ((error, version, slot),) = few_bot.rows("SELECT error, version, slot FROM jobs")
    assert error.startswith("the training process was killed by signal 9 (SIGKILL)")
    assert (version, slot, live(few_bot)) == (None, None, 1)
    assert len(ada.send("/recommend").films) == 5
    few_bot.stop()
    assert work_folders(few_bot.home) == []


def test_sigterm_gives_the_training_back(few_bot: Bot, few: Path) -> None:
    """A restart by the operator costs it no attempt, and leaves no process behind."""
    asked_by_ratings(few_bot, MATINEE_DATASET=str(few))
    working_on(few_bot, "training")
    signal_child(few_bot.home, signal.SIGSTOP)  # it cannot end by itself
    assert few_bot.stop() == 0
    assert children(few_bot.home) == []
    assert few_bot.rows("SELECT state, owner, lease_until, attempts FROM jobs") == [
        ("waiting", None, None, 0)
    ]


@pytest.mark.check
def test_data_that_are_gone_fail_the_training_and_nothing_else(
    few_bot: Bot, few: Path, tmp_path: Path
) -> None:
    gone = shutil.copytree(few, tmp_path / "elsewhere" / "few")
    few_bot.start(MATINEE_DATASET=str(gone))
    few_bot.stop()
    shutil.rmtree(gone)
    ask_for(few_bot, "fine")
    few_bot.start(MATINEE_DATASET=str(gone))
    working_on(few_bot, "failed")
    ((error,),) = few_bot.rows("SELECT error FROM jobs")
    assert "nothing is there" in error
    assert live(few_bot) == 1


@pytest.mark.check
def test_a_full_training_on_all_ratings_is_promoted_while_people_are_answered(
    own_bot: Bot, test_data: Path
) -> None:
    ada = own_bot.person("Ada")
    page = ada.join(5, 4, 3, 2, 1)
    own_bot.stop()
    ask_for(own_bot, "full")
    own_bot.start(MATINEE_DATASET=str(test_data / "ml-100k"))
    working_on(own_bot, "done")
    assert own_bot.rows("SELECT state, outcome, version, phase, error FROM jobs") == [
        ("done", "promoted", 2, "publishing", None)
    ]
    assert own_bot.rows("SELECT version, state, origin FROM models ORDER BY version") == [
        (1, "former", "hand"),
        (2, "live", "full"),
    ]
    assert own_bot.rows("SELECT act, actor FROM audit") == [("promoted", 0)]
    assert ada.tap("More", page) == ""
    maps = Path(f"/proc/{own_bot.pid}/maps").read_text(encoding="utf-8")
    assert "site-packages/torch/" not in maps
    own_bot.stop()
    assert "another model serves" in own_bot.text()
    assert work_folders(own_bot.home) == []
    own_bot.start()
    assert "model=2" in own_bot.text().splitlines()[-1]


@pytest.mark.check
def test_a_crowd_is_left_out_told_of_and_learned_from_once_an_admin_lets_it_in(
    few_bot: Bot, few: Path
) -> None:
    settings = {"MATINEE_DATASET": str(few), **LENIENT}
    root = few_bot.person("Root")
    few_bot.start(**settings, MATINEE_ADMIN_IDS=str(root.id))
    root.send("/help")
    few_bot.stop()
    crowd = asyncio.run(push(few_bot, range(9_000_000, 9_000_040)))

    def learned(job: int) -> int:
        ask_for(few_bot, "full")
        few_bot.start(**settings, MATINEE_ADMIN_IDS=str(root.id))
        working_on(few_bot, "done", job=job)
        ((version,),) = few_bot.rows("SELECT version FROM jobs WHERE id = ?", job)
        made = recsys.Recommender.load(few_bot.home / "models" / f"{version:04d}")
        return len({PEOPLE_FROM + each for each in crowd} & set(made.user_ids.tolist()))

    assert learned(1) == 0
    assert few_bot.rows("SELECT count(*) FROM standings WHERE state = 'kept_out'") == [(len(crowd),)]
    deadline = time.monotonic() + PATIENCE
    while not (flagged := [each for each in root.messages() if each.text.startswith("🚩")]):
        assert time.monotonic() < deadline
        time.sleep(TICK)
    assert f"{len(crowd)} accounts" in flagged[0].text
    assert root.tap("Let in", flagged[0]) == "Let in, from the next training on"
    few_bot.stop()
    assert learned(2) > 0.8 * len(crowd)  # of some, the only rating is held out
    assert few_bot.rows("SELECT state FROM flags") == [("let_in",)]


async def push(bot: Bot, telegram_ids: Iterable[int]) -> list[int]:
    """People who come for one film, and say no more than that."""
    database = await Database.open(f"sqlite+aiosqlite:///{bot.home / 'matinee.db'}")
    now = datetime.now(UTC)
    async with database.write() as conn:
        film_id = min([film.id for film in await films.every(conn)])
        come = [(await people.meet(conn, each, "en", now)).id for each in telegram_ids]
        for person_id in come:
            await ratings.rate(conn, person_id, film_id, 5.0, now)
    await database.close()
    return come
