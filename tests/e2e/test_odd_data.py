"""Data sets and links that are not as one would wish."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from bot.process.settings import Settings
from bot.training.preparing import train_model
from recsys.config import TrainingConfig
from recsys.data.sources.datasets import load_dataset
from tests.e2e.driving import Bot, Person, Telegram

AnyDatabase = AbstractContextManager[str | None]

IMDB = (
    "Const,Your Rating,Title,Original Title,Title Type,Year,Genres\n"
    'tt9900001,8,Späte Stunde,"Hours, Late; or So",Movie,2016,"Drama, Biography"\n'
    "tt9900003,6,Night Signal,Night Signal,Serie TV,2015,Drama\n"
    "tt9900004,7,Undated Thing,Undated Thing,Film,,\n"
)


@pytest.fixture(scope="module")
def bare_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that learned from films without genres, in the names and dates that Kaggle gives them."""
    folder, home = tmp_path_factory.mktemp("bare"), tmp_path_factory.mktemp("home") / "home"
    movies = "".join(f'{movie},"Film {movie} ({1950 + movie})"\n' for movie in range(1, 41))
    ratings = "".join(
        f"{user}.0,{movie},{1 + zlib.crc32(f'{user} {movie}'.encode()) % 5},2005-04-02 23:53:{movie:02}\n"
        for user in range(1, 61)
        for movie in range(1, 41)
        if (user + movie) % 3
    )
    (folder / "movie.csv").write_text("movieId,title\n" + movies, encoding="utf-8")
    (folder / "rating.csv").write_text("userId,movieId,rating,timestamp\n" + ratings, encoding="utf-8")
    train_model(load_dataset(folder), Settings(home=home), TrainingConfig.quick(), lambda step: None)
    return home


@pytest.fixture
def bare_bot(bare_home: Path, new_database: Callable[[], AnyDatabase]) -> Iterator[Bot]:
    """A bot there."""
    with closing(Telegram()) as served, new_database() as url, Bot(served, bare_home, url) as bot:
        bot.start()
        yield bot
        bot.check()


def test_nobody_is_asked_of_genres_that_no_film_has(bare_bot: Bot) -> None:
    person = bare_bot.person("Ada")
    asked = person.send("/start")
    assert "Rate films" in asked.buttons
    if "Pick shelves" in asked.buttons:
        person.tap("Pick shelves")
    shown = [asked, person.again(asked)]
    person.send("/start")
    assert person.tap("Rate films") == "Your stars will tell"
    card = person.last()
    shown.append(card)
    for _ in range(5):
        person.tap("4★")
    shown += [person.send("/recommend"), person.send("/settings")]
    assert shown[-2].films
    person.tap("Filters")
    shown.append(person.last())
    told = " ".join(part for each in shown for part in (each.text, *each.buttons))
    assert "genre" not in told.casefold()


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ("f999999", "The film of that link is not here any more."),
        ("f999999999999999999", "The film of that link is not here any more."),
        ("n999999999999999999", "The movie night of that link is over, or you have not joined it."),
        ("f", "That link leads nowhere any more."),
        ("x_-7", "That link leads nowhere any more."),
    ],
)
def test_a_stale_link_says_so_and_goes_on(ada: Person, payload: str, says: str) -> None:
    gone, welcome = [message.text for message in ada.say(f"/start {payload}")]
    assert gone == says
    assert welcome.startswith("🎬 Welcome to Matinee.")


def test_an_export_of_imdbs_is_added(own_bot: Bot, tmp_path: Path) -> None:
    own_bot.stop()
    path = tmp_path / "export.csv"
    path.write_bytes(IMDB.encode("cp1252"))
    done = own_bot.command("catalog", "add", str(path))
    assert "Left out, since they are no films: 1 series, episodes or games." in done.stdout
    assert "Genres that no film here has, left out: Biography." in done.stdout
    assert "New films: 2." in done.stdout
    own_bot.start()
    assert "Späte Stunde" in own_bot.person("Ada").send("Hours, Late; or So").text
