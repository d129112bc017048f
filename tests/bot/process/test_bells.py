"""A loop that sleeps is woken, and no ring is lost."""

from __future__ import annotations

import asyncio
import time

from bot.process.bells import Bell

LONG = 60.0  # seconds; nobody waits for it


async def test_a_ring_wakes_who_waits() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(LONG))
    await asyncio.sleep(0)
    bell.ring()
    async with asyncio.timeout(5):
        await waiting


async def test_a_ring_while_nobody_waits_is_kept_and_counts_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    async with asyncio.timeout(5):
        await bell.wait(LONG)
    began = time.monotonic()
    await bell.wait(0.05)
    assert time.monotonic() - began >= 0.04


async def test_nobody_waits_longer_than_the_time_given() -> None:
    async with asyncio.timeout(5):
        await Bell().wait(0.01)
