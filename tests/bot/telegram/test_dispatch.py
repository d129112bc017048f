"""Order within a chat, and chats side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.telegram.dispatch import Dispatcher
from bot.telegram.limits import on_hold
from storage.running.updates import StoredUpdate

PATIENCE = 10.0


@pytest.fixture
def update() -> Callable[[int, int], StoredUpdate]:
    """`update(seq, chat)`"""
    began = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    return lambda seq, chat: StoredUpdate(
        seq, seq, chat, {}, "received", None, 0, began + timedelta(seconds=seq)
    )


class Handler:
    """Notes what it begins and ends, and waits where a test holds it up."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.held: dict[int, asyncio.Event] = {}
        self.changed = asyncio.Event()

    async def handle(self, update: StoredUpdate) -> None:
        self.begun.append(update.seq)
        self.changed.set()
        if update.seq in self.held:
            await self.held[update.seq].wait()
        await asyncio.sleep(0)
        self.ended.append(update.seq)
        self.changed.set()

    def hold(self, seq: int) -> asyncio.Event:
        return self.held.setdefault(seq, asyncio.Event())

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


async def test_a_chat_is_served_in_order(update: Callable[[int, int], StoredUpdate]) -> None:
    """The second is not begun before the first has ended, however long it takes."""
    handler = Handler()
    dispatcher = Dispatcher(handler.handle)
    held = handler.hold(1)
    for seq in (1, 2, 3):
        dispatcher.push(update(seq, 7))
    await handler.until(lambda: handler.begun == [1])
    for _ in range(20):
        await asyncio.sleep(0)
    assert handler.begun == [1]
    held.set()
    await handler.until(lambda: handler.ended == [1, 2, 3])
    assert handler.begun == [1, 2, 3]


async def test_an_answer_that_telegram_holds_does_not_hold_the_next_update(
    update: Callable[[int, int], StoredUpdate],
) -> None:
    """One of a chat whose answer waits for a 429 to pass is done but for that."""
    handler = Handler()
    held = handler.hold(2)

    async def handle(update: StoredUpdate) -> None:
        if update.seq == 2:
            on_hold.get()()
            on_hold.get()()
        await handler.handle(update)

    dispatcher = Dispatcher(handle)
    for seq in (1, 2, 3):
        dispatcher.push(update(seq, 7))
    await handler.until(lambda: handler.ended == [1, 3])
    dispatcher.push(update(4, 7))
    await handler.until(lambda: handler.ended == [1, 3, 4])
    assert dispatcher.length() == 1
    held.set()
    await handler.until(lambda: handler.ended == [1, 3, 4, 2])
    await dispatcher.close(PATIENCE)
    assert dispatcher.length() == 0


async def test_chats_do_not_wait_for_each_other(update: Callable[[int, int], StoredUpdate]) -> None:
    handler = Handler()
    dispatcher = Dispatcher(handler.handle)
    held = handler.hold(1)
    dispatcher.push(update(1, 7))
    for seq in range(2, 12):
        dispatcher.push(update(seq, 100 + seq))
    await handler.until(lambda: len(handler.ended) == 10)
    assert 1 not in handler.ended
    held.set()
    await handler.until(lambda: 1 in handler.ended)


async def test_a_quiet_chat_costs_nothing_and_comes_back(update: Callable[[int, int], StoredUpdate]) -> None:
    handler = Handler()
    dispatcher = Dispatcher(handler.handle)
    for seq in (1, 2, 3):
        dispatcher.push(update(seq, 7))
        await handler.until(lambda seq=seq: seq in handler.ended)  # type: ignore[misc]  # a default binds it
        await dispatcher.close(PATIENCE)
        assert dispatcher._queues == {}
        assert dispatcher._workers == set()


async def test_close_lets_running_updates_end_and_leaves_the_queued(
    update: Callable[[int, int], StoredUpdate],
) -> None:
    handler = Handler()
    dispatcher = Dispatcher(handler.handle)
    held = handler.hold(1)
    dispatcher.push(update(1, 7))
    dispatcher.push(update(2, 7))
    await handler.until(lambda: handler.begun == [1])
    closing = asyncio.create_task(dispatcher.close(PATIENCE))
    await asyncio.sleep(0)
    held.set()
    await closing
    assert handler.ended == [1]
    assert handler.begun == [1]


async def test_close_cancels_what_takes_too_long(update: Callable[[int, int], StoredUpdate]) -> None:
    handler = Handler()
    dispatcher = Dispatcher(handler.handle)
    handler.hold(1)
    dispatcher.push(update(1, 7))
    await handler.until(lambda: handler.begun == [1])
    await dispatcher.close(0.01)
    assert handler.ended == []
    assert dispatcher._workers == set()
