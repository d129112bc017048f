"""The bot as a real process, a local Telegram that it talks to, and people who type, tap and read."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx

from sandbox import Sandbox, serve
from tests.e2e.groups import Group
from tests.e2e.looking import NoTable, look_into
from tests.e2e.people import Ballot, Json, Message, Person
from tests.e2e.warm import Process, spawn

__all__ = [
    "PATIENCE",
    "ROOT",
    "TICK",
    "TOKEN",
    "Ballot",
    "Bot",
    "Group",
    "Json",
    "Message",
    "Person",
    "Telegram",
]

ROOT = Path(__file__).parents[2]
TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"
PATIENCE = 60.0  # seconds until a test gives up; nothing is measured by it
TICK = 0.02

# Refusals that are a part of normal life, as their descriptions end.
NORMAL = (
    "exactly the same as a current content and reply markup of the message",
    "query is too old and response timeout expired or query ID is invalid",
    "the client closed the connection",  # a poll of a process that stops
)

# What is on its way while there is such a row. Of screens last: what a night owes is done, and its board then
# stale, in one transaction, which must not fall between two looks.
_UPDATE = "SELECT 1 FROM updates WHERE finished_at IS NULL LIMIT 1"
_SCREEN = (
    "SELECT 1 FROM screens JOIN nights ON nights.id = night_id WHERE shown < version"
    " AND (message_id IS NOT NULL OR nights.state IN ('gathering', 'polling')) LIMIT 1"
)

# What the poll of a dead process is told when the next one polls.
CONFLICT = "make sure that only one bot instance is running"


class Telegram:
    """The local Telegram, served by a thread, and the way to play its people; kept in the file at `path`."""

    def __init__(self, path: Path | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="telegram", daemon=True)
        self._thread.start()
        self.world = self.on_loop(lambda: Sandbox(TOKEN, path=path))
        self._served = serve(self.world, port=0)
        self.url: str = asyncio.run_coroutine_threadsafe(self._served.__aenter__(), self._loop).result()
        self.http = httpx.Client(base_url=f"{self.url}/control", timeout=PATIENCE)

    def on_loop(self, work: Callable[[], Any]) -> Any:
        """Do something with the world where it lives."""

        async def inside() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result()

    def get(self, path: str, **params: Any) -> Any:
        return self.http.get(path, params=params).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.is_success, f"{path} {body}: {answer.text}"
        return answer.json()

    def delete(self, path: str) -> None:
        self.http.delete(path).raise_for_status()

    def close(self) -> None:
        self.http.close()
        leave = self._served.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(leave, self._loop).result()
        self.on_loop(self.world.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Bot:
    """`python -m bot run` as a process of its own, in a home of its own."""

    def __init__(self, telegram: Telegram, home: Path, database_url: str | None = None) -> None:
        self.telegram = telegram
        self.home = home
        self._database_url = database_url
        self._look = look_into(database_url, home)
        self.log = home.parent / f"{home.name}.log"
        self.process: Process | None = None
        self._checked_calls = self._checked_failures = self._checked_log = 0
        self._expected: tuple[str, ...] = NORMAL

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self._look.close()

    def move_to(self, database_url: str) -> None:
        """From the next start on, use another database."""
        self._look.close()
        self._database_url, self._look = database_url, look_into(database_url, self.home)

    def environment(self, **changes: str) -> dict[str, str]:
        """What the process sees: none of our own MATINEE settings, and no limit on how fast it speaks."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
        return plain | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]]),
            "PYTHONWARNINGS": "error",
            "MATINEE_TEST_OUTSIDE": os.environ["MATINEE_TEST_OUTSIDE"],
            "MATINEE_HOME": str(self.home),
            "MATINEE_TELEGRAM_TOKEN": TOKEN,
            "MATINEE_TELEGRAM_API_URL": self.telegram.url,
            "MATINEE_SENDS_PER_SECOND": "10000",
            "MATINEE_CHAT_SENDS_PER_SECOND": "10000",
            "MATINEE_CHAT_SEND_BURST": "10000",
            "MATINEE_GROUP_SENDS_PER_MINUTE": "600000",
            "COLUMNS": "200",
            **({"MATINEE_DATABASE_URL": self._database_url} if self._database_url else {}),
            **changes,
        }

    def start(self, until: str = "serving", **changes: str) -> None:
        """Start the process, and wait until it has logged a word."""
        begun = len(self.text())
        self.process = spawn(
            ["run"], cwd=self.home, environment=self.environment(**changes), stdout=self.log, stderr=self.log
        )
        deadline = time.monotonic() + PATIENCE
        while until not in self.text()[begun:]:
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(TICK)

    def command(self, *arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        """`python -m bot …` to its end, with these settings changed, or unset where None."""
        environment = {name: value for name, value in self.environment().items() if name not in changes}
        environment |= {name: value for name, value in changes.items() if value is not None}
        with tempfile.TemporaryDirectory() as folder:
            stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
            process = spawn(arguments, cwd=self.home, environment=environment, stdout=stdout, stderr=stderr)
            code = process.wait(PATIENCE)
            return subprocess.CompletedProcess(
                arguments, code, stdout.read_text(encoding="utf-8"), stderr.read_text(encoding="utf-8")
            )

    def kill(self) -> None:
        """`kill -9`, at this very moment."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)
        self.expect(CONFLICT)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end of the process; the exit code."""
        assert self.process is not None
        return self.process.wait(PATIENCE)

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self.process is not None
        return self.process.pid

    def change(self, statement: str, *values: object) -> None:
        """Write to the bot's database while no bot runs: what a crash would have left there."""
        assert self.process is None or self.process.poll() is not None
        assert self._look.change(statement, values) > 0

    def group(self, title: str, *people: Person, **fields: Any) -> Group:
        """A group that the first of these people made, with the others and the bot in it.

        Fields: type="supergroup", is_forum=True, bot=False.
        """
        creator, *others = (person.id for person in people)
        made = self.telegram.post("/groups", title=title, person_id=creator, members=others, **fields)
        self.settle()
        return Group(self, made["chat_id"])

    def person(self, name: str, **fields: Any) -> Person:
        return Person(self, self.telegram.post("/people", first_name=name, **fields)["person_id"])

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the bot's database while it runs; nothing if there is none yet."""
        try:
            return self._look.rows(query, values)
        except NoTable:
            return []

    def settle(self) -> None:
        """Wait until everything that people did is confirmed, handled and answered."""
        deadline = time.monotonic() + PATIENCE
        while self._busy():
            assert time.monotonic() < deadline, f"the bot does not come to rest\n{self.text()}"
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"the bot ended with {self.process.poll()}\n{self.text()}")
            time.sleep(TICK)

    def _busy(self) -> bool:
        if self.telegram.get("/updates")["pending"]:
            return True
        try:
            look = self._look.rows
            return bool(look(_UPDATE, ()) or self._owes() or look(_SCREEN, ()))
        except NoTable:
            return True

    def _owes(self) -> bool:
        """Whether a night has something to say or do that is due."""
        found = self._look.rows("SELECT due_at FROM errands WHERE state IN ('waiting', 'trying')", ())
        now = datetime.now(UTC).replace(tzinfo=None)
        dues = [datetime.fromisoformat(str(due_at)).replace(tzinfo=None) for (due_at,) in found]
        return any(due_at <= now for due_at in dues)

    def text(self) -> str:
        """Everything the process has written."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def forget_troubles(self) -> str:
        """What was logged since the last check, and what failed, is as it should be; the log."""
        log = self.text()[self._checked_log :]
        self._checked_log += len(log)
        self._checked_failures = self.rows("SELECT max(seq) FROM updates")[0][0] or 0
        return log

    def expect(self, *refusals: str) -> None:
        """Refusals by Telegram that this test brings about."""
        self._expected += refusals

    def check(self) -> None:
        """What must hold after every test, whatever it did."""
        self.settle()
        calls = self.telegram.get("/calls", after=self._checked_calls)
        failed = self.rows(
            "SELECT seq, error FROM updates WHERE state = 'failed' AND seq > ?", self._checked_failures
        )
        log, expected = self.text()[self._checked_log :], self._expected
        self._checked_calls = max([self._checked_calls, *(call["number"] for call in calls)])
        self._checked_failures = max([self._checked_failures, *(seq for seq, _ in failed)])
        self._checked_log += len(log)
        self._expected = NORMAL
        refused = [call["description"] for call in calls if not call["ok"]]
        spinning = [q for q in self.telegram.get("/queries") if q["answer"] is None and not q["expired"]]
        assert [call for call in calls if call["verdict"] != "valid"] == []
        assert [why for why in refused if not why.endswith(expected)] == []
        assert failed == []
        assert spinning == [], "taps that were never answered"
        assert TOKEN.partition(":")[2] not in log
        assert "Traceback" not in log
        assert "error" not in log.lower(), log
