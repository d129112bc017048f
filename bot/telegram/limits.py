"""How fast we speak: a rate limiter for python-telegram-bot.

Telegram publishes no exact limits; a 429 is the truth. New messages draw on a bucket per chat and one
for all; callback answers never wait. A 429 holds the method that met it, in that chat alone, and whoever
handles an update is told (`on_hold`), so that the next one in the chat need not wait for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import BaseRateLimiter

from bot.process.metrics import Metrics

log = structlog.get_logger(__name__)

_Answer = bool | dict[str, Any] | list[dict[str, Any]]

_MOST_WAITS = 5  # 429s in a row on one call before we believe that it will not be let through
_MANY_CHATS = 10_000
_OUTCOMES: tuple[tuple[type[TelegramError], str], ...] = (
    (RetryAfter, "flood"),
    (Forbidden, "forbidden"),
    (BadRequest, "bad_request"),  # a NetworkError by inheritance, so before it
    (ChatMigrated, "migrated"),
    (Conflict, "conflict"),
    (InvalidToken, "unauthorized"),
    (NetworkError, "network"),
    (TelegramError, "other"),
)


# Called when a call waits for a 429 to pass, by whoever handles an update.
on_hold: ContextVar[Callable[[], None]] = ContextVar("on_hold", default=lambda: None)


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages a second over all chats and in one, how many one chat may get at once, and messages a minute
    in a group, about twenty by Telegram's FAQ."""

    per_second: float = 30.0
    chat_per_second: float = 1.0
    chat_burst: int = 5
    group_per_minute: float = 20.0


@dataclass(slots=True)
class _Bucket:
    """A token bucket: `take` says how many seconds to wait for the next token, and takes it."""

    rate: float
    burst: float
    tokens: float
    at: float = field(default_factory=time.monotonic)

    def take(self) -> float:
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate) - 1
        self.at = now
        return max(0.0, -self.tokens / self.rate)

    @property
    def idle(self) -> bool:
        return self.tokens + (time.monotonic() - self.at) * self.rate >= self.burst


@dataclass(slots=True)
class _Line:
    """Calls of one method in one chat, which Telegram holds `until` then."""

    until: float = 0.0
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Limiter(BaseRateLimiter[None]):
    """Waits before a call where it must, and repeats a call that Telegram asked to repeat."""

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._all = _Bucket(limits.per_second, limits.per_second, limits.per_second)
        self._chats: dict[int | str, _Bucket] = {}
        self._lines: dict[tuple[str, int | str], _Line] = {}

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, _Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> _Answer:
        """Make the call in its turn. Raises RetryAfter after five refusals in a row."""
        chat_id: int | str | None = data.get("chat_id")
        for waits in range(_MOST_WAITS + 1):
            async with self._turn(endpoint, chat_id):
                try:
                    with counted(self._metrics, endpoint):
                        return await callback(*args, **kwargs)
                except RetryAfter as error:
                    if endpoint == "answerCallbackQuery" or waits == _MOST_WAITS:
                        raise
                    pause = seconds_of(error)
                    log.warning("flood wait", method=endpoint, chat_id=chat_id, seconds=pause)
                    if chat_id is None:
                        await asyncio.sleep(pause)
                    else:
                        line = self._lines.setdefault((endpoint, chat_id), _Line())
                        line.until = time.monotonic() + pause
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _turn(self, endpoint: str, chat_id: int | str | None) -> AsyncIterator[None]:
        """Calls that Telegram holds are made one after the other, in their order; others side by side."""
        line = None if chat_id is None else self._lines.get((endpoint, chat_id))
        if chat_id is None or line is None:
            await self._pace(endpoint, chat_id)
            yield
            return
        if endpoint.startswith(("send", "edit")):  # what the update leads to was done, and is only shown now
            on_hold.get()()
        line.waiting += 1
        try:
            async with line.lock:
                while (quiet := line.until - time.monotonic()) > 0:  # noqa: ASYNC110 - the clock tells nobody
                    await asyncio.sleep(quiet)
                await self._pace(endpoint, chat_id)
                yield
        finally:
            line.waiting -= 1
            if not line.waiting and line.until <= time.monotonic():
                self._lines.pop((endpoint, chat_id), None)

    async def _pace(self, endpoint: str, chat_id: int | str | None) -> None:
        """New messages keep their distance."""
        sends = endpoint.startswith(("send", "copy", "forward")) and endpoint != "sendChatAction"
        if sends and chat_id is not None:
            await asyncio.sleep(max(self._all.take(), self._chat(chat_id).take()))

    def _chat(self, chat_id: int | str) -> _Bucket:
        if len(self._chats) > _MANY_CHATS:
            self._chats = {key: bucket for key, bucket in self._chats.items() if not bucket.idle}
        if chat_id not in self._chats:
            group = isinstance(chat_id, int) and chat_id < 0
            per_minute = self._limits.group_per_minute
            rate = per_minute / 60 if group else self._limits.chat_per_second
            burst = max(1.0, per_minute) if group else self._limits.chat_burst
            self._chats[chat_id] = _Bucket(rate, burst, burst)
        return self._chats[chat_id]


@contextmanager
def counted(metrics: Metrics, method: str) -> Iterator[None]:
    """Time one call of a method, and count how it ends."""
    try:
        with metrics.call_time.labels(method).time():
            yield
    except TelegramError as error:
        outcome = next(word for kind, word in _OUTCOMES if isinstance(error, kind))
        metrics.calls.labels(method, outcome).inc()
        if isinstance(error, RetryAfter):
            metrics.flood_waits.observe(seconds_of(error))
        raise
    else:
        metrics.calls.labels(method, "ok").inc()


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks us to wait; the field is moving from int to timedelta."""
    value: int | timedelta = error.retry_after
    return value.total_seconds() if isinstance(value, timedelta) else float(value)
