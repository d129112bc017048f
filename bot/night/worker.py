"""Background jobs: what movie nights have to say or do by now, then sleep until the next is due.

Everything is a row, so a restart goes on where the last process was; what fails for a while is tried again.
Chats are served side by side: one that Telegram holds up holds up no other.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from bot.errors import BotError
from bot.night.delivery import Delivery
from bot.process.backoff import Backoff
from bot.process.bells import Bell
from storage.database import Database
from storage.errors import StorageError
from storage.night import screens, tasks
from storage.night.screens import Stale
from storage.night.tasks import NightTask

log = structlog.get_logger(__name__)

_LONGEST_SLEEP = 60.0  # seconds; a clock that is set forward is noticed within it
_PATIENCE = 5.0  # seconds that messages under way get at the end


class NightWorker:
    """One loop. The `bell` has it look at once; boards of one group change so many times a minute at most."""

    def __init__(self, database: Database, delivery: Delivery, edits_per_minute: float, bell: Bell) -> None:
        self._database = database
        self._delivery = delivery
        self._between = 60 / edits_per_minute
        self._bell = bell
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._next_edit: dict[int, float] = {}
        self._trouble: defaultdict[int, Backoff] = defaultdict(Backoff)  # by chat

    async def run(self) -> None:
        """Work until cancelled; messages under way are ended then."""
        backoff = Backoff()
        try:
            while True:
                try:
                    sleep = await self._look()
                    backoff.reset()
                except StorageError as error:
                    sleep = backoff.next()
                    log.warning("background jobs pause", seconds=sleep, cause=str(error))
                await self._bell.wait(sleep)
        finally:
            if self._serving:
                _, late = await asyncio.wait(self._serving.values(), timeout=_PATIENCE)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def _look(self) -> float:
        """Begin what is due, chat by chat; the seconds until the next is."""
        now = datetime.now(UTC)
        async with self._database.read() as conn:
            stale = await screens.stale(conn)
            due = await tasks.due(conn, now)
            next_due = await tasks.next_due(conn, now)
        work: dict[int, tuple[list[Stale], list[NightTask]]] = defaultdict(lambda: ([], []))
        waits = [_LONGEST_SLEEP]
        if next_due is not None:
            waits.append(max(0.0, (next_due - now).total_seconds()))
        for each in stale:
            wait = self._next_edit.get(each.chat_id, 0.0) - time.monotonic()
            if wait <= 0:
                work[each.chat_id][0].append(each)
            else:
                waits.append(wait)
        for task in due:
            work[task.chat_id][1].append(task)
        for chat_id, (boards, todo) in work.items():
            if chat_id not in self._serving:
                serving = asyncio.create_task(self._serve(chat_id, boards, todo), name=f"night {chat_id}")
                self._serving[chat_id] = serving
        return min(waits)

    async def _serve(self, chat_id: int, stale: Sequence[Stale], due: Sequence[NightTask]) -> None:
        try:
            for task in due:
                await self._delivery.do(task)
            for each in stale:
                self._next_edit[chat_id] = time.monotonic() + self._between
                if not await self._delivery.show(each):
                    self._hold(chat_id)
                    break
            else:
                self._trouble.pop(chat_id, None)
        except (StorageError, BotError) as error:
            log.warning("background job waits", chat=chat_id, cause=str(error))
            await asyncio.sleep(self._hold(chat_id))
        except Exception:
            log.exception("background job broke off", chat=chat_id)
            await asyncio.sleep(self._hold(chat_id))
        finally:
            del self._serving[chat_id]
            self._bell.ring()

    def _hold(self, chat_id: int) -> float:
        """Leave a chat alone for a while, longer each time: for how many seconds."""
        pause = self._trouble[chat_id].next()
        self._next_edit[chat_id] = time.monotonic() + pause
        return pause
