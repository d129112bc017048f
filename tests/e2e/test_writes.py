"""The N-th write or commit fails, whichever it is: of a conversation, and of a movie night.

Everything is there after a restart that anybody was told, nothing is there twice, and both go on. All of them
are in `make soak`, some in `make check`; MATINEE_TEST_WRITES names others, as "17,18".
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recsys.serving.artifact import MANIFEST
from storage.database import Database
from storage.database.migrations import REVISIONS, build
from storage.people import people
from tests.e2e.conftest import AnyDatabase
from tests.e2e.driving import PATIENCE, TICK, Bot, Person, Telegram
from tests.e2e.test_night import board_of
from tests.e2e.trainings import LENIENT, LONG, ask_for, live, no_child_in, working_on

TOLD = {f"{stars}★" for stars in range(1, 6)}
MOST = 330  # more than there are: what is beyond the last one fails nothing


class Story:
    """What people did, and what they were told."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.ada, self.grace = bot.person("Ada"), bot.person("Grace")
        self.told: dict[str, str] = {}

    def tap(self, person: Person, label: str) -> str:
        """The newest button with this label, if there is one; the toast."""
        for message in reversed(person.messages()):
            if any(button == label for row in message.labels for button in row):
                film = message.head
                toast = person.tap(label, message)
                if toast == f"{film}: {label}":
                    self.told[film] = label
                return toast
        return ""

    def converse(self) -> None:
        """Onboarding, cards, a list, marks, the watchlist, a title, settings."""
        self.ada.say("/start")
        for label in ("Comedy", "Drama", "Done", "5★", "4★", "Undo", "3★", "Haven't seen", "2★", "4★", "5★"):
            if self.tap(self.ada, label).startswith(("That is", "Undone")) or label == "Undo":
                self.told = {}  # which one it was is read from the rows alone
        self.ada.say("/recommend")
        for label in ("1", "Watchlist", "Seen it", "4★", "Back", "More"):
            self.tap(self.ada, label)
        self.ada.say("toy story")
        self.ada.say("/settings")

    def hold_a_night(self) -> None:
        """From the board to the stars."""
        group = self.group = self.bot.group("Friday", self.ada, self.grace)
        group[self.ada].say("/night")
        for person, label in ((self.grace, "Join"), (self.ada, "Start poll")):
            if any(label in row for message in group.messages()[-1:] for row in message.labels):
                group[person].tap(label)
        if group.polls():
            group[self.ada].vote(group.poll().options[0])
            group[self.grace].vote(group.poll().options[1])
            group[self.ada].tap("Close now", board_of(group))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.check)])
def url(request: pytest.FixtureRequest, new_database: Callable[[], AnyDatabase]) -> Iterator[str | None]:
    from tests.postgresql import new_database as new_postgresql

    if request.param == "sqlite":
        yield None
    else:
        with new_postgresql() as made:
            yield made


def sampled(every: Iterable[int], first: int, others: Sequence[int]) -> list[object]:
    """Some in CI, the rest by hand."""
    if chosen := os.environ.get("MATINEE_TEST_WRITES"):
        return [int(number) for number in chosen.split(",")]
    checked = [pytest.param(number, marks=pytest.mark.check) for number in (first, *others)]
    rest = [number for number in every if number != first and number not in others]
    return [*checked, *(pytest.param(number, marks=pytest.mark.soak) for number in rest)]


@pytest.mark.parametrize("number", sampled(range(1, MOST), 61, (3, 24, 104, 131)))
@pytest.mark.parametrize("story", ["converse", "hold_a_night"])
def test_the_nth_write_fails(
    number: int, story: str, url: str | None, new_home: Callable[[], Path], tmp_path: Path
) -> None:
    when = "before" if url is None or number % 2 else "after"
    with ExitStack() as stack:
        telegram = stack.enter_context(closing(Telegram()))
        bot = stack.enter_context(Bot(telegram, new_home(), url))
        bot.start()  # migrated, and known to Telegram
        bot.stop()
        failing = {"MATINEE_TEST_FAIL_WRITE": f"{number}:{when}:{tmp_path / 'counted'}"}
        try:
            bot.start(**failing)
        except AssertionError:  # in one of the first writes: it says so in one line, and ends
            assert bot.wait() == 1
            assert re.search(r"^matinee: the (database|connection) ", bot.text(), re.MULTILINE), bot.text()
            bot.start()
        told = Story(bot)
        getattr(told, story)()
        bot.settle()
        bot.kill()
        bot.start()
        bot.settle()
        check(bot, told)
        print("writes:", (tmp_path / "counted").stat().st_size)  # noqa: T201 - with -s


def check(bot: Bot, story: Story) -> None:
    """What holds after a restart, whatever happened before it."""
    assert bot.rows("SELECT count(*) FROM updates WHERE state IN ('received', 'applied')") == [(0,)]
    assert bot.rows("SELECT error FROM updates WHERE state = 'failed'") == []
    kept = story.ada.history()
    for film, stars in story.told.items():
        assert kept.get(film) == stars, (film, stars, kept)
    open_nights = (
        "SELECT count(*) FROM nights WHERE state IN ('gathering', 'polling') GROUP BY chat_id, topic_id"
    )
    assert all(count == 1 for (count,) in bot.rows(open_nights))
    twice = "SELECT night_id FROM polls WHERE state <> 'closed' GROUP BY night_id HAVING count(*) > 1"
    assert bot.rows(twice) == []
    decided = "SELECT count(*) FROM nights WHERE (state = 'decided') <> (film_id IS NOT NULL)"
    assert bot.rows(decided) == [(0,)]
    assert bot.rows("SELECT count(*) FROM errands WHERE state = 'trying'") == [(0,)]
    spinning = [q for q in bot.telegram.get("/queries") if q["answer"] is None and not q["expired"]]
    assert spinning == []
    assert "Traceback" not in bot.text(), bot.text()
    goes_on(bot, story)


def goes_on(bot: Bot, story: Story) -> None:
    """The conversation, and the night if there is one."""
    assert len(story.ada.send("/recommend").films) == 5
    group = getattr(story, "group", None)
    if group is None:
        return
    group[story.ada].say("/night")
    board = board_of(group)
    group[story.grace].tap("Join" if "Join" in str(board.labels) else "Settings", board)
    group[story.ada].tap("Cancel", board)
    assert "Called off." in group.again(board).text


@pytest.mark.parametrize("number", sampled(range(1, 60), 17, (2, 41)))
def test_killed_at_the_nth_statement_of_a_migration(
    number: int, url: str | None, new_home: Callable[[], Path], tmp_path: Path
) -> None:
    """Nothing of it has happened, or all of it; the next one does the rest."""
    with closing(Telegram()) as telegram, Bot(telegram, new_home(), url) as bot:
        database = url or f"sqlite:///{bot.home / 'matinee.db'}"
        asyncio.run(build(database, "0003"))
        asyncio.run(somebody(database))
        killing = {"MATINEE_TEST_FAIL_WRITE": f"{number}:kill:{tmp_path / 'counted'}"}
        assert bot.command("db", "upgrade", **killing).returncode in (0, -signal.SIGKILL)
        ((revision,),) = bot.rows("SELECT version_num FROM alembic_version")
        assert revision in ("0003", REVISIONS[-1])
        done = bot.command("db", "upgrade")
        assert done.returncode == 0, done.stderr
        assert bot.rows("SELECT version_num FROM alembic_version") == [(REVISIONS[-1],)]
        assert bot.rows("SELECT telegram_id FROM people") == [(77,)]


async def somebody(url: str) -> None:
    database = await Database.open(url)
    async with database.write() as conn:
        await people.meet(conn, 77, "de", datetime.now(UTC))
    await database.close()


@pytest.mark.check
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", sampled(range(10, 250, 5), 120, (75, 150)))
def test_killed_at_the_nth_statement_of_a_training(
    number: int, few_models: Path, few: Path, tmp_path: Path
) -> None:
    """It goes on, ends once, and one model is live, which is there."""
    shutil.copytree(few_models, tmp_path / "home" / "models", copy_function=os.link)
    settings = {"MATINEE_DATASET": str(few), **LENIENT}
    with closing(Telegram()) as telegram, Bot(telegram, tmp_path / "home") as bot:
        bot.start(**settings)
        bot.stop()
        ask_for(bot, "full")
        killing = {"MATINEE_TEST_FAIL_WRITE": f"{number}:kill:{tmp_path / 'counted'}"}
        with suppress(AssertionError):  # killed before it serves
            bot.start(**settings, **killing)
        deadline = time.monotonic() + LONG
        assert bot.process is not None
        while bot.process.poll() is None and not bot.rows("SELECT id FROM jobs WHERE state = 'done'"):
            assert time.monotonic() < deadline
            time.sleep(TICK)
        bot.process.kill()
        bot.process.wait(PATIENCE)
        no_child_in(bot.home)
        bot.start(**settings)
        working_on(bot, "done")
        assert bot.rows("SELECT count(*) FROM models WHERE state = 'live'") == [(1,)]
        assert live(bot) == 2
        assert (bot.home / "models" / "0002" / MANIFEST).exists()
        assert bot.rows("SELECT count(*) FROM jobs") == [(1,)]
        bot.settle()
        assert len(bot.person("Ada").join(5, 4, 3, 2, 1).films) == 5
        assert "Traceback" not in bot.text()
