"""The bot as a real process, a local Telegram that it talks to, and people who type, tap and read."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from bot.sandbox import Sandbox, serve
from tests.e2e.looking import NoTable, look_into

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

# What the poll of a dead process is told when the next one polls.
CONFLICT = "make sure that only one bot instance is running"

Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message as the app shows it. `labels` are the rows of its keyboard."""

    id: int
    text: str
    labels: list[list[str]]
    raw: Json

    @classmethod
    def of(cls, raw: Json) -> Message:
        return cls(raw["message_id"], raw["text"], raw["labels"], raw)

    @property
    def buttons(self) -> list[str]:
        """All labels."""
        return list(itertools.chain(*self.labels))

    @property
    def head(self) -> str:
        """The film of a card: its first line, "Heat (1995)"."""
        return self.text.partition("\n")[0]

    @property
    def films(self) -> list[str]:
        """The films of a list: "1. Heat (1995) · 4.2★" is one, without its number and what follows."""
        lines = [line for line in self.text.splitlines() if line.partition(". ")[0].isdecimal()]
        return [line.partition(". ")[2].partition(" · ")[0] for line in lines]

    def data(self, label: str) -> str:
        """What the button of this label carries."""
        buttons = itertools.chain(*self.raw["keyboard"])
        return next(str(button["callback_data"]) for button in buttons if button["label"] == label)


class Telegram:
    """The local Telegram, served by a thread, and the way to play its people."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="telegram", daemon=True)
        self._thread.start()
        self.world = self.on_loop(lambda: Sandbox(TOKEN))
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
        self.process: subprocess.Popen[bytes] | None = None
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
            "COLUMNS": "200",
            **({"MATINEE_DATABASE_URL": self._database_url} if self._database_url else {}),
            **changes,
        }

    def start(self, until: str = "serving", **changes: str) -> None:
        """Start the process, and wait until it has logged a word."""
        begun = len(self.text())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=self.home,
                env=self.environment(**changes),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
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
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
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
                raise AssertionError(f"the bot ended with {self.process.returncode}\n{self.text()}")
            time.sleep(TICK)

    def _busy(self) -> bool:
        if self.telegram.get("/updates")["pending"]:
            return True
        try:
            return bool(self._look.rows("SELECT 1 FROM updates WHERE finished_at IS NULL LIMIT 1", ()))
        except NoTable:
            return True

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


class Person:
    """Somebody's private chat with the bot. `send` and `tap` return once the bot has come to rest."""

    def __init__(self, bot: Bot, person_id: int) -> None:
        self.bot = bot
        self.id = person_id
        self._telegram = bot.telegram

    def write(self, text: str) -> Json:
        """Send a message, and don't wait; `message_id` and `update_id`."""
        sent: Json = self._telegram.post(f"/chats/{self.id}/messages", text=text)
        return sent

    def say(self, text: str) -> list[Message]:
        """Send a message; all answers to it."""
        sent = self.write(text)["message_id"]
        self.bot.settle()
        return [message for message in self.messages() if message.id > sent]

    def send(self, text: str) -> Message:
        """Send a message; the one answer to it."""
        answers = self.say(text)
        assert len(answers) == 1, answers
        return answers[0]

    def send_raw(self, **content: Any) -> Message:
        """A message that holds something else than text, as Telegram would deliver it; the one answer."""
        before = self.last().id
        world = self._telegram.world
        sender = {"id": self.id, "is_bot": False, "first_name": "Somebody", "language_code": "en"}
        chat = {"id": self.id, "type": "private", "first_name": "Somebody"}
        body = {"message_id": 10**6, "date": int(time.time()), "from": sender, "chat": chat, **content}
        self._telegram.on_loop(lambda: world.updates.add("message", body))
        self.bot.settle()
        (answer,) = [message for message in self.messages() if message.id > before]
        return answer

    def press(self, label: str, on: Message | None = None) -> Json:
        """Tap a button, of the newest message that has it or of the one given, and don't wait."""
        where = {} if on is None else {"message_id": on.id}
        query: Json = self._telegram.post(f"/chats/{self.id}/taps", label=label, **where)
        return query

    def press_data(self, data: str, on: Message) -> Json:
        """Tap a button that a keyboard no longer has, or never had, and don't wait."""
        query: Json = self._telegram.post(f"/chats/{self.id}/taps", data=data, message_id=on.id)
        return query

    def tap(self, label: str, on: Message | None = None) -> str:
        """Tap a button; the toast."""
        return self.toast(self.press(label, on))

    def tap_data(self, data: str, on: Message) -> str:
        """Tap such a button; the toast."""
        return self.toast(self.press_data(data, on))

    def toast(self, query: Json) -> str:
        """What a tap was answered with; "" for an answer without words. Waits for the bot to rest."""
        self.bot.settle()
        answer = self._telegram.get(f"/queries/{query['query_id']}")["answer"]
        assert answer is not None, f"the tap {query['data']} was not answered"
        return str(answer["text"])

    def block(self) -> None:
        """Block the bot."""
        self._telegram.post(f"/chats/{self.id}/block")

    def unblock(self) -> None:
        """Let it write again."""
        self._telegram.post(f"/chats/{self.id}/unblock")

    def messages(self) -> list[Message]:
        """All messages of the chat, oldest first."""
        return [Message.of(raw) for raw in self.transcript()["messages"]]

    def transcript(self) -> Json:
        """All that the chat shows."""
        shown: Json = self._telegram.get(f"/chats/{self.id}")
        return shown

    def last(self) -> Message:
        """The newest message."""
        return self.messages()[-1]

    def again(self, message: Message) -> Message:
        """A message as it is by now."""
        return next(found for found in self.messages() if found.id == message.id)

    def begin(self) -> Message:
        """/start and Skip: the first card."""
        questionnaire = self.send("/start")
        self.tap("Skip")
        return self.again(questionnaire)

    def join(self, *stars: int) -> Message:
        """/start, Skip, these stars on the first cards, five or more: the first list."""
        self.begin()
        for count in stars:
            self.tap(f"{count}★")
        return self.last()

    def history(self) -> dict[str, str]:
        """All that /history lists, "Heat (1995)" → "4★"; fails on a film that comes twice."""
        page = self.send("/history")
        found: dict[str, str] = {}
        while page.labels:
            for line in page.text.splitlines()[2:]:
                film, _, stars = line.partition(". ")[2].rpartition(" ")
                assert film not in found, f"{film} is in the history twice"
                found[film] = stars
            if "Older" not in page.buttons:
                break
            self.tap("Older", page)
            page = self.again(page)
        return found
