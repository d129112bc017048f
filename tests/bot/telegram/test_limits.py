"""How fast the bot speaks, on a clock of our own."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import RetryAfter

from bot.process.metrics import build_metrics
from bot.telegram.limits import Limiter, Limits, _Line, seconds_of

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")  # of RetryAfter

ANN, BOB, GROUP = 7_000_000_001, 42, -100_123


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = time.monotonic() + 1

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("bot.telegram.limits.time.monotonic", made.monotonic)
    monkeypatch.setattr("bot.telegram.limits.asyncio.sleep", made.sleep)
    return made


class Telegram:
    """What is at the other end: notes when each call came, and refuses those that it should."""

    def __init__(self, clock: Clock, limiter: Limiter) -> None:
        self.clock = clock
        self.limiter = limiter
        self.refusals: list[float | timedelta] = []

    async def call(self, endpoint: str, chat_id: int | None, **more: Any) -> float:
        """Seconds from asking to the call that succeeded."""
        begun = self.clock.now
        data = {} if chat_id is None else {"chat_id": chat_id}

        async def answer() -> bool:
            if self.refusals:
                raise RetryAfter(self.refusals.pop(0))  # type: ignore[arg-type]  # a float in tests
            return True

        await self.limiter.process_request(answer, (), {}, endpoint, {**data, **more}, None)
        return round(self.clock.now - begun, 3)


@pytest.fixture
def telegram(clock: Clock) -> Callable[[Limits], Telegram]:
    return lambda limits: Telegram(clock, Limiter(limits, build_metrics()))


async def test_a_chat_gets_a_burst_and_then_one_a_second(telegram: Callable[[Limits], Telegram]) -> None:
    at_work = telegram(Limits(per_second=1000, chat_per_second=1, chat_burst=3))
    assert [await at_work.call("sendMessage", ANN) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert await at_work.call("sendMessage", BOB) == 0
    at_work.clock.now += 10
    assert [await at_work.call("sendMessage", ANN) for _ in range(4)] == [0, 0, 0, 1]


async def test_all_chats_together_keep_a_rate(telegram: Callable[[Limits], Telegram]) -> None:
    at_work = telegram(Limits(per_second=4, chat_per_second=1, chat_burst=5))
    assert [await at_work.call("sendMessage", chat) for chat in range(1, 8)] == [0, 0, 0, 0, 0.25, 0.25, 0.25]


async def test_a_group_gets_twenty_a_minute(telegram: Callable[[Limits], Telegram]) -> None:
    at_work = telegram(Limits(per_second=1000))
    assert [await at_work.call("sendMessage", GROUP) for _ in range(22)] == [*[0] * 20, 3, 3]


@pytest.mark.parametrize("endpoint", ["editMessageText", "sendChatAction", "deleteMessage", "getMe"])
async def test_only_new_messages_are_held_back(telegram: Callable[[Limits], Telegram], endpoint: str) -> None:
    at_work = telegram(Limits(per_second=1, chat_per_second=1, chat_burst=1))
    await at_work.call("sendMessage", ANN)
    assert [await at_work.call(endpoint, ANN) for _ in range(20)] == [0] * 20


async def test_answers_to_taps_never_wait(telegram: Callable[[Limits], Telegram]) -> None:
    """Not for a bucket, nor in a chat that has to be quiet, nor after a refusal."""
    at_work = telegram(Limits(per_second=1, chat_per_second=1, chat_burst=1))
    at_work.refusals = [30]
    await at_work.call("sendMessage", ANN)
    before = at_work.clock.now
    assert await at_work.call("answerCallbackQuery", None) == 0
    at_work.refusals = [30]
    with pytest.raises(RetryAfter):
        await at_work.call("answerCallbackQuery", None)
    assert at_work.clock.now == before


async def test_a_429_silences_one_method_of_its_own_chat(telegram: Callable[[Limits], Telegram]) -> None:
    """The call is made again after the time that Telegram gave; the next one waits behind it."""
    at_work = telegram(Limits(per_second=1000, chat_per_second=1000, chat_burst=1000))
    limiter = at_work.limiter
    at_work.refusals = [7]
    begun = at_work.clock.now

    async def refused_once() -> bool:
        if at_work.refusals:
            raise RetryAfter(at_work.refusals.pop())  # type: ignore[arg-type]  # a float in tests
        return True

    assert await limiter.process_request(refused_once, (), {}, "editMessageText", {"chat_id": ANN}, None)
    assert at_work.clock.now - begun == pytest.approx(7)
    limiter._lines["editMessageText", ANN] = _Line(at_work.clock.now + 5)
    assert await at_work.call("sendMessage", BOB) == 0
    assert await at_work.call("sendMessage", ANN) == 0
    assert await at_work.call("editMessageText", BOB) == 0
    assert await at_work.call("editMessageText", ANN) == 5
    assert await at_work.call("editMessageText", ANN) == 0
    assert not limiter._lines


async def test_a_call_that_is_refused_again_and_again_is_given_up(
    telegram: Callable[[Limits], Telegram],
) -> None:
    at_work = telegram(Limits())
    at_work.refusals = [1] * 5
    assert await at_work.call("sendMessage", ANN) == 5
    at_work.refusals = [1] * 6
    with pytest.raises(RetryAfter):
        await at_work.call("sendMessage", ANN)


@pytest.mark.parametrize("form", ["true", "false"])
@pytest.mark.parametrize("value", [3, timedelta(seconds=3)])
def test_the_time_to_wait_is_read_in_both_forms(
    monkeypatch: pytest.MonkeyPatch, form: str, value: int | timedelta
) -> None:
    """python-telegram-bot is moving from int to timedelta."""
    monkeypatch.setenv("PTB_TIMEDELTA", form)
    assert seconds_of(RetryAfter(value)) == 3
