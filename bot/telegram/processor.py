"""One stored update from received to done: understood, handled, answered, whatever goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime

import structlog
from telegram import Bot, CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatType
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.errors import StaleButton
from bot.process.backoff import Backoff
from bot.process.metrics import Metrics, Outcome
from bot.telegram.limits import seconds_of
from bot.telegram.messenger import MaybeSent, Messenger
from bot.telegram.reading import command_of, is_present, kind_of, text_of, topic_of, who_and_where
from bot.telegram.request import Group, Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from bot.texts import translator
from storage.database import Database
from storage.errors import StorageError, TryLater
from storage.night import chats
from storage.people import people
from storage.people.people import Person
from storage.running import updates
from storage.running.updates import StoredUpdate

log = structlog.get_logger(__name__)

_FIRST_PAUSE = 1.0  # seconds, between tries while Telegram or the disk is away
_MOST_TRIES = 30
_MOST_UNSURE = 3  # tries of a reply that may have arrived each time
_MOST_ATTEMPTS = 20  # starts of the bot that died with this update pending


class _StillAwayError(Exception):
    """Telegram or the disk stayed away for longer than an update is held."""


class Processor:
    """Handles stored updates with a router; `handle` never raises but for cancellation."""

    def __init__(
        self, bot: Bot, database: Database, messenger: Messenger, router: Router, metrics: Metrics
    ) -> None:
        self._bot = bot
        self._database = database
        self._messenger = messenger
        self._router = router
        self._metrics = metrics

    async def handle(self, stored: StoredUpdate) -> None:
        """Take one update to `done`, or to `failed` with the reason in its row and in the log."""
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(update_id=stored.update_id, chat_id=stored.chat_key):
            outcome = await self._finish(stored)
        handling = time.perf_counter() - begun
        self._metrics.update(kind_of(stored.body), outcome, handling, stored.received_at)

    async def _finish(self, stored: StoredUpdate) -> Outcome:
        if stored.attempts > _MOST_ATTEMPTS:
            log.error("update given up", attempts=stored.attempts)
            await self._stop_spinning(stored)
            return await self._close(stored, "given_up", f"pending at {stored.attempts} starts")
        try:
            outcome = await self._persist(stored)
        except _StillAwayError:
            log.error("update left for the next start", tries=_MOST_TRIES)
            return "left"
        except Exception as error:
            log.exception("update failed")
            return await self._close(stored, "failed", repr(error))
        outcome = await self._close(stored, outcome)
        log.debug("update done")
        return outcome

    async def _persist(self, stored: StoredUpdate) -> Outcome:
        """Try until Telegram and the disk are there; the effect happens once, the reply may be sent again.

        "done", "ignored" where no answer is due, or "unsure" where it may not have arrived.
        """
        request: Request | None = None
        backoff = Backoff(_FIRST_PAUSE)
        unsure = 0
        for _ in range(_MOST_TRIES):
            try:
                if request is None:
                    update, request = await self._read(stored)
                if request is None:
                    return "ignored"
                request.ran = False
                await self._route(request, update)
                return "done"
            except BadRequest:
                raise
            except ChatMigrated:
                log.info("the group has moved")
            except MaybeSent as error:  # sent twice is better than never, but not without end
                unsure += 1
                if unsure == _MOST_UNSURE:
                    log.warning("reply may not have arrived", cause=str(error))
                    return "unsure"
                await asyncio.sleep(backoff.next())
            except (NetworkError, RetryAfter, TryLater) as error:
                pause = backoff.next()
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
        flooded = False  # or sent elsewhere: it is tried again, toast and all
        try:
            await self._hand_on(request, update)
        except StaleButton:
            await request.toast(request.t.plain("stale"))
        except Forbidden:
            await self._turned_out(request)
        except BadRequest:  # a NetworkError by inheritance only; a fault of ours
            await self._apologise(request)
            raise
        except RetryAfter:
            flooded = True  # a toast now would come before its time, and without its words
            raise
        except ChatMigrated as error:
            await self._router.route_moved(request.chat_id, error.new_chat_id)
            request.moved(error.new_chat_id)
            flooded = True  # the toast comes with the next try
            raise
        except (NetworkError, TryLater, MaybeSent):
            raise
        except Exception:
            await self._apologise(request)
            raise
        finally:
            if not flooded:
                await _quietly(request.toast())

    async def _hand_on(self, request: Request, update: Update) -> None:
        """Call the handler of whatever an update is."""
        if update.callback_query is not None:
            await self._router.route_tap(request, update.callback_query.data or "")
        elif update.poll_answer is not None:
            answer = update.poll_answer
            await self._router.route_vote(request, answer.poll_id, list(answer.option_ids))
        elif update.message is not None and update.message.left_chat_member is not None:
            await self._router.route_left(request)
        elif update.my_chat_member is not None:
            before, now = update.my_chat_member.old_chat_member, update.my_chat_member.new_chat_member
            if is_present(before) != is_present(now):
                await self._router.route_presence(request, is_present(now))
        else:
            await self._router.route_message(request, command_of(update.message, self._bot.username))

    async def _turned_out(self, request: Request) -> None:
        """The bot may not write where it was asked."""
        async with self._database.write() as conn:
            if request.group is not None:
                await chats.deactivate(conn, request.chat_id)
            else:
                await people.deactivate(conn, request.person.telegram_id)

    async def _understand(self, update: Update, stored: StoredUpdate) -> Request | None:
        """The request in an update; None for what needs no answer."""
        change, vote = update.my_chat_member, update.poll_answer
        if change is not None and change.chat.type == ChatType.PRIVATE:
            await self._membership(change, stored)
            return None
        if vote is not None:
            return None if vote.user is None else await self._request(stored, vote.user, vote.user.id)
        if change is not None:
            return await self._request(stored, change.from_user, change.chat.id, self._group(change))
        query, message = update.callback_query, update.message
        if message is not None and await self._has_moved(message):
            return None
        user, chat = who_and_where(query, message)
        if query is not None and chat is None:  # the message is too old for Telegram to name its chat
            await self._messenger.answer(query.id, translator(query.from_user.language_code).plain("stale"))
        if user is None or chat is None:
            return None
        return await self._heard(stored, user, chat, query, message)

    async def _heard(
        self,
        stored: StoredUpdate,
        user: User,
        chat: Chat,
        query: CallbackQuery | None,
        message: Message | None,
    ) -> Request | None:
        """A message or a tap that is for us: any in a private chat; in a group commands and taps."""
        group = None
        if message is not None and message.left_chat_member is not None:
            gone = message.left_chat_member
            return None if gone.is_bot else await self._request(stored, gone, chat.id, Group(chat.id, 0))
        if chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
            if query is None and command_of(message, self._bot.username) is None:
                return None
            if user.is_bot:  # an admin who stays anonymous
                t = translator(None)
                await _quietly(self._messenger.send(chat.id, Screen(t.html("group.anonymous"))))
                return None
            group = Group(chat.id, topic_of(query.message if query else message))
        elif chat.type != ChatType.PRIVATE:
            return None
        request = await self._request(stored, user, chat.id, group)
        request.text = text_of(message)
        request.message_id = query.message.message_id if query and query.message else None
        request.query_id = query.id if query else None
        return request

    async def _request(
        self, stored: StoredUpdate, user: User, chat_id: int, group: Group | None = None
    ) -> Request:
        vote = "poll_answer" in stored.body
        return Request(
            update=stored,
            person=await self._meet(user, stored, privately=group is None and not vote),
            chat_id=chat_id,
            text="",
            message_id=None,
            query_id=None,
            t=translator(None if group else user.language_code),
            database=self._database,
            messenger=self._messenger,
            name=user.full_name,
            group=group,
        )

    def _group(self, change: ChatMemberUpdated) -> Group:
        return Group(change.chat.id, 0)

    async def _has_moved(self, message: Message) -> bool:
        """Whether this message says that the group is a supergroup now; Telegram says so on both sides."""
        if message.migrate_to_chat_id is not None:
            await self._router.route_moved(message.chat.id, message.migrate_to_chat_id)
            return True
        if message.migrate_from_chat_id is not None:
            await self._router.route_moved(message.migrate_from_chat_id, message.chat.id)
            return True
        return False

    async def _meet(self, user: User, stored: StoredUpdate, *, privately: bool = True) -> Person:
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
        if person is None or (privately and not person.active) or not known:
            async with self._database.write() as conn:
                now = datetime.now(UTC)
                person = await people.meet(conn, user.id, user.language_code, now, privately=privately)
        return person

    async def _membership(self, change: ChatMemberUpdated, stored: StoredUpdate) -> None:
        """A person blocked the bot, or let it in again."""
        if change.new_chat_member.status == ChatMember.BANNED:
            async with self._database.write() as conn:
                await people.deactivate(conn, change.chat.id)
        else:
            await self._meet(change.from_user, stored)

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

    async def _close(self, stored: StoredUpdate, outcome: Outcome, failure: str | None = None) -> Outcome:
        """Write the end down. If even that fails the row stays pending, and the next start looks again."""
        try:
            async with self._database.write() as conn:
                if failure is None:
                    await updates.mark_done(conn, stored.seq, datetime.now(UTC))
                else:
                    await updates.mark_failed(conn, stored.seq, failure, datetime.now(UTC))
        except StorageError as error:
            log.error("update could not be closed", cause=str(error))
            return "left"
        return outcome


async def _quietly(courtesy: Awaitable[object]) -> None:
    """A courtesy that must not hide the real error."""
    try:
        await courtesy
    except (TelegramError, MaybeSent) as error:
        log.debug("courtesy failed", cause=str(error))
