"""One stored update from received to done: understood, handled, answered, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime

import structlog
from telegram import Bot, CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.errors import StaleButton
from bot.telegram.limits import seconds_of
from bot.telegram.messenger import MaybeSent, Messenger
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Button, Screen
from bot.texts import translator
from storage import people, updates
from storage.database import Database
from storage.errors import StorageError, TryLater
from storage.people import Person
from storage.updates import StoredUpdate

__all__ = ["Processor"]

log = structlog.get_logger(__name__)

_PAUSES = (
    1.0,
    2.0,
    4.0,
    8.0,
    15.0,
    30.0,
)  # between tries while Telegram or the disk is away; the last repeats
_MOST_TRIES = 30
_MOST_UNSURE = 3  # tries of a reply that may have arrived each time
_MOST_ATTEMPTS = 20  # starts of the bot that died with this update pending


class _StillAwayError(Exception):
    """Telegram or the disk stayed away for longer than an update is held."""


class Processor:
    """Handles stored updates with a router; `handle` never raises but for cancellation."""

    def __init__(self, bot: Bot, database: Database, messenger: Messenger, router: Router) -> None:
        self._bot = bot
        self._database = database
        self._messenger = messenger
        self._router = router

    async def handle(self, stored: StoredUpdate) -> None:
        """Take one update to `done`, or to `failed` with the reason in its row and in the log."""
        with structlog.contextvars.bound_contextvars(update_id=stored.update_id, chat_id=stored.chat_key):
            if stored.attempts > _MOST_ATTEMPTS:
                log.error("update given up", attempts=stored.attempts)
                await self._stop_spinning(stored)
                await self._close(stored, failure=f"pending at {stored.attempts} starts")
                return
            try:
                await self._persist(stored)
            except _StillAwayError:
                log.error("update left for the next start", tries=_MOST_TRIES)
            except Exception as error:
                log.exception("update failed")
                await self._close(stored, failure=repr(error))
            else:
                await self._close(stored)
                log.debug("update done")

    async def _persist(self, stored: StoredUpdate) -> None:
        """Try until Telegram and the disk are there; the effect happens once, the reply may be sent again."""
        request: Request | None = None
        unsure = 0
        for attempt in range(_MOST_TRIES):
            try:
                if request is None:
                    update, request = await self._read(stored)
                if request is not None:
                    request.ran = False
                    await self._route(request, update)
                return
            except BadRequest:
                raise
            except MaybeSent as error:  # sent twice is better than never, but not without end
                unsure += 1
                if unsure == _MOST_UNSURE:
                    log.warning("reply may not have arrived", cause=str(error))
                    return
                await asyncio.sleep(_PAUSES[attempt])
            except (NetworkError, RetryAfter, TryLater) as error:
                pause = _PAUSES[min(attempt, len(_PAUSES) - 1)]
                if isinstance(error, RetryAfter):
                    pause = max(pause, seconds_of(error))
                log.warning("update waits", seconds=pause, cause=str(error))
                await asyncio.sleep(pause)
        raise _StillAwayError

    async def _read(self, stored: StoredUpdate) -> tuple[Update, Request | None]:
        """A stored update as python-telegram-bot's type, and the request in it, if it needs an answer."""
        try:
            update = Update.de_json(dict(stored.body), self._bot)
        except Exception:
            await self._stop_spinning(stored)
            raise
        return update, await self._understand(update, stored)

    async def _route(self, request: Request, update: Update) -> None:
        flooded = False
        try:
            if update.callback_query is not None:
                await self._router.on_tap(request, update.callback_query.data or "")
            else:
                await self._router.on_message(request, _command(update.message, self._bot.username))
        except StaleButton:
            await request.toast(request.t.plain("stale"))
        except Forbidden:
            async with self._database.write() as conn:
                await people.deactivate(conn, request.person.telegram_id)
        except BadRequest:  # a NetworkError by inheritance only; a fault of ours
            await self._apologise(request)
            raise
        except RetryAfter:
            flooded = True  # a toast now would come before its time, and without its words
            raise
        except (NetworkError, TryLater, MaybeSent):
            raise
        except Exception:
            await self._apologise(request)
            raise
        finally:
            if not flooded:
                await _quietly(request.toast())

    async def _understand(self, update: Update, stored: StoredUpdate) -> Request | None:
        """The request in an update; None for what needs no answer."""
        if update.my_chat_member is not None:
            await self._membership(update.my_chat_member, stored)
            return None
        query, message = update.callback_query, update.message
        user, chat = _who_and_where(query, message)
        if query is not None and chat is None:  # the message is too old for Telegram to name its chat
            await self._messenger.answer(query.id, translator(query.from_user.language_code).plain("stale"))
        if user is None or chat is None:
            return None
        if chat.type != ChatType.PRIVATE:
            await self._elsewhere(chat, user, query, message)
            return None
        return Request(
            update=stored,
            person=await self._meet(user, stored),
            chat_id=chat.id,
            text=_text(message),
            message_id=query.message.message_id if query and query.message else None,
            query_id=query.id if query else None,
            t=translator(user.language_code),
            database=self._database,
            messenger=self._messenger,
        )

    async def _meet(self, user: User, stored: StoredUpdate) -> Person:
        """The person behind a Telegram user; written only where there is something new.

        Who is unknown although the effect of this update is in the database was forgotten by it, and only
        waits to be told so: nothing is written of them.
        """
        async with self._database.read() as conn:
            person = await people.find(conn, user.id)
        if person is None and stored.state == "applied":
            at = datetime.now(UTC)
            return Person(0, user.id, user.language_code, active=True, created_at=at, seen_at=at)
        known = person is not None and user.language_code in (None, person.language)
        if person is None or not person.active or not known:
            async with self._database.write() as conn:
                person = await people.meet(conn, user.id, user.language_code, datetime.now(UTC))
        return person

    async def _membership(self, change: ChatMemberUpdated, stored: StoredUpdate) -> None:
        """A person blocked the bot, or let it in again."""
        if change.chat.type != ChatType.PRIVATE:
            return
        if change.new_chat_member.status == ChatMember.BANNED:
            async with self._database.write() as conn:
                await people.deactivate(conn, change.chat.id)
        else:
            await self._meet(change.from_user, stored)

    async def _elsewhere(
        self, chat: Chat, user: User, query: CallbackQuery | None, message: Message | None
    ) -> None:
        """Groups come later: a command there is answered with the way to the private chat."""
        t = translator(user.language_code)
        if query is not None:
            await self._messenger.answer(query.id, t.plain("private.only"))
        elif _command(message, self._bot.username) is not None:
            link = Button(t.plain("private.open"), f"https://t.me/{self._bot.username}")
            await _quietly(self._messenger.send(chat.id, Screen(t.html("private.only"), ((link,),))))

    async def _apologise(self, request: Request) -> None:
        text = request.t.plain("trouble")
        if request.query_id is not None:
            await _quietly(request.toast(text))
        else:
            await _quietly(request.reply(Screen(request.t.html("trouble"))))

    async def _stop_spinning(self, stored: StoredUpdate) -> None:
        """A button is answered even if its update could not be read. Answering twice does no harm."""
        query = stored.body.get("callback_query")
        if isinstance(query, dict):
            await _quietly(self._messenger.answer(str(query.get("id")), translator(None).plain("trouble")))

    async def _close(self, stored: StoredUpdate, failure: str | None = None) -> None:
        """Write the end down. If even that fails the row stays pending, and the next start looks again."""
        try:
            async with self._database.write() as conn:
                if failure is None:
                    await updates.mark_done(conn, stored.seq, datetime.now(UTC))
                else:
                    await updates.mark_failed(conn, stored.seq, failure, datetime.now(UTC))
        except StorageError as error:
            log.error("update could not be closed", cause=str(error))


async def _quietly(courtesy: Awaitable[object]) -> None:
    """A courtesy that must not hide the real error."""
    try:
        await courtesy
    except (TelegramError, MaybeSent) as error:
        log.debug("courtesy failed", cause=str(error))


def _who_and_where(query: CallbackQuery | None, message: Message | None) -> tuple[User | None, Chat | None]:
    if query is not None:
        return query.from_user, query.message.chat if query.message else None
    if message is not None:
        return message.from_user, message.chat
    return None, None


def _command(message: Message | None, username: str) -> str | None:
    """The command a message begins with, in lower case, "" for one to another bot; None for other text.

    Read from the text: entities leave out commands such as /привет, and some servers send none.
    """
    if message is None or not message.text or not message.text.startswith("/"):
        return None
    name, _, addressee = message.text.split()[0][1:].partition("@")
    return name.lower() if not addressee or addressee.lower() == username.lower() else ""


def _text(message: Message | None) -> str:
    """A message's text; of a command, what follows it."""
    if message is None or not message.text:
        return ""
    if message.text.startswith("/"):
        return message.text.partition(message.text.split()[0])[2].strip()
    return message.text.strip()
