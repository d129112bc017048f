"""Work that goes on for as long as the process does: until a signal, whatever else breaks it off."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.process.backoff import Backoff

log = structlog.get_logger(__name__)

# What runs until it is cancelled, or has nothing left to do.
Background = Callable[[], Awaitable[object]]

_RAN_WELL = 30.0  # seconds; what went on for longer than that begins again with the first pause


async def keep_going(name: str, run: Background, *, pause: float = 1.0) -> None:
    """Run until it returns. An exception is logged, and it begins anew after a pause that grows each time."""
    backoff = Backoff(pause)
    while True:
        began = time.monotonic()
        try:
            await run()
        except Exception:
            if time.monotonic() - began > _RAN_WELL:
                backoff.reset()
            wait = backoff.next()
            log.exception("background job begins anew", job=name, seconds=wait)
            await asyncio.sleep(wait)
        else:
            return


def on_stop_signals(call: Callable[[], object]) -> None:
    """Call this on the running loop at SIGTERM and SIGINT."""
    with suppress(NotImplementedError):  # Windows has no signal handlers in asyncio
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, call)
