"""Makes this folder: a home of version 0.1.0, on films and ratings that were made up.

It runs at commit 76d2909 alone, whose modules it imports and whose bot it starts, and is kept to tell how the
home came about. With a PostgreSQL server at 127.0.0.1:5432 (or MATINEE_TEST_POSTGRESQL) and pg_dump:

    git worktree add ../matinee-0.1.0 76d2909
    cd ../matinee-0.1.0                                # with its `dev` and `train` extras installed
    PYTHONPATH=. python …/tests/old_homes/0.1.0/make.py

One conversation is held twice, on SQLite and on PostgreSQL, by the real process through the local Telegram:

- home.tar.xz: `home/` with models 1, 2 (live) and 3 (refused), which are one model under three numbers;
  `sqlite/matinee.db`, `postgresql/dump.sql` (plain statements, no COPY), and beside each `telegram.db`, the
  local Telegram in which the conversation was held.
- buttons.json: for each database the people and groups, what a later version has to show them, and one screen
  of each kind with its message, its words and its keyboard. "constructed" are buttons that no screen of this
  conversation has, packed by the code of that commit.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

import bot.app  # noqa: F401 - registers every callback record
from bot.admin.models.views import OpenModel
from bot.admin.training.views import ShowCurves
from bot.prepare import train_model
from bot.sandbox import Sandbox
from bot.settings import Settings
from bot.telegram.callbacks import _registry, pack
from recsys.config import PmfConfig, RankerConfig, TrainingConfig
from recsys.data.generate import generate
from storage import flags
from storage.database import Database
from storage.flags import Found
from tests import postgresql
from tests.e2e import driving
from tests.e2e.driving import Bot, Group, Message, Person, Telegram

HERE = Path(__file__).parent
DATASET = {"people": 60, "films": 150, "ratings": 2400, "seed": 1}
CONFIG = TrainingConfig(
    device="cpu",
    pmf=PmfConfig(factors=3, chains=1, sweeps=12, draws=2, implicit=4),
    ranker=RankerConfig(factors=6, sweeps=4, ease_films=60),
)
NAMES = ["Root", "Ada", "Grace", "Linus", "Olga", "Hedy", *(f"Extra{number}" for number in range(1, 16))]
IDS = {name: 5_100_000_001 + number for number, name in enumerate(NAMES)}
CENTURY = 100 * 365 * 24 * 60  # minutes: the poll is open whenever the home is
SETTINGS = {
    "MATINEE_ADMIN_IDS": str(IDS["Root"]),
    "MATINEE_TRAIN_HERE": "false",
    "MATINEE_RETRAIN_AT": "off",
    "MATINEE_ALERTS": "off",
    "MATINEE_POLL_MINUTES": str(CENTURY),
}


class Screens:
    """The screens that were kept, by name."""

    def __init__(self) -> None:
        self.kept: list[dict] = []

    def keep(self, name: str, seat, message: Message) -> Message:
        """Note a message as it is now; the message."""
        message = seat.again(message)
        self.kept.append(
            {
                "name": name,
                "chat": "private" if seat.chat_id == seat.id else "group",
                "chat_id": seat.chat_id,
                "who": seat.id,
                "message_id": message.id,
                "text": message.text,
                "keyboard": message.raw["keyboard"],
            }
        )
        return message

    def construct(self, seat, message: Message, *records) -> None:
        """Buttons that none of these screens has."""
        keyboard = [[{"label": type(each).__name__, "callback_data": pack(each)}] for each in records]
        self.keep("constructed", seat, message)
        self.kept[-1] |= {"text": "", "keyboard": keyboard}

    def tags(self) -> set[str]:
        """Of all buttons."""
        rows = [row for screen in self.kept for row in screen["keyboard"]]
        return {
            button["callback_data"].partition(":")[0]
            for row in rows
            for button in row
            if "callback_data" in button
        }


def datas(message: Message, tag: str) -> list[str]:
    """What its buttons of this kind carry."""
    buttons = [button for row in message.raw["keyboard"] for button in row]
    found = [button.get("callback_data", "") for button in buttons]
    return [data for data in found if data.partition(":")[0] == tag]


def tap(seat, message: Message, tag: str, number: int = 0) -> Message:
    """Tap a button by its kind; the message as it is then."""
    seat.tap_data(datas(message, tag)[number], message)
    return seat.again(message)


def history_of(person: Person) -> list[str]:
    """All lines of /history without their numbers, newest first: "Heat (1995) 4★"."""
    page, lines = person.send("/history"), []
    while page.labels:
        lines += [line.partition(". ")[2] for line in page.text.splitlines() if re.match(r"\d+\. ", line)]
        if "Older" not in page.buttons:
            break
        person.tap("Older", page)
        page = person.again(page)
    return lines


def wait(seat, found) -> Message:
    """The message that comes by itself."""
    deadline = time.monotonic() + 60
    while True:
        for message in reversed(seat.messages()):
            if found(message):
                return message
        assert time.monotonic() < deadline
        time.sleep(0.05)


def newcomers(people: dict[str, Person], screens: Screens) -> None:
    """Genres, shelves, a first round, and what leads from there."""
    ada, grace = people["Ada"], people["Grace"]
    asked = screens.keep("genres", ada, ada.send("/start"))
    asked = tap(ada, asked, "gs2", 0)
    asked = tap(ada, asked, "gs2", 3)
    asked = tap(ada, asked, "gs2", 3)
    asked = tap(ada, asked, "gb1")
    asked = tap(ada, asked, "sp1", 1)
    screens.keep("shelves", ada, asked)
    ada.tap_data(datas(asked, "gf1")[0], asked)
    card = screens.keep("first round", ada, ada.last())
    for stars in (5, 5, 4, 5, 5):
        card = tap(ada, ada.again(card), "rr1", stars - 1)
    grace.join(3, 5, 2, 5, 4)
    linus, hedy, olga = people["Linus"], people["Hedy"], people["Olga"]
    linus.send("/help")
    hedy.send("/start")
    hedy.tap("Skip")
    hedy.tap("4★")
    screens.keep("first round in German", hedy, hedy.last())
    olga.join(1, 2, 3, 4, 5)
    screens.keep("forget", olga, olga.send("/forgetme"))


def discovery(ada: Person, screens: Screens) -> None:
    """A list, its pages, filters and cards; a reason that is corrected."""
    page = ada.send("/recommend")
    screens.keep("list", ada, page)
    for number in range(5):
        card = tap(ada, ada.again(page), "co1", number)
        if datas(card, "cn1"):
            break
        tap(ada, card, "ls1")
    screens.keep("card of a list", ada, card)
    reason = re.search(r"because you gave (.+) \d", card.text)[1]
    tap(ada, card, "cn1")
    second = ada.send("/recommend")
    second = tap(ada, second, "lm1")
    screens.keep("second page", ada, second)
    narrow = tap(ada, ada.send("/recommend"), "fo1")
    for tag in ("fg1", "fd1", "ff1"):
        narrow = tap(ada, narrow, tag)
    screens.keep("filters of a list", ada, narrow)
    film = second.films[0]
    for title in second.films[:3]:
        tap(ada, ada.send(title), "cw1")
    screens.keep("film", ada, ada.send(film))
    alike = ada.send(f"/like {film}")
    screens.keep("more like", ada, alike)
    watch = ada.send("/watchlist")
    screens.keep("watchlist", ada, watch)
    screens.keep("card of the watchlist", ada, tap(ada, ada.send("/watchlist"), "co1"))
    history = ada.send("/history")
    lines = [line for line in history.text.splitlines() if re.match(r"\d+\. ", line)]
    at = next(number for number, line in enumerate(lines) if reason in line)
    screens.keep("card of a rating that is set aside", ada, tap(ada, history, "co1", at))


def records_of(ada: Person, screens: Screens) -> Message:
    """History, profile, settings, and the card that is left open in the middle."""
    card = ada.send("/rate")
    for number in range(9):
        card = tap(ada, card, "rr1", number % 5)
    card = tap(ada, card, "re1")
    history = screens.keep("history", ada, ada.send("/history"))
    tap(ada, history, "hs1")
    screens.keep("second page of the history", ada, history)
    decades = [line.rpartition("(")[2][:3] for line in history.text.splitlines() if "(" in line]
    found = ada.send(f"/history {max(decades, key=decades.count)}0s")
    screens.keep("found in the history", ada, found)
    screens.keep("card of what was found", ada, tap(ada, found, "co1"))
    screens.keep("profile", ada, ada.send("/profile"))
    screens.keep("settings", ada, ada.send("/settings"))
    screens.keep("genres again", ada, tap(ada, ada.send("/settings"), "pg1"))
    standing = tap(ada, ada.send("/settings"), "pf1")
    standing = tap(ada, standing, "fd1")
    screens.keep("filters that stay", ada, standing)
    ada.send("/mydata")
    zone = tap(ada, ada.send("/settings"), "pz1")
    screens.keep("time zone", ada, zone)
    screens.keep("time zones", ada, ada.send("lisbon"))
    card = ada.send("/rate")
    for stars in (4, 2):
        card = tap(ada, card, "rr1", stars - 1)
    return screens.keep("round", ada, card)


def nights(bot: Bot, people: dict[str, Person], screens: Screens) -> dict[str, dict]:
    """A night that is over, one with its poll open, and one that gathers."""
    ada, grace, linus = people["Ada"], people["Grace"], people["Linus"]
    friday = bot.group("Friday", ada, grace, linus)
    board = friday[ada].send("/night")
    friday[grace].tap("Join", board)
    friday[linus].tap("Join", board)
    friday[ada].tap("Start poll", board)
    friday[ada].vote("None of these")
    friday[grace].vote("None of these")
    friday[ada].tap("Close now", board)
    unwanted = friday.last()
    screens.keep("none of these", friday[ada], unwanted)
    friday[ada].tap("New slate", unwanted)
    winner = friday.poll().options[1]
    friday[ada].vote(winner)
    friday[grace].vote(winner)
    board = next(m for m in reversed(friday.messages()) if "Movie night ·" in m.text)
    friday[ada].tap("Close now", board)
    screens.keep("result", friday[ada], friday.last())
    settings = friday[ada].send("/settings")
    screens.keep("settings of a group", friday[ada], settings)
    tap(friday[ada], settings, "gk1", 1)
    screens.keep("time zones of a group", friday[ada], friday[ada].send("/zone lisbon"))
    friday[ada].send("/recommend")
    words = [word for (title,) in bot.rows("SELECT title FROM films") for word in title.split()]
    for word in sorted({word for word in words if words.count(word) > 1 and len(word) > 3}):
        asked = friday[ada].send(f"/like {word.lower()}")
        if datas(asked, "gl1"):
            screens.keep("which film, in a group", friday[ada], asked)
            break

    saturday = bot.group("Saturday", grace, ada, linus, type="supergroup")
    saturday[grace].say("/night")
    for person in (ada, linus):
        saturday[person].tap("Join")
    board = next(m for m in saturday.messages() if "Movie night ·" in m.text)
    saturday[grace].tap("Start poll", board)
    options = saturday.poll().options
    saturday[grace].vote(options[0], options[2])
    saturday[ada].vote(options[2])
    screens.keep("board of a poll", saturday[grace], board)
    saturday[grace].tap("Pick the winner", board)
    screens.keep("list to pick from", saturday[grace], saturday.last())
    polling = {"chat_id": saturday.id, "board": board.id, "options": options, "voters": 2}

    sunday = bot.group("Sunday", linus, ada, grace, type="supergroup", is_forum=True)
    topic = sunday.topic("Films", linus)
    topic[ada].say("/night")
    board = next(m for m in topic.messages() if "Movie night ·" in m.text)
    topic[grace].tap("Join", board)
    screens.keep("board", topic[ada], board)
    for label, name in (("Seen some", "list of what was seen"), ("Veto", "list to veto")):
        topic[ada].tap(label, board)
        screens.keep(name, topic[ada], topic.last())
    gathering = {"chat_id": sunday.id, "thread_id": topic.thread_id, "board": board.id}
    return {"over": {"chat_id": friday.id, "film": winner}, "polling": polling, "gathering": gathering}


def morning(bot: Bot, people: dict[str, Person], over: dict, screens: Screens) -> None:
    """The questions about the night that is over come."""
    bot.stop()
    bot.change(
        "UPDATE errands SET due_at = (SELECT min(due_at) FROM errands) WHERE state = 'waiting'"
        " AND kind <> 'deadline'"
    )
    bot.start(**SETTINGS)
    bot.settle()
    film = over["film"]
    asked = [m for m in people["Ada"].messages() if f"How was {film}?" in m.text]
    screens.keep("how was it", people["Ada"], asked[-1])
    people["Ada"].tap("5★", asked[-1])
    friday = Group(bot, over["chat_id"])
    question = next(m for m in reversed(friday.messages()) if datas(m, "nr1"))
    screens.keep("how was it, in a group", friday[people["Grace"]], question)


def admins_seat(bot: Bot, people: dict[str, Person], url: str, screens: Screens) -> None:
    """Models, trainings, people, films: what an admin sees."""
    root = people["Root"]
    panel = screens.keep("panel", root, root.send("/admin"))
    for name in ("models", "training", "people", "quality", "content"):
        root.tap_data(f"aa1:{name}", panel)
        screens.keep(f"panel of {name}", root, panel)
        root.tap_data("aa1:home", panel)
    listed = screens.keep("models", root, root.send("/models"))
    screens.keep("model", root, tap(root, listed, "ad1", len(datas(listed, "ad1")) - 1))
    screens.keep("promote by hand", root, root.send("/promote 3"))
    screens.keep("a model that was refused", root, root.send("/rollback 3"))
    root.say("/stats")
    root.say("/monitor")
    wait(root, lambda message: "Week by week" in message.text)
    added = root.send("/addmovie Anora & Friends (2024) Comedy, Drama")
    screens.keep("film added", root, added)
    root.send("/addmovie The Second Anora (2024) Comedy")
    asked = root.send("/merge The Second Anora (2024) = Anora & Friends (2024)")
    screens.keep("merge", root, asked)

    extras = [people[name] for name in people if name.startswith("Extra")]
    numbers = []
    for extra in extras:
        extra.tap("5★", extra.send("Anora & Friends (2024)"))
        numbers += [bot.rows("SELECT id FROM people WHERE telegram_id = ?", extra.id)[0][0]]
        root.send(f"/exclude {extra.id}")
    found = Found(
        frozenset(numbers[:4]),
        (bot.rows("SELECT id FROM films WHERE title = 'Anora & Friends'")[0][0],),
        ("burst",),
        {"hours": 2.0, "mean_after": 5.0, "ratings_per_account": 1.0},
    )
    bot.stop()

    async def record() -> None:
        database = await Database.open(url)
        async with database.write() as conn:
            await flags.record(conn, [found], datetime.now(UTC), [root.id])
        await database.close()

    asyncio.run(record())
    bot.start(**SETTINGS)
    screens.keep("flag", root, wait(root, lambda message: message.text.startswith("🚩")))
    screens.keep("person", root, root.send(f"/exclude {numbers[0]}"))
    out = screens.keep("kept out", root, root.send("/include"))
    screens.keep("more of kept out", root, tap(root, out, "xk1"))
    screens.keep("audit", root, root.send("/audit"))
    root.say("/retrain")
    training = wait(root, lambda message: message.text.startswith("🎓"))
    screens.keep("training", root, training)
    screens.construct(root, training, ShowCurves(), OpenModel(2))


def conversation(bot: Bot, url: str) -> dict:
    """All of it, from the first start to the last stop; what it came to."""
    models, screens = bot.home / "models", Screens()
    people = {
        name: bot.person(name, person_id=number, language_code="de" if name == "Hedy" else "en")
        for name, number in IDS.items()
    }
    ada = people["Ada"]
    bot.start(**SETTINGS)
    people["Root"].send("/start")
    bot.stop()
    for version in ("0002", "0003"):
        shutil.copytree(models / "0001", models / version, copy_function=os.link)
    verdict = {
        "checks": [
            {
                "name": "rmse",
                "live": 0.85,
                "candidate": 0.91,
                "difference": -0.06,
                "margin": 0.01,
                "passed": False,
            }
        ],
        "drift": None,
    }
    bot.change(
        "INSERT INTO models (version, origin, state, made_at, metrics, verdict)"
        " VALUES (3, 'fine', 'refused', '2026-11-24 04:00:00', '{}', ?)",
        json.dumps(verdict),
    )
    bot.start(**SETTINGS)
    newcomers(people, screens)
    discovery(ada, screens)
    of_groups = nights(bot, people, screens)
    morning(bot, people, of_groups["over"], screens)
    admins_seat(bot, people, url, screens)
    card = records_of(ada, screens)
    expected = {
        "history": {name: history_of(people[name]) for name in ("Ada", "Grace", "Olga", "Hedy")},
        "watchlist": {"Ada": ada.send("/watchlist").films},
        "round": {"Ada": {"message_id": card.id, "film": card.head}},
        "nights": of_groups,
    }
    bot.settle()
    assert bot.rows("SELECT count(*) FROM updates WHERE state = 'failed'") == [(0,)]
    bot.stop()
    missing = sorted(set(_registry) - screens.tags())
    assert not missing, f"no screen has {missing}"
    assert "Traceback" not in bot.text()
    # To be pressed last: "Haven't seen" takes back what other screens are about.
    screens.kept.sort(key=lambda screen: screen["name"].startswith("first round"))
    return {"people": IDS, "expected": expected, "screens": screens.kept}


def made(kind: str, folder: Path) -> dict:
    """Hold the conversation on one kind of database, and leave its files in `folder`."""
    home, target = folder / "home", folder / "packed" / kind
    target.mkdir(parents=True)
    world = target / "telegram.db"
    driving.Sandbox = lambda token: Sandbox(token, path=world)
    with closing(Telegram()) as telegram:
        given = postgresql.new_database() if kind == "postgresql" else nullcontext(None)
        with given as url, Bot(telegram, home, url) as bot:
            told = conversation(bot, url or f"sqlite+aiosqlite:///{home / 'matinee.db'}")
            if url is None:
                with closing(sqlite3.connect(home / "matinee.db", isolation_level=None)) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    connection.execute("PRAGMA journal_mode=DELETE")
                    connection.execute("VACUUM")
                shutil.move(home / "matinee.db", target / "matinee.db")
            else:
                (target / "dump.sql").write_text(dump(url), encoding="utf-8")
    with closing(sqlite3.connect(world, isolation_level=None)) as connection:
        connection.execute("UPDATE contents SET content = x'00'")  # of pictures, which nobody looks at again
        connection.execute("DELETE FROM documents WHERE kind = 'update'")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
    return told


def dump(url: str) -> str:
    """Plain statements that one `execute` takes."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = ["--inserts", "--rows-per-insert=200", "--no-owner", "--no-privileges"]
    made = subprocess.run(["pg_dump", *options, plain], check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\\(un)?restrict .*\n", "", made, flags=re.MULTILINE)  # psql's own words


def main() -> None:
    """Train, talk twice, pack."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MATINEE_TEST_OUTSIDE"] = str(folder / "outside")
        os.environ.setdefault("PYTHONPATH", str(driving.ROOT))
        trained = folder / "trained"
        settings = Settings(home=trained, _env_file=None)
        train_model(generate(**DATASET), settings, CONFIG, lambda *_: None)
        told = {}
        for kind in ("sqlite", "postgresql"):
            shutil.rmtree(folder / "home", ignore_errors=True)
            shutil.copytree(trained / "models", folder / "home" / "models")
            told[kind] = made(kind, folder)
        packed = folder / "packed"
        shutil.copytree(folder / "home" / "models", packed / "home" / "models", copy_function=os.link)
        with tarfile.open(HERE / "home.tar.xz", "w:xz", preset=9) as archive:
            for each in sorted(packed.iterdir()):
                archive.add(each, each.name, filter=_anonymous)
        written = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        written = written.replace('{"name":', '\n{"name":')  # a screen a line
        (HERE / "buttons.json").write_text(written + "\n", encoding="utf-8")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    sys.exit(main())
