"""Work that goes on for as long as the process does: what breaks it off unexpectedly is no end of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

_FIRST_PAUSE = 1.0  # seconds
_LONGEST_PAUSE = 30.0  # seconds; what went on for longer than that begins again with the first pause


async def keep_going(name: str, run: Callable[[], Awaitable[object]], *, pause: float = _FIRST_PAUSE) -> None:
    """Run until it returns. An exception is logged, and it begins anew after a pause that grows each time."""
    wait = pause
    while True:
        began = time.monotonic()
        try:
            await run()
        except Exception:
            if time.monotonic() - began > _LONGEST_PAUSE:
                wait = pause
            log.exception("background job begins anew", job=name, seconds=wait)
            await asyncio.sleep(wait)
            wait = min(_LONGEST_PAUSE, wait * 2)
        else:
            return
