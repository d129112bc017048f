"""Sends admins what they did not ask for: outcomes, alerts, digests. Each is a row until it is sent.

A notice whose message broke off half-way is sent again: twice is better than never.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.errors import BotError
from bot.process.bells import Bell
from bot.telegram.limits import seconds_of
from bot.telegram.messenger import MaybeSent, Messenger
from bot.telegram.screen import Photo, Screen
from bot.texts import Translator, translator
from storage.database import Database
from storage.errors import StorageError
from storage.people import people
from storage.running import notices
from storage.running.notices import Notice

log = structlog.get_logger(__name__)

# Makes the message of one kind of notice from its payload. May take as long as a picture needs.
NoticeRenderer = Callable[[Mapping[str, Any], Translator], Awaitable[Screen | Photo]]

_LONGEST_SLEEP = 5.0  # seconds; a notice of another process waits so long
_PAUSE = timedelta(minutes=1)  # until a notice is tried again, once more for each try
_MOST_TRIES = 20


class Announcer:
    """One loop. `renderers` has one entry for each kind of notice; `admins`, Telegram's ids, may read."""

    def __init__(
        self,
        database: Database,
        messenger: Messenger,
        renderers: Mapping[str, NoticeRenderer],
        admins: Collection[int],
        bell: Bell,
    ) -> None:
        self._admins = admins
        self._database = database
        self._messenger = messenger
        self._renderers = renderers
        self._bell = bell

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        while True:
            try:
                for notice in await self._due():
                    await self._deliver(notice)
            except StorageError as error:
                log.warning("notices wait", cause=str(error))
            await self._bell.wait(_LONGEST_SLEEP)

    async def _due(self) -> list[Notice]:
        async with self._database.read() as conn:
            return await notices.due(conn, datetime.now(UTC))

    async def _deliver(self, notice: Notice) -> None:
        if notice.telegram_id not in self._admins:  # is none any more
            await self._close(notice, sent=False)
            return
        async with self._database.write() as conn:
            await notices.try_now(conn, notice.id)
        try:
            await self._send(notice)
        except (Forbidden, BadRequest) as error:  # never wrote to the bot, or blocked it
            log.info("an admin cannot be told", admin=notice.telegram_id, cause=error.message)
            await self._close(notice, sent=False)
        except RetryAfter as error:
            await self._postpone(notice, timedelta(seconds=seconds_of(error)), error)
        except (TelegramError, MaybeSent, BotError, StorageError) as error:
            await self._postpone(notice, _PAUSE * (notice.attempts + 1), error)
        except Exception:
            log.exception("notice cannot be made", kind=notice.kind)
            await self._close(notice, sent=False)
        else:
            await self._close(notice, sent=True)

    async def _send(self, notice: Notice) -> None:
        async with self._database.read() as conn:
            person = await people.find(conn, notice.telegram_id)
        t = translator(person.language if person else None)
        message = await self._renderers[notice.kind](notice.payload, t)
        if isinstance(message, Photo):
            await self._messenger.send_photo(notice.telegram_id, message)
        else:
            await self._messenger.send(notice.telegram_id, message)

    async def _postpone(self, notice: Notice, pause: timedelta, error: Exception) -> None:
        if notice.attempts >= _MOST_TRIES:
            log.error("notice given up", kind=notice.kind, cause=str(error))
            await self._close(notice, sent=False)
            return
        log.warning("notice waits", kind=notice.kind, cause=str(error))
        async with self._database.write() as conn:
            await notices.postpone(conn, notice.id, datetime.now(UTC) + pause)

    async def _close(self, notice: Notice, *, sent: bool) -> None:
        async with self._database.write() as conn:
            await notices.finish(conn, notice.id, "done" if sent else "dropped")
