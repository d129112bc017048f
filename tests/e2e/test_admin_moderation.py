"""A brigade from its first tap to an admin's word: found in real ratings, told, kept out, let in."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys import Ratings
from recsys.brigades import find_brigades
from recsys.data.dataset import Dataset
from storage.database import Database
from storage.running import flags
from storage.running.flags import FoundBrigade
from tests.e2e.driving import PATIENCE, TICK, Bot, Message, Person

DATABASES = ["sqlite"]
PUSHED = "Bio-Dome (1996)"  # 31 ratings in ml-100k, of less than 2 stars on average
SIZE = 10
FIRST_BOT_ID = 1_000_000  # above all ids of the data set's people


@pytest.fixture(scope="module")
def movielens(test_data: Path) -> Dataset:
    return recsys.load_dataset(str(test_data / "ml-100k"))


@pytest.fixture
def admin(own_bot: Bot) -> Person:
    """An admin who has said hello, and a bot that knows who it is."""
    admin = own_bot.person("Root")
    restart(own_bot, admin)
    admin.send("/help")
    return admin


def restart(bot: Bot, admin: Person) -> None:
    assert bot.stop() == 0
    bot.start(MATINEE_ADMIN_IDS=str(admin.id))


def push(bot: Bot, name: str) -> Person:
    """Somebody who comes for one film."""
    person = bot.person(name)
    person.tap("5★", person.send(PUSHED))
    return person


def number(bot: Bot, person: Person) -> int:
    [(found,)] = bot.rows("SELECT id FROM people WHERE telegram_id = ?", person.id)
    return int(found)


def search(bot: Bot, admin: Person, movielens: Dataset) -> list[int]:
    """What a night's training does while the bot is down: look for brigades, and write them down."""
    assert bot.stop() == 0
    found = [
        FoundBrigade(
            frozenset(user_id - FIRST_BOT_ID for user_id in each.user_ids),
            tuple(film_id(bot, movie_id) for movie_id in each.movie_ids),
            each.kinds,
            each.evidence,
        )
        for each in find_brigades(*everything(bot, movielens))
    ]

    async def record() -> list[int]:
        database = await Database.open(f"sqlite+aiosqlite:///{bot.home / 'matinee.db'}")
        async with database.write() as conn:
            told = await flags.record(conn, found, datetime.now(UTC), [admin.id])
        await database.close()
        return told

    told = asyncio.run(record())
    bot.start(MATINEE_ADMIN_IDS=str(admin.id))
    return told


def everything(bot: Bot, movielens: Dataset) -> tuple[Ratings, list[int]]:
    """The data set's ratings and the bot's, and who of them are people of the bot."""
    rows = bot.rows(
        "SELECT person_id, source_id, stars, rated_at FROM ratings JOIN films ON films.id = film_id"
    )
    times = [int(datetime.fromisoformat(str(at)).replace(tzinfo=UTC).timestamp()) for *_, at in rows]
    base, users = movielens.ratings, [FIRST_BOT_ID + row[0] for row in rows]
    ratings = Ratings.from_arrays(
        np.concatenate([base.user_ids, users]),
        np.concatenate([base.movie_ids, [row[1] for row in rows]]),
        np.concatenate([base.values, [row[2] for row in rows]]),
        np.concatenate([base.timestamps, times]),
    )
    return ratings, users


def film_id(bot: Bot, movie_id: int) -> int:
    [(found,)] = bot.rows("SELECT id FROM films WHERE source_id = ?", movie_id)
    return int(found)


def notice(admin: Person) -> Message:
    """The newest flag that the admin is told of, once it has come."""
    deadline = time.monotonic() + PATIENCE
    while not (message := admin.last()).text.startswith("🚩"):
        assert time.monotonic() < deadline, message.text
        time.sleep(TICK)
    return message


def kept_out(bot: Bot) -> set[int]:
    return {row[0] for row in bot.rows("SELECT person_id FROM standings WHERE state = 'kept_out'")}


def test_a_brigade_is_told_kept_out_and_let_in(own_bot: Bot, admin: Person, movielens: Dataset) -> None:
    honest = own_bot.person("Ada")
    honest.join(5, 4, 3, 2, 1)
    brigade = [push(own_bot, f"B{n}") for n in range(SIZE)]
    numbers = {number(own_bot, each) for each in brigade}
    [flag_id] = search(own_bot, admin, movielens)
    message = notice(admin)
    first = message.text.partition("\n")[0]
    assert first == f"🚩 Flag #{flag_id}: {SIZE} accounts around {PUSHED}"
    told = re.search(r"goes from (\d\.\d\d)★ to (\d\.\d\d)★ with them; (\d+) % of its ratings", message.text)
    assert told is not None
    before, after, share = map(float, told.groups())
    assert before < 2 < after
    assert share == pytest.approx(100 * SIZE / (31 + SIZE), abs=1)
    assert "A burst" in message.text
    assert all(re.search(rf"\b{each}\b", message.text) for each in numbers)
    assert not any(f"B{n}" in message.text for n in range(SIZE))
    assert kept_out(own_bot) == numbers
    assert message.labels == [["Let in", "Keep out"], ["Kept out"]]

    assert admin.tap("Keep out", message) == "Kept out, from the next training on"
    assert admin.again(message).labels[0] == ["Let in"]
    assert admin.tap("Let in", message) == "Let in, from the next training on"
    assert kept_out(own_bot) == set()
    assert "Kept out now: 0 of 10" in admin.again(message).text
    assert search(own_bot, admin, movielens) == []  # the same evidence
    assert kept_out(own_bot) == set()
    assert admin.tap("Keep out", message) == "Kept out, from the next training on"
    assert kept_out(own_bot) == numbers
    acts = own_bot.rows("SELECT actor, act FROM audit ORDER BY id")
    assert acts == [(0, "flag"), *((admin.id, act) for act in ("exclude", "include", "exclude"))]
    assert "Kept the flagged accounts" in admin.send("/audit").text

    # their own recommendations go on
    assert brigade[0].send("/recommend").films


def test_one_that_grows_is_told_of_again_and_who_is_forgotten_is_gone(
    own_bot: Bot, admin: Person, movielens: Dataset
) -> None:
    brigade = [push(own_bot, f"B{n}") for n in range(SIZE)]
    [flag_id] = search(own_bot, admin, movielens)
    first = notice(admin)
    late = push(own_bot, "Late")
    assert search(own_bot, admin, movielens) == [flag_id]
    assert number(own_bot, late) in kept_out(own_bot)
    admin.bot.settle()
    deadline = time.monotonic() + PATIENCE
    while notice(admin).id == first.id:
        assert time.monotonic() < deadline
        time.sleep(TICK)
    assert notice(admin).text.startswith(f"🚩 Flag #{flag_id}: {SIZE + 1} accounts")
    gone = number(own_bot, brigade[0])
    asked = brigade[0].send("/forgetme")
    brigade[0].tap(asked.buttons[0], asked)
    assert own_bot.rows("SELECT 1 FROM people WHERE id = ?", gone) == []
    assert gone not in kept_out(own_bot)
    assert own_bot.rows("SELECT 1 FROM flag_people WHERE person_id = ?", gone) == []
    assert f"{SIZE} accounts" in admin.send(f"/exclude #{flag_id}").text.partition("\n")[0]


def test_commands_by_number_by_telegram_id_and_by_flag(own_bot: Bot, admin: Person) -> None:
    assert "Nobody is kept out" in admin.send("/exclude").text
    ada, grace = own_bot.person("Ada"), own_bot.person("Grace")
    for each in (ada, grace):
        each.join(5, 4, 3, 2, 1)
    answer = admin.send(f"/exclude {number(own_bot, ada)}")
    assert answer.text.startswith(f"Person {number(own_bot, ada)}: 5 ratings")
    assert "Ada" not in answer.text
    assert "kept out of training" in answer.text
    admin.send(f"/exclude {grace.id}")
    assert kept_out(own_bot) == {number(own_bot, ada), number(own_bot, grace)}

    page = admin.send("/include")
    assert page.text.startswith("Kept out of training: 2 people")
    assert page.labels == [["1", "2"]]
    admin.tap("1", page)
    member = admin.again(page)
    admin.tap("Let in", member)
    assert "Training learns from their ratings" in admin.again(page).text
    told = admin.again(page)
    admin.tap("Kept out", page)
    assert admin.last().text.startswith("Kept out of training: 1 person")
    assert admin.again(page) == told  # with its buttons
    admin.send(f"/include {number(own_bot, ada)}")
    admin.send(f"/include {number(own_bot, grace)}")
    assert kept_out(own_bot) == set()

    for nobody in ("@ada", "#7", "999999999999", "99999999999999999999999", "ada"):
        answer = admin.send(f"/exclude {nobody}")
        assert answer.text.startswith(f"I know nobody as “{nobody}”")
    assert {act for (act,) in own_bot.rows("SELECT act FROM audit")} == {"exclude", "include"}


def test_strangers_learn_nothing(own_bot: Bot, admin: Person) -> None:
    ada = own_bot.person("Ada")
    unknown = ada.send("/nosuchthing").text
    for text in ("/exclude", "/include", "/exclude #1", f"/exclude {number(own_bot, ada)}"):
        assert ada.send(text).text == unknown.replace("/nosuchthing", text.split()[0])
    admin.send(f"/exclude {number(own_bot, ada)}")
    stolen = admin.last().data("Let in")
    assert ada.tap_data(stolen, ada.last()) == "This menu was refreshed. /help shows where things are."
    assert kept_out(own_bot) == {number(own_bot, ada)}
