"""What a night has to say or do at its time: each message noted before it is handed to Telegram, and after.

A message whose task was `trying` already may be in the group: nobody can ask. It is sent once more, and
that is said: of a poll on the board, of an announcement in itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.films.library import Library
from bot.night.deciding import Deciding
from bot.night.result_views import reason_screen, reminder_screen, result_screen, summary_screen
from bot.night.rules import out_of_quiet
from bot.night.states import NightReader
from bot.night.views import board_screen, panel_screen, poll_form, rating_screen
from bot.telegram.limits import seconds_of
from bot.telegram.messenger import MaybeSent, Messenger, is_muted
from bot.telegram.screen import Screen
from bot.texts import translator
from storage.database import AsyncConnection, Database
from storage.night import chats, nights, polls, screens, tasks
from storage.night.nights import Night
from storage.night.screens import Stale
from storage.night.tasks import NightTask
from storage.people import people

log = structlog.get_logger(__name__)

_QUIET = ("ask_group", "summary")  # what nobody waits for keeps to the group's quiet hours
_SHORTEST, _LONGEST = 2.0, 300.0  # seconds between tries
_MOST_ATTEMPTS = 200  # more than half a day of them


@dataclass(frozen=True, slots=True)
class _Address:
    chat_id: int
    topic_id: int


class Delivery:
    """Does what is due. Whatever Telegram says is dealt with here; storage's errors are the caller's."""

    def __init__(
        self,
        database: Database,
        messenger: Messenger,
        library: Library,
        reader: NightReader,
        deciding: Deciding,
    ) -> None:
        self._database = database
        self._messenger = messenger
        self._library = library
        self._reader = reader
        self._deciding = deciding
        self._t = translator(None)
        self._messages: dict[str, Callable[[AsyncConnection, NightTask, Night], Awaitable[Screen | None]]] = {
            "result": self._result,
            "reason": self._reason,
            "reminder": self._reminder,
            "ask": self._ask,
            "ask_group": self._ask_group,
            "summary": self._summary,
        }

    async def show(self, stale: Stale) -> bool:
        """Bring one message of a night up to date; False if Telegram would not now."""
        async with self._database.read() as conn:
            board = await self._reader.board(conn, stale.night_id)
            address = await self._group(conn, board.night)
        if stale.kind == "board":
            screen = board_screen(board, self._t, self._messenger.links)
        else:
            screen = panel_screen(board, stale.kind, self._t)
        message_id = stale.message_id
        try:
            if message_id is not None and not await self._messenger.edit(address.chat_id, message_id, screen):
                message_id = None
            if message_id is None and board.night.is_open:
                message_id = await self._messenger.send(address.chat_id, screen, address.topic_id)
        except MaybeSent:
            return False
        except TelegramError as error:
            if not await self._settled(error, address.chat_id):
                return False
        async with self._database.write() as conn:
            await screens.show(conn, stale.night_id, stale.kind, message_id, board.night.version)
        return True

    async def do(self, task: NightTask) -> None:
        """Do one task, or put it off."""
        async with self._database.read() as conn:
            night = await self._reader.night(conn, task.night_id)
            address = await self._address(conn, task, night)
        if address is None or task.attempts >= _MOST_ATTEMPTS:
            await self._finish(task, dropped=True)
            return
        try:
            await self._by_kind(task, night, address)
        except MaybeSent as error:
            log.warning("a message may have arrived", kind=task.kind, cause=str(error))
            await self._postpone(task, _pause(task), arrived=None)
        except (BadRequest, Forbidden) as error:
            if is_muted(error):
                self._messenger.muted(address.chat_id)
                await self._postpone(task, _LONGEST, arrived=False)
            elif isinstance(error, BadRequest):
                log.warning("a message was refused", kind=task.kind, cause=error.message)
                await self._refused(task, night)
            else:
                await self._settled(error, address.chat_id)
                await self._finish(task, dropped=True)
        except (RetryAfter, NetworkError) as error:
            pause = seconds_of(error) if isinstance(error, RetryAfter) else _pause(task)
            await self._postpone(task, pause, arrived=False)
        except TelegramError as error:
            await self._settled(error, address.chat_id)
            moved = isinstance(error, ChatMigrated)
            await (self._postpone(task, 0, arrived=False) if moved else self._finish(task, dropped=True))

    async def _by_kind(self, task: NightTask, night: Night, address: _Address) -> None:
        if task.kind == "deadline":
            async with self._database.write() as conn:
                await self._deciding.close(conn, night.id, task.poll_number, datetime.now(UTC))
                await tasks.finish(conn, task.id)
        elif task.kind == "stop":
            await self._stop(task, address)
        elif task.kind == "poll":
            await self._poll(task, night, address)
        elif task.kind == tasks.REWRITE:
            await self._rewrite(task, night, address)
        else:
            await self._send(task, night, address)

    async def _poll(self, task: NightTask, night: Night, address: _Address) -> None:
        async with self._database.write() as conn:
            poll = await polls.numbered(conn, night.id, task.poll_number)
            if poll is None or poll.state != "due" or night.state != "polling":
                await tasks.finish(conn, task.id, "dropped")
                return
            if task.state == "trying":
                await polls.unsure(conn, poll.id)
            await tasks.try_now(conn, task.id)
            form = poll_form(await self._reader.board(conn, night.id), self._t, self._messenger.links)
        telegram_poll_id, message_id = await self._messenger.send_poll(
            address.chat_id, form, address.topic_id
        )
        async with self._database.write() as conn:
            await polls.posted(conn, poll.id, telegram_poll_id, message_id)
            await tasks.finish(conn, task.id, message_id=message_id)
            await nights.touch(conn, night.id)

    async def _stop(self, task: NightTask, address: _Address) -> None:
        async with self._database.read() as conn:
            poll = await polls.numbered(conn, task.night_id, task.poll_number)
        if poll is not None and poll.message_id is not None:
            await self._messenger.stop_poll(address.chat_id, poll.message_id)
        await self._finish(task)

    async def _rewrite(self, task: NightTask, night: Night, address: _Address) -> None:
        """Show a result as it is by now: somebody whom it names is forgotten. One that is gone is let go."""
        async with self._database.read() as conn:
            message_id = await tasks.message_of(conn, night.id, "result", task.poll_number)
            screen = await self._result(conn, task, night)
        if message_id is not None and screen is not None:
            await self._messenger.edit(address.chat_id, message_id, screen)
        await self._finish(task)

    async def _send(self, task: NightTask, night: Night, address: _Address) -> None:
        async with self._database.write() as conn:
            if task.kind in _QUIET:
                chat = await chats.get(conn, night.chat_id)
                now = datetime.now(UTC).astimezone(self._reader.zone(chat))
                later = out_of_quiet(now, chat.quiet_from, chat.quiet_to)
                if later > now:
                    await tasks.postpone(conn, task.id, later, arrived=False)
                    return
            screen = await self._messages[task.kind](conn, task, night)
            if screen is None:
                await tasks.finish(conn, task.id, "dropped")
                return
            await tasks.try_now(conn, task.id)
        message_id = await self._messenger.send(address.chat_id, screen, address.topic_id)
        async with self._database.write() as conn:
            await tasks.finish(conn, task.id, message_id=message_id)

    async def _result(self, conn: AsyncConnection, task: NightTask, night: Night) -> Screen | None:
        result = await self._reader.result(conn, night.id, task.poll_number)
        return result_screen(result, self._t, self._messenger.links, again=task.state == "trying")

    async def _reason(self, conn: AsyncConnection, task: NightTask, night: Night) -> Screen | None:
        if night.film_id is None or task.person_id is None:
            return None
        person = await people.get(conn, task.person_id)
        reason = await self._reader.reason(conn, person.id, night.film_id)
        return reason_screen(self._library.film(night.film_id), reason, translator(person.language))

    async def _reminder(self, conn: AsyncConnection, task: NightTask, night: Night) -> Screen | None:
        if night.starts_at is None or night.state == "cancelled":
            return None
        zone = self._reader.zone(await chats.get(conn, night.chat_id))
        film = None if night.film_id is None else self._library.film(night.film_id)
        polling = night.state == "polling"
        return reminder_screen(film, night.starts_at.astimezone(zone), self._t, polling=polling)

    async def _ask(self, conn: AsyncConnection, task: NightTask, night: Night) -> Screen | None:
        if night.film_id is None or task.person_id is None:
            return None
        person = await people.get(conn, task.person_id)
        film = self._library.film(night.film_id)
        return rating_screen(night.id, film, translator(person.language), private=True)

    async def _ask_group(self, conn: AsyncConnection, task: NightTask, night: Night) -> Screen | None:
        if night.film_id is None:
            return None
        return rating_screen(night.id, self._library.film(night.film_id), self._t, private=False)

    async def _summary(self, conn: AsyncConnection, task: NightTask, night: Night) -> Screen | None:
        stars = await self._reader.summary(conn, night.id)
        if night.film_id is None or stars is None:
            return None
        return summary_screen(self._library.film(night.film_id), stars, self._t)

    async def _group(self, conn: AsyncConnection, night: Night) -> _Address:
        chat = await chats.get(conn, night.chat_id)
        return _Address(chat.telegram_id, night.topic_id)

    async def _address(self, conn: AsyncConnection, task: NightTask, night: Night) -> _Address | None:
        """Where a task's message goes; None for somebody who has not started the bot."""
        if task.person_id is None:
            return await self._group(conn, night)
        person = await people.get(conn, task.person_id)
        return _Address(person.telegram_id, 0) if person.active else None

    async def _settled(self, error: TelegramError, chat_id: int) -> bool:
        """Act on what will not change by trying again; False for what may."""
        if is_muted(error):
            self._messenger.muted(chat_id)
            return False
        if isinstance(error, BadRequest):
            log.warning("a message was refused", chat_id=chat_id, cause=error.message)
            return True
        if isinstance(error, ChatMigrated):
            async with self._database.write() as conn:
                await chats.move(conn, chat_id, error.new_chat_id)
            return False
        if isinstance(error, Forbidden):
            async with self._database.write() as conn:
                await (people if chat_id > 0 else chats).deactivate(conn, chat_id)
            return True
        log.warning("a message waits", chat_id=chat_id, cause=str(error))
        return False

    async def _refused(self, task: NightTask, night: Night) -> None:
        """Telegram does not want this message. A poll that a group forbids: gather again, and say so; unless
        the night was called off, or decided, meanwhile."""
        async with self._database.write() as conn:
            await tasks.finish(conn, task.id, "dropped")
            now = await nights.get(conn, night.id, lock=True)
            poll = await polls.numbered(conn, night.id, task.poll_number)
            if task.kind != "poll" or now is None or now.state != "polling":
                return
            if poll is None or poll.state == "closed":
                return
            counts = await self._reader.counts(conn, poll)
            await polls.close(conn, poll.id, [(0, 0) for _ in counts])
            await tasks.drop_all(conn, night.id, "deadline")
            await nights.change(conn, night.id, state="gathering")
            address = await self._group(conn, night)
        screen = Screen(self._t.html("night.no_polls"))
        try:
            await self._messenger.send(address.chat_id, screen, address.topic_id)
        except (TelegramError, MaybeSent) as error:
            log.warning("the group could not be told", cause=str(error))

    async def _finish(self, task: NightTask, *, dropped: bool = False) -> None:
        async with self._database.write() as conn:
            await tasks.finish(conn, task.id, "dropped" if dropped else "done")

    async def _postpone(self, task: NightTask, seconds: float, *, arrived: bool | None) -> None:
        async with self._database.write() as conn:
            later = datetime.now(UTC) + timedelta(seconds=seconds)
            await tasks.postpone(conn, task.id, later, arrived=arrived)


def _pause(task: NightTask) -> float:
    """Seconds until the next try."""
    return float(min(_LONGEST, _SHORTEST * 2 ** min(task.attempts, 10)))
