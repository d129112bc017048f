"""How a loop that sleeps learns that there is something to do."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field


class Bell:
    """Rung by whoever wrote what a loop has to act on; one loop waits for it."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Have the loop look at once, or once more if it is looking now."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Sleep until it rings, for so many seconds at most; not at all if it rang since the last time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()


@dataclass(frozen=True, slots=True)
class Bells:
    """One for each background loop that others have something to do for."""

    nights: Bell = field(default_factory=Bell)
    notices: Bell = field(default_factory=Bell)
    training: Bell = field(default_factory=Bell)
    progress: Bell = field(default_factory=Bell)
    erasing: Bell = field(default_factory=Bell)
