"""The child process of a training, as its parent sees it: started, listened to, and never left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.errors import TrainingFailed

COMMAND = "train-child"

_Hear = Callable[[Mapping[str, Any]], None]

_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 20  # bytes; what is longer is no message of ours
_LAST_LINES = 3  # of standard error: they say why

# A child has no business with Telegram and the database, and does not hear of them.
_SECRETS = ("MATINEE_TELEGRAM_TOKEN", "MATINEE_DATABASE_URL")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


async def train_apart(folder: Path, threads: int | None, hear: _Hear) -> None:
    """Train from a work folder in a child process; `hear` gets each message of it. Raises TrainingFailed.

    Cancelled, it kills the child. However this process ends, the child's standard input closes, and it ends.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        COMMAND,
        str(folder),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=_environment(threads),
        start_new_session=True,  # Ctrl+C is for us, and we end it
    )
    said: list[str] = []
    complaints: deque[str] = deque(maxlen=_LAST_LINES)

    def listen(message: Mapping[str, Any]) -> None:
        if message.get("event") == "error":
            said.append(str(message.get("text")))
        hear(message)

    try:
        await asyncio.gather(_listen(child, listen), _complaints(child, complaints))
        code = await child.wait()
    finally:
        await _end(child)
    if code:
        raise TrainingFailed(_reason(code, said, complaints))


def _environment(threads: int | None) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    if threads is not None:
        environment |= dict.fromkeys(_THREADS, str(threads))
    return environment


async def _listen(child: Process, hear: _Hear) -> None:
    """Hear every line that is a message; anything else is somebody's print, and passed over."""
    async for line in _lines(child.stdout):
        with suppress(ValueError):
            message = json.loads(line)
            if isinstance(message, dict):
                hear(message)


async def _complaints(child: Process, kept: deque[str]) -> None:
    async for line in _lines(child.stderr):
        text = line.decode(errors="replace").strip()
        if text:
            kept.append(text)


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


def _reason(code: int, said: list[str], complaints: deque[str]) -> str:
    """Why the child has ended, for an admin."""
    if said:
        return said[-1]
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        why = f"the training process was killed by signal {-code} ({name})"
        short_of_memory = "; where nobody did that, the machine was short of memory"
        return why + short_of_memory if -code == signal.SIGKILL else why
    last = complaints[-1] if complaints else "it said nothing"
    return f"the training process ended with {code}: {last}"
