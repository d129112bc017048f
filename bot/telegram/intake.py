"""Durable intake: an update is a row before Telegram learns that we have it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.errors import GaveUp
from bot.process.backoff import Backoff
from bot.telegram.client import UNREADABLE, Client, is_refusal
from bot.telegram.limits import seconds_of
from bot.telegram.reading import chat_key
from storage.database import Database
from storage.errors import StorageError
from storage.running import updates
from storage.running.updates import NewUpdate, StoredUpdate

log = structlog.get_logger(__name__)

_CONFLICT_PAUSE = 2.0  # seconds
_CONFLICT_PATIENCE = 30.0  # seconds; a restart overlaps with the old process's last poll
_KEEP_UPDATES = timedelta(days=3)  # Telegram repeats an update for a day at most
_ANSWER_WITHIN = timedelta(days=1)  # as long as Telegram itself would keep an update for us
_ANSWERED_FOR = timedelta(hours=1)  # whose effect was made has its answer by then, most likely
_LONGEST_CAUSE = 300  # characters
_PRUNE_EVERY = timedelta(days=1)


class Intake:
    """Polls, stores, and hands on what is new; the offset moves only after the commit."""

    def __init__(self, client: Client, database: Database, push: Callable[[StoredUpdate], None]) -> None:
        self._client = client
        self._database = database
        self._push = push
        self._offset: int | None = None
        self._pruned: datetime | None = None
        self.heard_at: float | None = None  # when Telegram last gave us what it had, by the monotonic clock

    async def recover(self) -> int:
        """Hand on what an earlier process left unfinished; how many updates that is."""
        async with self._database.write() as conn:
            await updates.count_attempts(conn, self._client.id)
            now = datetime.now(UTC)
            old = await updates.close_old(
                conn, self._client.id, now - _ANSWERED_FOR, now - _ANSWER_WITHIN, now
            )
        if old:
            log.warning("updates too old to be answered", updates=old)
        async with self._database.read() as conn:
            pending = await updates.pending(conn, self._client.id)
        for update in pending:
            self._push(update)
        return len(pending)

    async def run(self) -> None:
        """Poll until cancelled. Raises GaveUp for a wrong token or a second instance that stays."""
        backoff = Backoff()
        conflict_since: float | None = None
        self.heard_at = time.monotonic()  # it has just told us who we are
        while True:
            try:
                batch = await self._client.raw_updates(self._offset)
                await self._store(batch)
                self.heard_at = time.monotonic()
                await self._prune()
                conflict_since = None
                backoff.reset()
                continue
            except InvalidToken as error:
                if is_refusal(error):
                    raise GaveUp("Telegram does not know this MATINEE_TELEGRAM_TOKEN (any more)") from error
                pause = _next_pause(backoff, error)
            except Conflict as error:
                conflict_since = conflict_since or time.monotonic()
                if time.monotonic() - conflict_since > _CONFLICT_PATIENCE:
                    raise GaveUp(
                        "another process polls with this token: stop it, or use another token"
                    ) from error
                pause = _CONFLICT_PAUSE
            except RetryAfter as error:
                pause = seconds_of(error)
            except (TelegramError, StorageError) as error:
                pause = _next_pause(backoff, error)
            await asyncio.sleep(pause)

    async def _prune(self) -> None:
        """Forget old updates once a day: their numbers may come again after a quiet week."""
        now = datetime.now(UTC)
        if self._pruned is None or now - self._pruned > _PRUNE_EVERY:
            async with self._database.write() as conn:
                await updates.prune(conn, now - _KEEP_UPDATES)
            self._pruned = now

    async def _store(self, batch: list[dict[str, Any]]) -> None:
        if not batch:
            return
        rows = [
            NewUpdate(update["update_id"], chat_key(update), update, update.get(UNREADABLE))
            for update in batch
        ]
        try:
            fresh = await self._receive(rows)
        except StorageError:
            raise
        except Exception as error:  # something in one of them that the database cannot hold
            log.warning("updates are stored one by one", cause=repr(error))
            fresh = [each for row in rows for each in await self._receive_one(row)]
        self._offset = max(row.update_id for row in rows) + 1
        for update in fresh:
            self._push(update)

    async def _receive(self, rows: list[NewUpdate]) -> list[StoredUpdate]:
        async with self._database.write() as conn:
            return await updates.receive(conn, self._client.id, rows, datetime.now(UTC))

    async def _receive_one(self, row: NewUpdate) -> list[StoredUpdate]:
        """As it is, or as one that could not be read: it holds nobody up."""
        try:
            return await self._receive([row])
        except StorageError:
            raise
        except Exception as error:
            log.error("update cannot be stored", update_id=row.update_id, cause=repr(error)[:_LONGEST_CAUSE])
            return await self._receive([NewUpdate(row.update_id, 0, {}, type(error).__name__)])


def _next_pause(backoff: Backoff, error: Exception) -> float:
    """The next pause in seconds, written to the log."""
    pause = backoff.next()
    log.warning("intake pauses", seconds=pause, cause=str(error))
    return pause
