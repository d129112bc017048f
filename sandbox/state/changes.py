"""How a long poll and an event stream learn that the world has changed."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Wakes everybody who waits, so that each looks again whether the change is the awaited one.

    One event loop only. While it is closed nobody waits: a server that stops must not hang on a long poll.
    """

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()
        self.closed = False

    @property
    def waiting(self) -> int:
        """How many wait at this moment."""
        return len(self._waiters)

    def notify(self) -> None:
        """Something in the world changed."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def close(self) -> None:
        """Let everybody go who waits now or would wait later."""
        self.closed = True
        self.notify()

    def open(self) -> None:
        """Take back `close`: the same world is served again."""
        self.closed = False

    async def wait_for(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """The first value of `look` that is not None; None after so many seconds, or on `close`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while (found := look()) is None and not self.closed and (left := deadline - loop.time()) > 0:
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.add(waiter)
            try:
                await asyncio.wait([waiter], timeout=left)
            finally:
                self._waiters.discard(waiter)
        return found
