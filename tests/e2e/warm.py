"""Bots without the two seconds of imports: one process has imported them, and forks for each start.

What runs is what `python -m bot` runs after its imports, in a process of its own with its own environment,
folder and signals. MATINEE_TEST_COLD=1 starts a Python for each bot instead, as `make soak` does, and so do
systems other than Linux, where a fork of what has threads is not safe. So does a bot for which
MATINEE_TEST_WITHOUT (tests/guard) hides packages, which the warm process has imported.

Run as a script, this file is that process: a line of JSON for each start comes in, `[pid, null]` goes out,
and `[pid, exit code]` when it has ended.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Process", "spawn"]

_ROOT = Path(__file__).parents[2]


class Process(Protocol):
    """What of subprocess.Popen is used of a bot."""

    pid: int

    def poll(self) -> int | None:
        """The exit code; None while it runs."""

    def wait(self, timeout: float) -> int:
        """The exit code. Raises subprocess.TimeoutExpired."""

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""

    def kill(self) -> None:
        """SIGKILL."""


def spawn(
    arguments: Sequence[str], *, cwd: Path, environment: dict[str, str], stdout: Path, stderr: Path
) -> Process:
    """`python -m bot …`; what it writes is added to these files."""
    cold = os.environ.get("MATINEE_TEST_COLD") or environment.get("MATINEE_TEST_WITHOUT")
    if sys.platform == "linux" and not cold:
        return _warm_server().start(arguments, cwd, environment, stdout, stderr)
    with stdout.open("ab") as out, stderr.open("ab") as err:
        command = [sys.executable, "-m", "bot", *arguments]
        return subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )


class _Forked:
    """A process that the warm one forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended = threading.Event()
        self._code: int | None = None

    def end(self, code: int) -> None:
        self._code = code
        self._ended.set()

    def poll(self) -> int | None:
        return self._code

    def wait(self, timeout: float) -> int:
        if not self._ended.wait(timeout) or self._code is None:
            raise subprocess.TimeoutExpired("bot", timeout)
        return self._code

    def send_signal(self, number: int) -> None:
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Server:
    """The warm process, from outside. It ends with this one, whose end closes its standard input."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
        environment |= {
            "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ["PYTHONPATH"]]),
            "PYTHONWARNINGS": "error",
            "COLUMNS": "200",
        }
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._forked: dict[int, _Forked] = {}
        self._started = threading.Semaphore(0)
        self._newest: _Forked | None = None
        threading.Thread(target=self._listen, name="warm", daemon=True).start()

    def start(
        self, arguments: Sequence[str], cwd: Path, environment: dict[str, str], stdout: Path, stderr: Path
    ) -> Process:
        request = {
            "arguments": list(arguments),
            "cwd": str(cwd),
            "environment": environment,
            "stdout": str(stdout),
            "stderr": str(stderr),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        assert self._started.acquire(timeout=60), "the warm process does not answer"
        assert self._newest is not None
        return self._newest

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            pid, code = json.loads(line)
            if code is not None:
                self._forked.pop(pid).end(code)
                continue
            self._newest = self._forked[pid] = _Forked(pid)
            self._started.release()


@cache
def _warm_server() -> _Server:
    return _Server()


def _serve() -> None:
    """Fork for each request, and say how each ended. Returns in a forked process alone, ready to run."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the tests, whose end is this one's
    asked = b""
    while True:
        ready, _, _ = select.select([0, read], [], [])
        if read in ready:
            os.read(read, 4096)
            _tell_of_the_dead()
        if 0 in ready:
            came = os.read(0, 65536)
            if not came:
                sys.exit()
            *lines, asked = (asked + came).split(b"\n")
            for line in lines:
                pid = os.fork()
                if not pid:
                    signal.set_wakeup_fd(-1)
                    os.close(read)
                    os.close(write)
                    return _become(json.loads(line))
                _tell(pid, None)


def _tell_of_the_dead() -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _tell(pid, os.waitstatus_to_exitcode(status))


def _tell(pid: int, code: int | None) -> None:
    os.write(1, json.dumps([pid, code]).encode() + b"\n")


def _become(request: dict[str, Any]) -> None:
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for descriptor, name in enumerate((os.devnull, request["stdout"], request["stderr"])):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_APPEND | os.O_CREAT
        opened = os.open(name, flags, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    if "MATINEE_TEST_FAIL_WRITE" in os.environ:
        import failing_writes  # type: ignore[import-not-found]  # tests/guard is on this process's path

        failing_writes.arm()
    sys.argv = [str(_ROOT / "bot" / "__main__.py"), *request["arguments"]]


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    import alembic  # noqa: F401 - these three as soon as a bot starts
    import httpcore  # noqa: F401
    import numpy.ma  # noqa: F401

    import bot.__main__
    import bot.app
    import bot.cli

    gc.freeze()  # what is here by now no forked one need look at
    _serve()
    bot.__main__.main()
