"""The parent's side of a training: it starts the child process, listens to it, and leaves none behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.errors import TrainingFailed

CHILD = "bot.training.child"  # loads nothing of the command line and of SQL: seconds on a slow machine

_Receive = Callable[[Mapping[str, Any]], None]

_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 20  # bytes; what is longer is no message of ours

# A child has no business with Telegram and the database, and is not given the keys to them.
_SECRETS = ("MATINEE_TELEGRAM_TOKEN", "MATINEE_DATABASE_URL")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


async def train_in_child(folder: Path, threads: int | None, receive: _Receive) -> None:
    """Train from a work folder; `receive` is called with each message of the child. Raises TrainingFailed.

    Cancelled, it kills the child. However this process ends, the child's standard input closes, and it ends.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        CHILD,
        str(folder),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=_environment(threads),
        start_new_session=True,  # Ctrl+C is for us, and we end it
    )
    try:
        error, last_line = await asyncio.gather(_listen(child, receive), _last_line(child))
        code = await child.wait()
    finally:
        await _end(child)
    if code:
        raise TrainingFailed(error or _reason(code, last_line))


def _environment(threads: int | None) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    if threads is not None:
        environment |= dict.fromkeys(_THREADS, str(threads))
    return environment


async def _listen(child: Process, receive: _Receive) -> str | None:
    """Receive every line that is a message; anything else is somebody's print, and passed over.

    Returns what the child says went wrong, if it says so.
    """
    error = None
    async for line in _lines(child.stdout):
        with suppress(ValueError, RecursionError):
            message = json.loads(line)
            if isinstance(message, dict):
                if message.get("event") == "error":
                    error = str(message.get("text"))
                receive(message)
    return error


async def _last_line(child: Process) -> str:
    """Of standard error, which may say why it ended; "" if it says nothing."""
    last = ""
    async for line in _lines(child.stderr):
        last = line.decode(errors="replace").strip() or last
    return last


async def _lines(stream: asyncio.StreamReader | None) -> AsyncIterator[bytes]:
    """Lines of any length: a StreamReader's own raise from 64 KiB on."""
    if stream is None:
        raise RuntimeError("the child was started without pipes")
    rest = b""
    while chunk := await stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
        if len(rest) > _LONGEST_LINE:
            rest = b""
    if rest:
        yield rest


async def _end(child: Process) -> None:
    """Kill it, with whatever it has started."""
    if child.returncode is not None:
        return
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    await child.wait()


def _reason(code: int, last_line: str) -> str:
    """Why the child has ended, for an admin."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        why = f"the training process was killed by signal {-code} ({name})"
        short_of_memory = "; where nobody did that, the machine was short of memory"
        return why + short_of_memory if -code == signal.SIGKILL else why
    return f"the training process ended with {code}: {last_line or 'it said nothing'}"
