"""Matinee as somebody gets it who has no clone: the wheel in an empty environment, outside the checkout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from filelock import FileLock

from tests.package.conftest import ROOT, Built
from tests.package.installing import build, install

pytestmark = [pytest.mark.check, pytest.mark.timeout(600)]

PATIENCE = 120.0
NOT_THERE = ("torch", "pandas", "matplotlib", "pip", "setuptools", "tests", "tools", "benchmarks")


@pytest.fixture(scope="module", params=["wheel", "image"])
def programs(
    request: pytest.FixtureRequest, built: Built, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """The folder of an environment's programs, which is made once for all workers.

    `wheel`: as `pipx install matinee` makes it, with what the index has today; `image`: by the commands of
    the Dockerfile's target `serve`.
    """
    shared = tmp_path_factory.getbasetemp()
    root = (shared if worker_id == "master" else shared.parent) / f"installed-{request.param}"
    told = root / "programs"
    with FileLock(root.with_suffix(".lock")):
        if not told.exists():
            root.mkdir()
            made = (
                build("serve", built.source, root) if request.param == "image" else install(built.wheel, root)
            )
            told.write_text(str(made), encoding="utf-8")
    return Path(told.read_text(encoding="utf-8"))


@pytest.fixture
def environment(programs: Path, tmp_path: Path, test_data: Path) -> dict[str, str]:
    """An empty home, and none of our settings but the data, which come from no network, as the guard sees."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("MATINEE_", "VIRTUAL_ENV"))
    }
    return plain | {
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT / "tests" / "guard"),
        "PYTHONWARNINGS": "error",
        "MATINEE_TEST_OUTSIDE": os.environ["MATINEE_TEST_OUTSIDE"],
        "MATINEE_HOME": str(tmp_path / "home"),
        "MATINEE_DATASET": str(test_data / "ml-100k"),
        "COLUMNS": "200",
    }


@pytest.fixture
def matinee(
    programs: Path, environment: dict[str, str], tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command to its end, in a folder that is not the checkout."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(programs / "matinee"), *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    return run


def test_nothing_heavy_is_there_and_the_houses_are_the_wheels(
    programs: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import importlib.util as u, bot, recsys, sandbox, storage;"
        f"print([name for name in {NOT_THERE} if u.find_spec(name)]);"
        "print({each.__path__[0].split('/lib/')[0] for each in (bot, recsys, sandbox, storage)})"
    )
    done = subprocess.run(
        [str(programs / "python"), "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["[]", f"{{{str(programs.parent)!r}}}"]


def test_it_tells_its_version(matinee: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = matinee("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"matinee \d+\.\d+\.\d+\n", done.stdout)


def test_shells_complete_its_commands(programs: Path, environment: dict[str, str], tmp_path: Path) -> None:
    asked = {"_MATINEE_COMPLETE": "complete_bash", "COMP_WORDS": "matinee de", "COMP_CWORD": "1"}
    done = subprocess.run(
        [str(programs / "matinee")],
        cwd=tmp_path,
        env=environment | asked,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert "demo" in done.stdout.split()


def test_the_demo_in_an_empty_home_to_the_first_list(
    matinee: Callable[..., subprocess.CompletedProcess[str]],
    programs: Path,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    with demo([str(programs / "matinee"), "demo", "--port", "0"], environment, tmp_path) as http:
        ada = http.get("/control/people").json()[0]["person_id"]
        http.post(f"/control/chats/{ada}/messages", json={"text": "/start"}).raise_for_status()
        until(http, ada, lambda message: "Skip" in message["labels"][-1])
        tap(http, ada, "Skip")
        for number in range(5):
            until(http, ada, shows(f"{number} of 5"))
            tap(http, ada, "4★")
        found = until(http, ada, lambda message: message["text"].startswith("🍿"))
        assert len(re.findall(r"^\d\. .+ · \d\.\d★$", found, re.MULTILINE)) == 5, found
        environment["MATINEE_TELEGRAM_API_URL"] = str(http.base_url)  # the real one is out of reach
        seen = matinee("doctor")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "Traceback" not in seen.stdout + seen.stderr
    assert "fail" not in [line.partition(" ")[0] for line in seen.stdout.splitlines()], seen.stdout
    assert "'matinee[train]'" in seen.stdout  # how to get a full model


@contextmanager
def demo(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[httpx.Client]:
    """The demo while the block runs, and that it ends well."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://\S+(?=/ )", line):
                break
        else:
            pytest.fail("".join(said))
        with httpx.Client(base_url=found[0], timeout=PATIENCE) as http:
            yield http
            deadline = time.monotonic() + PATIENCE
            while http.get("/control/updates").json()["pending"]:  # then no call of the bot is cut short
                assert time.monotonic() < deadline
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


def tap(http: httpx.Client, person: int, label: str) -> None:
    """Tap the newest button of this label."""
    http.post(f"/control/chats/{person}/taps", json={"label": label}).raise_for_status()


def shows(words: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a message has these words."""
    return lambda message: words in message["text"]


def until(http: httpx.Client, person: int, shown: Callable[[dict[str, Any]], bool]) -> str:
    """Wait until some message of the chat is as it should be; its text."""
    deadline = time.monotonic() + PATIENCE
    while True:
        messages = http.get(f"/control/chats/{person}").json()["messages"]
        for message in reversed(messages):
            if message["labels"] and shown(message):
                return str(message["text"])
        assert time.monotonic() < deadline, messages
        time.sleep(0.05)
