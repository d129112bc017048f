"""What goes on in the background goes on whatever happens to it."""

from __future__ import annotations

import asyncio

import pytest

from bot.process.supervision import keep_going


async def test_what_breaks_off_begins_anew() -> None:
    begun = 0

    async def run() -> None:
        nonlocal begun
        begun += 1
        if begun < 4:
            raise OSError(24, "Too many open files")

    await keep_going("a loop", run, pause=0.001)
    assert begun == 4


async def test_what_is_cancelled_ends() -> None:
    began = asyncio.Event()

    async def run() -> None:
        began.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(keep_going("a loop", run))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
