"""Order: one update at a time within a chat, chats side by side.

Where Telegram has an answer wait (429), the next update of the chat is begun meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bot.telegram.limits import on_hold
from storage.running.updates import StoredUpdate

log = structlog.get_logger(__name__)


class Dispatcher:
    """A queue and at most one worker per chat; a chat that is quiet costs nothing."""

    def __init__(self, handle: Callable[[StoredUpdate], Awaitable[None]]) -> None:
        self._handle = handle
        self._queues: dict[int, deque[StoredUpdate]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._unfinished: dict[int, datetime] = {}  # seq → when it was received, in the order of pushes

    def length(self) -> int:
        """How many updates were pushed and are not finished."""
        return len(self._unfinished)

    def oldest_at(self) -> datetime | None:
        """When the oldest of them was received: updates are pushed in that order."""
        return next(iter(self._unfinished.values()), None)

    def push(self, update: StoredUpdate) -> None:
        """Line an update up behind those of its chat."""
        self._unfinished[update.seq] = update.received_at
        queue = self._queues.get(update.chat_key)
        if queue is not None:
            queue.append(update)
            return
        self._queues[update.chat_key] = deque([update])
        self._begin(update.chat_key)

    def _begin(self, chat_key: int) -> None:
        worker = asyncio.create_task(self._work(chat_key), name=f"chat {chat_key}")
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def close(self, patience: float) -> None:
        """Let running updates end within `patience` seconds; the queued ones are rows for the next start."""
        for queue in self._queues.values():
            for update in queue:
                self._unfinished.pop(update.seq, None)
            queue.clear()
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=patience)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, chat_key: int) -> None:
        queue, passed_on = self._queues[chat_key], False

        def pass_on() -> None:
            """The update is done, and only its answer waits: the next one need not."""
            nonlocal passed_on
            if not passed_on:
                passed_on = True
                self._begin(chat_key)

        on_hold.set(pass_on)
        try:
            while queue and not passed_on:
                update = queue.popleft()
                try:
                    await self._handle(update)
                except Exception:  # its row is pending; those behind it must not wait for the next start
                    log.exception("update broke off")
                finally:
                    self._unfinished.pop(update.seq, None)  # a count that is off must not stop a chat
        finally:
            if not passed_on:
                del self._queues[chat_key]
