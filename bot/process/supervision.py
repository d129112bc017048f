"""Work that goes on for as long as the process does: what breaks it off unexpectedly is no end of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.process.backoff import Backoff

log = structlog.get_logger(__name__)

_RAN_WELL = 30.0  # seconds; what went on for longer than that begins again with the first pause


async def keep_going(name: str, run: Callable[[], Awaitable[object]], *, pause: float = 1.0) -> None:
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
