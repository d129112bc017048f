"""Homes of earlier versions under this one: the conversation goes on, and every old button is answered.

A folder of tests/old_homes is a home as that version left it, on SQLite and on PostgreSQL, with the local
Telegram in which its people spoke; its make.py says what is in it. A new version adds a folder alone.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

import bot.app  # noqa: F401 - registers every callback record
from bot.errors import StaleButton
from bot.telegram.callbacks import unpack
from tests.e2e.driving import Bot, Group, Json, Message, Person, Telegram
from tests.e2e.people import Seat

DATABASES = ["sqlite", "postgresql"]
FOLDERS = sorted(Path(__file__).parents[1].joinpath("old_homes").glob("*.*.*"))
MOST_BYTES = 300_000  # of one version
TROUBLE = "Something went wrong here"

# Tags that no version reads any more, each with the version that gave them up and why.
RETIRED: dict[str, str] = {}

# Buttons whose answer may be the stale one, by the screen's name and the tag: why they are about nothing.
GONE = {
    ("filters of a list", "fc1"): "Apply, a tap before, has ended the panel",
    ("constructed", "ac1"): "no training in that home has curves",
}

AnyDatabase = AbstractContextManager[str | None]
NewDatabase = Callable[[], AnyDatabase]


@dataclass(frozen=True)
class OldHome:
    """A bot of this version in a home of an earlier one, and what that one told of it."""

    bot: Bot
    people: dict[str, int]
    expected: Json
    screens: list[Json]
    models: list[str]

    def person(self, name: str) -> Person:
        return Person(self.bot, self.people[name])

    def press(self, screen: Json, data: str) -> str:
        """Tap a button as whoever saw the screen, on its message, and don't wait; the id of the query."""
        owner = Seat(self.bot, screen["who"], screen["chat_id"])
        return str(owner.act("/taps", data=data, message_id=screen["message_id"])["query_id"])


@contextmanager
def unpacked(folder: Path, kind: str, new_database: NewDatabase, place: Path) -> Iterator[OldHome]:
    """The home of a version, in which the bot of this one has started."""
    told = json.loads((folder / "buttons.json").read_text(encoding="utf-8"))[kind]
    with tarfile.open(folder / "home.tar.xz") as archive:
        archive.extractall(place, filter="data")
    home, left = place / "home", place / kind
    models = sorted(each.name for each in (home / "models").iterdir())
    with (
        closing(Telegram(left / "telegram.db")) as telegram,
        new_database() as url,
        Bot(telegram, home, url) as bot,
    ):
        if url is None:
            shutil.move(left / "matinee.db", home / "matinee.db")
        else:
            asyncio.run(load(url, (left / "dump.sql").read_text(encoding="utf-8")))
        bot.start(
            MATINEE_ADMIN_IDS=str(told["people"]["Root"]),
            MATINEE_TRAIN_HERE="false",
            MATINEE_RETRAIN_AT="off",
            MATINEE_ALERTS="off",
        )
        bot.settle()
        yield OldHome(bot, told["people"], told["expected"], told["screens"], models)


async def load(url: str, script: str) -> None:
    """Run the statements of a dump."""
    engine = create_async_engine(url)
    async with engine.connect() as conn:
        connection: Any = (await conn.get_raw_connection()).driver_connection
        await connection.execute(script)
        await conn.rollback()
    await engine.dispose()


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def shared(
    request: pytest.FixtureRequest,
    database_kind: str,
    new_database: NewDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OldHome]:
    """One for all tests but that of the buttons."""
    with unpacked(request.param, database_kind, new_database, tmp_path_factory.mktemp("old")) as found:
        yield found


@pytest.fixture
def old(shared: OldHome) -> Iterator[OldHome]:
    """The same, checked after each test."""
    yield shared
    shared.bot.check()


def history(person: Person) -> list[str]:
    """All lines of /history without their numbers, newest first: "Heat (1995) 4★"."""
    page, lines = person.send("/history"), []
    while page.labels:
        lines += [line.partition(". ")[2] for line in page.text.splitlines() if re.match(r"\d+\. ", line)]
        if "Older" not in page.buttons:
            break
        person.tap("Older", page)
        page = person.again(page)
    return lines


def message_of(seat: Seat | Group, message_id: int) -> Message:
    return next(message for message in seat.messages() if message.id == message_id)


def tag_of(data: str) -> str:
    return data.partition(":")[0]


def is_read(data: str) -> bool:
    """Whether this version knows such a button."""
    try:
        unpack(data)
    except StaleButton:
        return False
    return True


def buttons_of(screen: Json) -> list[str]:
    """The callback data of a screen's keyboard."""
    return [
        button["callback_data"] for row in screen["keyboard"] for button in row if "callback_data" in button
    ]


def test_the_old_model_serves(old: OldHome) -> None:
    root = old.person("Root")
    assert "▶ 2 by hand" in root.send("/models").text
    assert "Model 2 has served for" in root.send("/admin").text
    assert sorted(each.name for each in (old.bot.home / "models").iterdir()) == old.models
    assert old.bot.rows("SELECT version FROM models WHERE state = 'live'") == [(2,)]
    assert old.bot.rows("SELECT state FROM jobs") == [("waiting",)]


def test_everybody_is_known_still(old: OldHome) -> None:
    for name, lines in old.expected["history"].items():
        assert history(old.person(name))[-len(lines) :] == lines
    for name, films in old.expected["watchlist"].items():
        assert old.person(name).send("/watchlist").films == films
    count = len(old.expected["history"]["Grace"])
    assert f"{count} ratings" in old.person("Grace").send("/profile").text
    assert f"{count} ratings" in old.person("Grace").send("/mydata").text


def test_what_was_rated_is_not_recommended(old: OldHome) -> None:
    for name, lines in old.expected["history"].items():
        films = old.person(name).send("/recommend").films
        rated = {re.sub(r" \S+★.*", "", line) for line in lines}
        assert len(films) == 5
        assert not rated & set(films)


def test_a_card_in_the_middle_goes_on(old: OldHome) -> None:
    for name, left in old.expected["round"].items():
        person, film = old.person(name), left["film"]
        card = message_of(person, left["message_id"])
        assert card.head == film
        assert person.tap("4★", card) == f"{film}: 4★"
        assert person.again(card).head != film
        assert person.again(card).labels == card.labels
        assert history(person)[0] == f"{film} 4★"
        person.tap("Undo", card)
        assert person.again(card).head == film


def test_the_night_that_is_over_is_remembered(old: OldHome) -> None:
    over = old.expected["nights"]["over"]
    group = Group(old.bot, over["chat_id"])
    assert over["film"] in group[old.person("Ada")].send("/nights").text


def test_the_night_with_an_open_poll_goes_on(old: OldHome) -> None:
    left = old.expected["nights"]["polling"]
    group = Group(old.bot, left["chat_id"])
    board = message_of(group, left["board"])
    assert len(group.polls()) == 1
    assert group.poll().options == left["options"]
    assert f"{left['voters']} people have voted" in board.text
    group[old.person("Linus")].vote(left["options"][2])
    assert f"{left['voters'] + 1} people have voted" in group.again(board).text
    host = group[old.person("Grace")]
    assert host.tap("Close now", board) == "Closed. Here comes the result"
    assert group.poll().closed
    assert group.last().text.startswith(f"🏆 {left['options'][2]} wins with 3 votes.")


def test_a_board_that_gathers_goes_on(old: OldHome) -> None:
    left = old.expected["nights"]["gathering"]
    group = Group(old.bot, left["chat_id"])
    group.thread_id = left["thread_id"]
    board = message_of(group, left["board"])
    assert "In (2): Ada (host), Grace\n" in board.text
    assert group[old.person("Linus")].tap("Join", board).startswith("You're in")
    assert "In (3): Ada (host), Grace, Linus" in group.again(board).text
    assert group.again(board).text.count("• ") == 9
    assert group[old.person("Ada")].tap("Start poll", board) == "The slate is frozen, here comes the poll"
    assert group.polls()[-1].raw["thread_id"] == left["thread_id"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_old_button_is_answered(
    folder: Path, database_kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """By its owner, on the message that had it, one after the other, in a home as it was left."""
    with unpacked(folder, database_kind, new_database, tmp_path) as old:
        root = old.person("Root")
        stale = root.tap_data("zz9:1", root.last())
        pressed = [
            (screen["name"], data, old.press(screen, data))
            for screen in old.screens
            for data in buttons_of(screen)
        ]
        old.bot.settle()
        answers = {query["query_id"]: query["answer"] for query in old.bot.telegram.get("/queries")}
        refused = set()
        for name, data, query_id in pressed:
            assert answers[query_id] is not None, (name, data)
            assert TROUBLE not in answers[query_id]["text"], (name, data)
            if is_read(data) and answers[query_id]["text"] == stale:
                refused.add((name, tag_of(data)))
        assert refused <= set(GONE)
        for chat_id in {screen["chat_id"] for screen in old.screens}:
            shown = old.bot.telegram.get(f"/chats/{chat_id}")["messages"]
            assert not any(TROUBLE in message["text"] for message in shown)
        old.bot.check()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_is_small_and_its_buttons_are_read(folder: Path) -> None:
    """In every version's buttons is every tag, but for those given up."""
    assert sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) < MOST_BYTES
    told = json.loads((folder / "buttons.json").read_text(encoding="utf-8"))
    for kind in DATABASES:
        data = [each for screen in told[kind]["screens"] for each in buttons_of(screen)]
        assert {tag_of(each) for each in data if not is_read(each)} <= set(RETIRED)
        assert not {tag_of(each) for each in data if is_read(each)} & set(RETIRED)
