"""A home that is prepared once, and bots that run in copies of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

import pytest
from filelock import FileLock

from bot.process.settings import Settings
from bot.training.preparing import train_model
from recsys.config import TrainingConfig
from recsys.data.sources.datasets import load_dataset
from tests import postgresql
from tests.e2e.administering import AdminBot
from tests.e2e.driving import Bot, Person, Telegram

AnyDatabase = AbstractContextManager[str | None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module runs on the databases in its DATABASES, most on SQLite alone; `make test` takes the first.

    MATINEE_TEST_DATABASES="postgresql" runs all of them on PostgreSQL, "sqlite postgresql" on both.
    """
    named = os.environ.get("MATINEE_TEST_DATABASES", "").split()
    kinds = named or getattr(metafunc.module, "DATABASES", ["sqlite"])
    if "database_kind" in metafunc.fixturenames and kinds != ["sqlite"]:
        others = kinds[1:] if named else [pytest.param(kind, marks=pytest.mark.check) for kind in kinds[1:]]
        metafunc.parametrize("database_kind", [kinds[0], *others], scope="module")


@pytest.fixture(scope="module")
def database_kind() -> str:
    """Where nobody says otherwise."""
    return "sqlite"


@pytest.fixture(scope="module")
def new_database(database_kind: str) -> Callable[[], AnyDatabase]:
    """Makes databases: the URL of one on PostgreSQL, or None for the SQLite file in the home."""
    return postgresql.new_database if database_kind == "postgresql" else lambda: nullcontext(None)


@pytest.fixture(scope="session")
def prepared(test_data: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A home with a first model, made once for all workers: a quick fit, which serves as a full one does.

    MATINEE_TEST_HOME names one that is there already, and saves its making.
    """
    if ready := os.environ.get("MATINEE_TEST_HOME"):
        return Path(ready)
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    home = shared / "prepared"
    with FileLock(shared / "prepared.lock"):
        if not (home / "models").exists():
            dataset, config = load_dataset(test_data / "ml-100k"), TrainingConfig.quick()
            train_model(dataset, Settings(home=home), config, lambda step: None)
    return home


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Callable[[Path], object]], Path]:
    """Makes a folder for all workers: its name, and what fills it if none has yet."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent

    def once(name: str, fill: Callable[[Path], object]) -> Path:
        with FileLock(shared / f"{name}.lock"):
            if not (shared / name).exists():
                folder = tmp_path_factory.mktemp(name)
                fill(folder)
                folder.rename(shared / name)
        return shared / name

    return once


@pytest.fixture(scope="session")
def few(test_data: Path, made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The ratings of a hundred people of ml-100k, of a quarter of its films: a full fit takes a moment."""
    limits = {"few.item": (400,), "few.inter": (100, 400)}  # of the first columns: films; people and films

    def fill(folder: Path) -> None:
        for name, most in limits.items():
            source = test_data / "ml-100k" / name.replace("few", "ml-100k")
            header, *lines = source.read_text(encoding="utf-8").splitlines()
            kept = [
                line
                for line in lines
                if all(int(cell) <= limit for cell, limit in zip(line.split("\t"), most, strict=False))
            ]
            (folder / name).write_text("\n".join([header, *kept, ""]), encoding="utf-8")

    return made_once("few", fill)


@pytest.fixture(scope="session")
def few_models(few: Path, made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The models folder of a home that was prepared on few ratings."""

    def fill(home: Path) -> None:
        train_model(load_dataset(few), Settings(home=home), TrainingConfig(device="cpu"), lambda step: None)

    return made_once("few-home", fill) / "models"


@pytest.fixture(scope="session")
def new_home(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes homes with the first model and nothing else."""

    def make() -> Path:
        home = tmp_path_factory.mktemp("home") / "home"
        shutil.copytree(prepared / "models", home / "models", copy_function=os.link)
        return home

    return make


@pytest.fixture(scope="module")
def telegram() -> Iterator[Telegram]:
    """A Telegram for a whole module."""
    served = Telegram()
    yield served
    served.close()


@pytest.fixture(scope="module")
def running(
    telegram: Telegram, new_home: Callable[[], Path], new_database: Callable[[], AnyDatabase]
) -> Iterator[Bot]:
    """One bot for the people of a whole module."""
    with new_database() as url, Bot(telegram, new_home(), url) as bot:
        bot.start()
        yield bot


@pytest.fixture
def bot(running: Bot) -> Iterator[Bot]:
    """The module's bot, checked after each test."""
    yield running
    running.check()


@pytest.fixture
def ada(bot: Bot) -> Person:
    """Somebody whom the bot has never met."""
    return bot.person("Ada")


@pytest.fixture
def grace(bot: Bot) -> Person:
    """Somebody else."""
    return bot.person("Grace")


@pytest.fixture
def own_bot(new_home: Callable[[], Path], new_database: Callable[[], AnyDatabase]) -> Iterator[Bot]:
    """A running bot and a Telegram of this test's own; the test may stop, kill and start it."""
    served = Telegram()
    with closing(served), new_database() as url, Bot(served, new_home(), url) as bot:
        bot.start()
        yield bot
        bot.check()


@pytest.fixture
def admin_bot(new_home: Callable[[], Path], new_database: Callable[[], AnyDatabase]) -> Iterator[AdminBot]:
    """A bot with an admin and one model, that has not started yet."""
    served = Telegram()
    with closing(served), new_database() as url, Bot(served, new_home(), url) as bot:
        yield AdminBot(bot)
        bot.check()


@pytest.fixture
def two_models(admin_bot: AdminBot) -> AdminBot:
    """The same one started; model 2 serves, and model 1 did before."""
    admin_bot.start()
    admin_bot.stop()
    admin_bot.artifact(2)
    admin_bot.start()
    return admin_bot
