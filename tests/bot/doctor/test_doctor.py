"""Each check of the doctor's: what is well, what is not, and that it says what to do."""

from __future__ import annotations

import http.server
import os
import shutil
import socket
import sqlite3
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest

import recsys
from bot.doctor import Finding, Level, contents, examine, surroundings, telegram
from bot.films.numbering import CATALOG_KEY
from bot.process.settings import Settings
from recsys.data.catalog import Catalog, Film
from storage.database.inspection import Inspection

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"
FILMS = [Film(n, f"Film {n}", 1990 + n, ("Drama",) if n % 2 else ("Comedy",)) for n in range(1, 9)]


def settings(home: Path, **changes: Any) -> Settings:
    return Settings(home=home, **changes)


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    assert bool(finding.advice) or finding.level is Level.OK, "what is not well comes with advice"
    return finding


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("MATINEE_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifact of eight films, made once."""
    users = [user for user in range(20) for _ in FILMS]
    movies = [film.movie_id for _ in range(20) for film in FILMS]
    values = [1.0 + (user * movie) % 5 for user, movie in zip(users, movies, strict=True)]
    ratings = recsys.Ratings.from_arrays(users, movies, values)
    folder = tmp_path_factory.mktemp("models") / "0001"
    recsys.fit(ratings, Catalog(FILMS, "tiny"), recsys.TrainingConfig(device="cpu")).save(folder)
    return folder


@pytest.fixture
def home(tmp_path: Path, model: Path) -> Path:
    """A home with that model."""
    shutil.copytree(model, tmp_path / "home" / "models" / "0001")
    return tmp_path / "home"


def test_every_setting_is_shown_and_no_secret(tmp_path: Path) -> None:
    url = "https://me:hunter2@api.example.org"
    lines = surroundings.settings_lines(settings(tmp_path, telegram_token=TOKEN, telegram_api_url=url))
    assert [line.check for line in lines] == [f"MATINEE_{name.upper()}" for name in Settings.model_fields]
    shown = {line.check: line.found for line in lines}
    assert shown["MATINEE_TELEGRAM_TOKEN"] == "set, not shown"
    assert shown["MATINEE_TELEGRAM_API_URL"] == "https://me:***@api.example.org"
    assert shown["MATINEE_HOME"] == str(tmp_path)
    assert shown["MATINEE_LOG_LEVEL"] == "INFO (default)"
    assert "AAFD39" not in str(lines)


def test_without_a_token_it_is_said_where_to_get_one(tmp_path: Path) -> None:
    (line,) = [line for line in surroundings.settings_lines(settings(tmp_path)) if line.level is not Level.OK]
    assert (line.check, line.level) == ("MATINEE_TELEGRAM_TOKEN", Level.WARN)
    assert "@BotFather" in line.advice


def test_wrong_settings_are_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_HTTP_PORT", "99999")
    monkeypatch.setenv("MATINEE_LOG_FORMAT", "xml")
    monkeypatch.setenv("MATINEE_TELEGRAM_API_URL", "http://[")
    wrong = [finding for finding in examine() if finding.level is Level.FAIL]
    names = ["MATINEE_TELEGRAM_API_URL", "MATINEE_HTTP_PORT", "MATINEE_LOG_FORMAT"]
    assert [finding.check for finding in wrong] == names
    assert "65535" in wrong[1].found
    assert all(finding.advice for finding in wrong)


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("3.6.23", Level.OK),
        ("3.7.0", Level.WARN),
        ("3.40.1", Level.WARN),
        ("3.51.2", Level.WARN),
        ("3.51.3", Level.OK),
        ("3.52.0", Level.OK),
    ],
)
def test_the_wal_bug_of_sqlite(version: str, level: Level) -> None:
    finding = only([contents.engine(Inspection("SQLite", version, None, "0001", {}))])
    assert finding.level is level
    assert ("one connection of one process" in finding.advice) is (level is Level.WARN)


def test_postgresql_has_no_such_bug() -> None:
    finding = only([contents.engine(Inspection("PostgreSQL", "15.4 (Debian 15.4-1)", None, "0001", {}))])
    assert (finding.level, finding.found) == (Level.OK, "PostgreSQL 15.4 (Debian 15.4-1)")


def database(home: Path, revision: str) -> str:
    """A database of which only that is there which the doctor looks at."""
    with closing(sqlite3.connect(home / "matinee.db")) as conn:
        conn.execute("CREATE TABLE alembic_version (version_num TEXT)")
        conn.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        conn.commit()
    return f"sqlite+aiosqlite:///{home / 'matinee.db'}"


def test_a_schema_of_a_newer_version(tmp_path: Path) -> None:
    lines, _ = contents.database(database(tmp_path, "9999"))
    schema = only([line for line in lines if line.check == "schema"])
    assert schema.level is Level.FAIL
    assert "newer" in schema.found
    assert "backup" in schema.advice


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "matinee.db").write_text("not a database " * 100)
    lines, seen = contents.database(f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}")
    assert only(lines).level is Level.FAIL
    assert seen is None


def test_no_database_yet_is_no_trouble(tmp_path: Path) -> None:
    lines, seen = contents.database(f"sqlite+aiosqlite:///{tmp_path / 'matinee.db'}")
    assert (only(lines).level, seen) == (Level.OK, None)
    assert list(tmp_path.iterdir()) == []


def test_the_model_is_named_with_its_fingerprint(home: Path) -> None:
    lines, model = contents.models(Settings(home=home))
    assert model is not None
    assert only(lines).level is Level.OK
    assert lines[0].found.startswith(f"0001, of tiny (8 films, fingerprint {model.catalog.fingerprint})")


def test_a_damaged_model_is_passed_over_as_the_bot_does(home: Path) -> None:
    shutil.copytree(home / "models" / "0001", home / "models" / "0002")
    (tensors,) = (home / "models" / "0002").glob("tensors-*")
    tensors.write_bytes(tensors.read_bytes()[:-1])
    (damaged, sound), model = contents.models(Settings(home=home))
    assert (damaged.level, sound.level) == (Level.WARN, Level.OK)
    assert "0002" in damaged.found
    assert sound.found.startswith("0001")
    assert model is not None
    shutil.rmtree(home / "models" / "0001")
    (_, none), model = contents.models(Settings(home=home))
    assert (none.level, model) == (Level.FAIL, None)
    assert "matinee prepare" in none.advice


def seen(**facts: object) -> Inspection:
    return Inspection("SQLite", "3.51.3", "0001", "0001", facts)


def test_database_and_model_must_mean_the_same_films(home: Path) -> None:
    catalog = Catalog(FILMS, "tiny")
    alike = {"source": "tiny", "fingerprint": catalog.fingerprint}
    mine = settings(home)
    assert only(contents.films(mine, seen(**{CATALOG_KEY: alike}), catalog)).level is Level.OK
    assert only(contents.films(mine, seen(), catalog)).level is Level.OK
    assert only(contents.films(mine, None, catalog)).level is Level.OK
    other = only(contents.films(mine, seen(**{CATALOG_KEY: {**alike, "fingerprint": "0"}}), catalog))
    assert other.level is Level.WARN
    assert "a start compares them film by film" in other.advice
    other = only(contents.films(mine, seen(**{CATALOG_KEY: {**alike, "source": "ml-1m"}}), catalog))
    assert other.level is Level.FAIL
    assert "matinee catalog migrate" in other.advice


def test_a_data_set_that_the_model_was_not_made_from(home: Path) -> None:
    finding = only(contents.films(settings(home, dataset="ml-1m"), None, Catalog(FILMS, "tiny")))
    assert finding.level is Level.FAIL
    assert "ml-1m" in finding.found


def write_data(folder: Path, films: list[Film]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{film.movie_id},{film.title} ({film.year}),{'|'.join(film.genres)}" for film in films]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *rows]) + "\n")
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,9\n")


def test_data_are_recognised_by_their_fingerprint(tmp_path: Path) -> None:
    mine, catalog = settings(tmp_path), Catalog(FILMS, "ml-1m")
    assert only(contents.data(mine, catalog)).found.startswith("none here")
    folder = tmp_path / "data" / "ml-1m"
    write_data(folder, FILMS)
    same = only(contents.data(mine, catalog))
    assert (same.level, same.found) == (
        Level.OK,
        f"ml-1m (8 films, fingerprint {catalog.fingerprint}) in {folder}",
    )
    write_data(folder, FILMS[:-1])
    changed = only(contents.data(mine, catalog))
    assert changed.level is Level.WARN
    assert "changed since the model was made" in changed.found


def test_data_that_cannot_be_read_or_are_not_there(tmp_path: Path) -> None:
    write_data(tmp_path / "mine", FILMS)
    (tmp_path / "mine" / "movies.csv").write_text("nonsense\n")
    broken = only(contents.data(settings(tmp_path, dataset=str(tmp_path / "mine")), None))
    assert broken.level is Level.FAIL
    assert "movies.csv" in broken.found
    nowhere = only(contents.data(settings(tmp_path, dataset=str(tmp_path / "nowhere")), None))
    assert nowhere.level is Level.FAIL
    assert str(tmp_path / "nowhere") in nowhere.found


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert only([surroundings.home(tmp_path / "file")]).level is Level.FAIL
    assert only([surroundings.home(tmp_path / "new")]).found.endswith("will be made")
    assert only([surroundings.home(tmp_path)]).found == str(tmp_path)


@pytest.mark.parametrize(
    ("free", "level"), [(2_000_000_000, Level.OK), (500_000_000, Level.WARN), (5_000_000, Level.FAIL)]
)
def test_room_on_the_disk(free: int, level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=free))
    assert only([surroundings.disk(tmp_path / "not" / "yet")]).level is level


def test_an_installation_that_only_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert surroundings.train_extra(needed=True).found.startswith("torch ")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert only([surroundings.train_extra(needed=False)]).level is Level.OK
    needed = only([surroundings.train_extra(needed=True)])
    assert needed.level is Level.WARN
    assert "matinee[train]" in needed.advice


def test_a_machine_without_time_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only([surroundings.time_zone()]).level is Level.OK

    def zone(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(surroundings, "ZoneInfo", zone)
    assert "tzdata" in only([surroundings.time_zone()]).advice


class _Api(http.server.BaseHTTPRequestHandler):
    """A server whose clock is wrong by `off` seconds."""

    off = 0.0
    status = 200
    body = b'{"ok": true, "result": {"username": "some_bot"}}'

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(time.time() + self.off, usegmt=True)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def api(**changes: object) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Api", (_Api,), changes)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., tuple[Finding, Finding]]:
    def ask(token: str | None = TOKEN, **changes: object) -> tuple[Finding, Finding]:
        with api(**changes) as url:
            mine = settings(tmp_path, telegram_token=token, telegram_api_url=url)
            found, clock = telegram.reach(mine)
        assert "AAFD39" not in str((found, clock))
        return only([found]), only([clock])

    return ask


Ask = Callable[..., tuple[Finding, Finding]]


def test_telegram_knows_the_bot(ask: Ask) -> None:
    found, clock = ask()
    assert (found.level, found.found) == (Level.OK, "127.0.0.1 knows this bot as @some_bot")
    assert clock.level is Level.OK


def test_without_a_token_any_answer_will_do(ask: Ask) -> None:
    found, _ = ask(None, status=404, body=b"not here")
    assert (found.level, found.found) == (Level.OK, "127.0.0.1 answers")


def test_a_login_in_the_url_is_sent_as_the_bot_sends_it(tmp_path: Path) -> None:
    """And is no part of the host: a name server would learn of it."""
    heard: list[str | None] = []

    def answer(self: _Api) -> None:
        heard.append(self.headers["Authorization"])
        _Api.do_GET(self)

    with api(do_GET=answer) as url:
        mine = settings(
            tmp_path, telegram_api_url=url.replace("://", "://me:hunter%402@"), telegram_token=TOKEN
        )
        found, _ = telegram.reach(mine)
    assert found.found == "127.0.0.1 knows this bot as @some_bot"
    assert heard == [f"Basic {b64encode(b'me:hunter@2').decode()}"]


def test_a_token_that_telegram_does_not_know(ask: Ask) -> None:
    found, _ = ask(status=401, body=b'{"ok": false, "error_code": 401, "description": "Unauthorized"}')
    assert found.level is Level.FAIL
    assert "@BotFather" in found.advice


def test_something_that_is_no_bot_api(ask: Ask) -> None:
    found, _ = ask(body=b"<html>")
    assert (found.level, found.found) == (Level.FAIL, "127.0.0.1 answers 200 to getMe")


@pytest.mark.parametrize(
    ("off", "level", "side"),
    [(-60, Level.WARN, "ahead of"), (60, Level.WARN, "behind"), (900, Level.FAIL, "behind")],
)
def test_a_clock_that_differs(ask: Ask, off: float, level: Level, side: str) -> None:
    _, clock = ask(off=off)
    assert clock.level is level
    assert f" s {side} the API's" in clock.found
    assert "NTP" in clock.advice


def test_a_server_without_a_clock(ask: Ask) -> None:
    _, clock = ask(date_time_string=lambda self, timestamp=None: "no date")
    assert (clock.level, clock.found) == (Level.WARN, "the API told no time")


def test_something_that_is_no_http(tmp_path: Path) -> None:
    def chat(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=chat, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        found, _ = telegram.reach(settings(tmp_path, telegram_token=TOKEN, telegram_api_url=url))
        thread.join()
    assert (found.level, found.found) == (
        Level.FAIL,
        "127.0.0.1 does not answer: what comes is not HTTP (BadStatusLine)",
    )


def test_nobody_answers(tmp_path: Path, unused_port: int) -> None:
    mine = settings(tmp_path, telegram_token=TOKEN, telegram_api_url=f"http://127.0.0.1:{unused_port}")
    found, clock = telegram.reach(mine)
    assert (found.level, clock.level) == (Level.FAIL, Level.WARN)
    assert "Connection refused" in found.found


def test_one_who_never_comes_to_an_end_costs_no_more_than_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def drip(self: _Api) -> None:
        """A byte now and then, so that no read times out."""
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            if release.wait(0.05):
                break
            self.wfile.write(b" ")

    monkeypatch.setattr(telegram, "PATIENCE", 0.3)
    with api(do_GET=drip) as url:
        found, _ = telegram.reach(settings(tmp_path, telegram_api_url=url))
        release.set()
    assert (found.level, found.found) == (Level.FAIL, "127.0.0.1 does not answer: not within 0 s")
