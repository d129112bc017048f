"""One message for each training that a chat follows: sent once, then changed in place until it ends.

The job's row names the message, so a restart goes on with it. One that was deleted is sent anew. Where the
connection broke while it was sent, it may come twice; the older one changes no more.
"""

from __future__ import annotations

from collections.abc import Collection

import structlog
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.admin.training.views import progress_screen
from bot.process.backoff import Backoff
from bot.process.bells import Bell
from bot.telegram.limits import seconds_of
from bot.telegram.messenger import MaybeSent, Messenger
from bot.telegram.screen import Screen
from bot.texts import translator
from storage.database import Database
from storage.errors import StorageError
from storage.people import people
from storage.running import jobs
from storage.running.jobs import Job

log = structlog.get_logger(__name__)

_EVERY = 2.0  # seconds between changes; people read no faster, and Telegram allows it
_LONGEST_SLEEP = 60.0  # while nothing is trained: a training that begins sets the bell


class ProgressMessages:
    """A loop; `bell` has it look at once. `admins`, Telegram's ids, may follow a training."""

    def __init__(self, database: Database, messenger: Messenger, admins: Collection[int], bell: Bell) -> None:
        self._admins = admins
        self._database = database
        self._messenger = messenger
        self._bell = bell
        self._shown: dict[int, Screen] = {}  # by job, what its message shows

    async def run(self) -> None:
        """Show until cancelled."""
        backoff = Backoff(_EVERY)
        while True:
            sleep = _LONGEST_SLEEP
            try:
                async with self._database.read() as conn:
                    followed = await jobs.followed(conn)
                for job in followed:
                    sleep = _EVERY
                    await self._show(job)
                backoff.reset()
            except (StorageError, TelegramError, MaybeSent) as error:
                sleep = backoff.next()
                if isinstance(error, RetryAfter):
                    sleep = max(sleep, seconds_of(error))
                log.warning("the message about a training waits", seconds=sleep, cause=str(error))
            await self._bell.wait(sleep)

    async def _show(self, job: Job) -> None:
        if job.chat_id is None:
            return
        if job.chat_id not in self._admins:  # is none any more; an admin's private chat has their id
            await self._unfollow(job)
            return
        async with self._database.read() as conn:
            reader = await people.find(conn, job.chat_id)
        screen = progress_screen(job, translator(reader.language if reader else None))
        try:
            over = await self._send_or_edit(job, job.chat_id, screen) and job.finished_at is not None
        except (Forbidden, BadRequest) as error:
            log.warning("nobody reads about a training", chat_id=job.chat_id, cause=error.message)
            over = True
        if over:
            await self._unfollow(job)

    async def _send_or_edit(self, job: Job, chat_id: int, screen: Screen) -> bool:
        """Send or change the message; False if it is gone."""
        if job.message_id is not None and self._shown.get(job.id) == screen:
            return True
        message_id: int | None
        if job.message_id is None:
            message_id = await self._messenger.send(chat_id, screen)
        elif await self._messenger.edit(chat_id, job.message_id, screen):
            message_id = job.message_id
        else:
            log.info("the message about a training is gone, another is sent", job=job.id)
            message_id = None
            self._bell.ring()
        self._shown[job.id] = screen
        if message_id != job.message_id:
            async with self._database.write() as conn:
                await jobs.place(conn, job.id, chat_id, message_id)
        return message_id is not None

    async def _unfollow(self, job: Job) -> None:
        self._shown.pop(job.id, None)
        async with self._database.write() as conn:
            await jobs.unfollow(conn, job.id)
