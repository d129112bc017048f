"""What an operator does to a home that people talk to: another database, a backup, another data set.

On SQLite and on PostgreSQL; a move goes to the other one.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from recsys.data.catalog import Film
from recsys.recommender import Recommender
from tests import postgresql
from tests.e2e.driving import Bot

DATABASES = ["sqlite", "postgresql"]


@pytest.fixture
def other_database(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the other kind."""
    with ExitStack() as stack:
        if database_kind == "postgresql":
            yield f"sqlite+aiosqlite:///{tmp_path}/moved/matinee.db"
        else:
            yield stack.enter_context(postgresql.new_database())


def test_a_home_moves_in_the_middle_of_a_conversation(other_database: str, own_bot: Bot) -> None:
    ada, bob, grace = (own_bot.person(name) for name in ("Ada", "Bob", "Grace"))
    questionnaire = ada.send("/start")
    ada.tap("Comedy")
    card = bob.begin()
    rated = {}
    for stars in ("5★", "2★"):
        rated[bob.again(card).head] = stars
        bob.tap(stars)
    films = grace.join(5, 4, 3, 2, 1)
    history = grace.history()
    assert own_bot.stop() == 0

    moved = own_bot.command("db", "copy", "--to", other_database)
    assert moved.returncode == 0, moved.stderr
    assert re.search(r"compared: \d+ films, .*\b7 ratings\b", moved.stdout)
    own_bot.move_to(other_database)
    assert re.fullmatch(r"The database has schema \d{4}\.\n", own_bot.command("db", "upgrade").stdout)
    own_bot.start()

    assert ada.tap("👍 Comedy", questionnaire) == "👎 Less Comedy"
    assert "👎 Comedy" in ada.again(questionnaire).buttons
    assert "2 of 5" in bob.again(card).text
    rated[bob.again(card).head] = "4★"
    bob.tap("4★", card)
    assert "3 of 5" in bob.again(card).text
    assert bob.history() == rated
    assert bob.tap("Undo", card) == "Taken back"
    assert len(bob.history()) == 2
    assert grace.history() == history
    grace.tap("3", films)
    assert grace.again(films).head == films.films[2]
    grace.tap("Back", films)
    grace.tap("More", films)
    assert not set(grace.last().films) & {*films.films, *history}


def test_a_backup_is_made_while_people_talk_and_put_back_while_they_do_not(
    own_bot: Bot, tmp_path: Path
) -> None:
    ada = own_bot.person("Ada")
    ada.join(5, 4, 3, 2, 1)
    history = ada.history()
    backup = str(tmp_path / "backup")
    made = own_bot.command("db", "backup", backup)
    assert made.returncode == 0, made.stderr
    assert re.search(r"\b5 ratings\b", made.stdout)
    card = ada.send("/rate")
    ada.tap("1★", card)
    assert len(ada.history()) == 6
    refused = own_bot.command("db", "restore", backup)
    assert refused.returncode == 1
    assert "another Matinee is running" in refused.stderr
    assert "another Matinee is running" in own_bot.command("db", "upgrade").stderr
    assert own_bot.stop() == 0
    restored = own_bot.command("db", "restore", backup)
    assert restored.returncode == 0, restored.stderr
    assert "The one before is kept" in restored.stdout
    own_bot.start()
    assert ada.history() == history


def test_a_second_bot_on_the_same_postgresql_is_refused(
    own_bot: Bot, database_kind: str, tmp_path: Path
) -> None:
    """Even from another home; of a SQLite file, the home's own lock keeps it away."""
    if database_kind == "sqlite":
        pytest.skip("a lock on the home is tried in test_process.py")
    home = tmp_path / "elsewhere"
    home.mkdir()
    (home / "models").symlink_to(own_bot.home / "models")
    for command in (["run"], ["catalog", "migrate"]):
        second = own_bot.command(*command, MATINEE_HOME=str(home))
        assert second.returncode == 1
        assert re.search(
            r"^matinee: another Matinee uses the database postgresql", second.stderr, re.MULTILINE
        )
    assert own_bot.person("Ada").send("/help").text.startswith("What I can do")
    own_bot.kill()
    own_bot.start()


def _write_data_set(folder: Path, films: list[Film]) -> dict[str, int]:
    """These films as a newer data set has them: other numbers, some titles and years; label → its number."""
    folder.mkdir()
    chance = random.Random(0)
    numbers = {}
    with (folder / "movies.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["movieId", "title", "genres"])
        for number, film in enumerate(reversed(films), start=1):
            year = (film.year or 0) + number % 2
            title = film.title.upper().replace(" AND ", " & ")
            write.writerow([number, f"{title} ({year})", "|".join(film.genres)])
            numbers[f"{film.title} ({film.year})"] = number
    with (folder / "ratings.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["userId", "movieId", "rating", "timestamp"])
        for user in range(1, 41):
            for number in chance.sample(range(1, len(films) + 1), 30):
                write.writerow([user, number, chance.randint(1, 5), 1_000_000_000 + user])
    return numbers


def test_another_data_set_leaves_each_rating_on_its_film(
    own_bot: Bot, database_kind: str, tmp_path: Path
) -> None:
    if database_kind == "sqlite":
        pytest.skip("training takes time; storage's own tests renumber films on both")
    ada = own_bot.person("Ada")
    ada.join(5, 4, 3, 2, 1)
    card = ada.send("/rate")
    before = ada.history()
    films = [film for film in Recommender.load(own_bot.home / "models/0001").catalog if film.year]
    shown = {*before, card.head}
    labels = [f"{film.title} ({film.year})" for film in films]
    gone = next(iter(before))
    kept = [film for film, label in zip(films, labels, strict=True) if label in shown - {gone}]
    others = [film for film, label in zip(films, labels, strict=True) if label not in shown]
    assert own_bot.stop() == 0
    (own_bot.home / "models").rename(own_bot.home / "old")
    (own_bot.home / "models").mkdir()  # the files of the old ones are shared with other tests
    (own_bot.home / "old/0001").rename(own_bot.home / "models/0001")

    numbers = _write_data_set(tmp_path / "newer", [*others[:300], *kept])
    newer = {"MATINEE_DATASET": str(tmp_path / "newer")}
    prepared = own_bot.command("prepare", "--again", **newer)
    assert prepared.returncode == 0, prepared.stderr
    refused = own_bot.command("run", **newer)
    assert refused.returncode == 1
    assert "matinee catalog migrate" in refused.stderr
    migrated = own_bot.command("catalog", "migrate", **newer)
    assert migrated.returncode == 0, migrated.stderr
    assert gone in migrated.stdout
    own_bot.start(**newer)

    def same(label: str) -> str:
        """A film as the new data set calls it."""
        title, _, year = label.rpartition(" ")
        if label == gone:
            return label
        later = int(year.strip("()")) + numbers[label] % 2
        return f"{title.upper().replace(' AND ', ' & ')} ({later})"

    assert ada.history() == {same(label): stars for label, stars in before.items()}
    ada.tap("5★", card)
    assert ada.history() == {same(card.head): "5★"} | {same(label): s for label, s in before.items()}
    recommended = ada.send("/recommend").films
    assert recommended
    assert not set(recommended) & set(ada.history())


def test_who_loses_the_server_goes_on_when_it_is_back(own_bot: Bot, database_kind: str) -> None:
    if database_kind == "sqlite":
        pytest.skip("SQLite has no server to lose")
    ada = own_bot.person("Ada")
    card = ada.begin()
    film = card.head
    ada.tap("5★", card)
    own_bot.rows(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    ada.press("4★", card)
    own_bot.settle()
    assert "the database is there again" in own_bot.text()
    assert sorted(ada.history().values()) == ["4★", "5★"]
    assert ada.history()[film] == "5★"
