"""One stored update from received to done: read, acted on, answered, whatever goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime

import structlog
from telegram import Bot, User
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.errors import StaleButton
from bot.process.backoff import Backoff
from bot.process.metrics import Metrics, UpdateOutcome
from bot.telegram import reading
from bot.telegram.limits import seconds_of
from bot.telegram.messenger import MaybeSent, Messenger, is_muted
from bot.telegram.reading import Incoming, Reading
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from bot.texts import translator
from storage.database import Database
from storage.errors import Forgotten, StorageError, TryLater, WrongState
from storage.night import chats
from storage.people import people
from storage.running import updates
from storage.running.updates import StoredUpdate

log = structlog.get_logger(__name__)

_FIRST_PAUSE = 1.0  # seconds, between tries while Telegram or the disk is away
_TRY_FOR = 3600.0  # seconds that Telegram may be away before an answer is given up
_MOST_UNSURE = 3  # tries of a reply that may have arrived each time
_MOST_ATTEMPTS = 20  # starts of the bot that died with this update pending


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
        self._metrics.update(reading.kind_of(stored.body), outcome, handling, stored.received_at)

    async def _finish(self, stored: StoredUpdate) -> UpdateOutcome:
        if stored.attempts > _MOST_ATTEMPTS:
            log.error("update given up", attempts=stored.attempts)
            await self._stop_spinning(stored)
            return await self._close(stored, "given_up", f"pending at {stored.attempts} starts")
        try:
            outcome = await self._persist(stored, await self._read(stored))
        except Forgotten:
            log.info("an update of somebody who was forgotten meanwhile")
            await self._stop_spinning(stored)
            return "ignored"
        except Exception as error:
            log.exception("update failed")
            return await self._close(stored, "failed", repr(error))
        why = "Telegram did not take the answer" if outcome == "given_up" else None
        outcome = await self._close(stored, outcome, why)
        log.debug("update done")
        return outcome

    async def _read(self, stored: StoredUpdate) -> Reading | None:
        try:
            return reading.read(stored.body, self._bot.username)
        except Exception:
            await self._stop_spinning(stored)
            raise

    async def _persist(self, stored: StoredUpdate, found: Reading | None) -> UpdateOutcome:
        """Try until Telegram and the disk are there; the effect happens once, the reply may be sent again.

        "done", "ignored" where no answer is due, "unsure" where it may not have arrived, or "given_up" where
        Telegram stays away for longer than an answer is held. A database that is away is waited for: without
        it an update cannot be closed either.
        """
        request: Request | None = None
        backoff, unsure, until = Backoff(_FIRST_PAUSE), 0, time.monotonic() + _TRY_FOR
        while True:
            try:
                if not isinstance(found, Incoming) or await self._is_nobodys(found):
                    await self._take_note(found, stored)
                    return "ignored"
                request = request or await self._request(found, stored)
                request.ran = False
                await self._answer(request, found)
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
                if time.monotonic() > until and not isinstance(error, TryLater):
                    log.error("answer given up", cause=str(error))
                    return "given_up"
                pause = backoff.next()
                if isinstance(error, RetryAfter):
                    pause = max(pause, seconds_of(error))
                log.warning("update waits", seconds=pause, cause=str(error))
                await asyncio.sleep(pause)

    async def _close(self, stored: StoredUpdate, end: UpdateOutcome, why: str | None = None) -> UpdateOutcome:
        """Write the end down, as soon as the database is there: a row left open would be answered again."""
        backoff = Backoff(_FIRST_PAUSE)
        while True:
            try:
                async with self._database.write() as conn:
                    if why is None:
                        await updates.mark_done(conn, stored.seq, datetime.now(UTC))
                    else:
                        await updates.mark_failed(conn, stored.seq, why, datetime.now(UTC))
                return end
            except TryLater as error:
                pause = backoff.next()
                log.warning("update is not closed yet", seconds=pause, cause=str(error))
                await asyncio.sleep(pause)
            except WrongState:  # whoever sent it was forgotten meanwhile
                log.info("update was closed before")
                return end
            except StorageError as error:
                log.error("update could not be closed", cause=str(error))
                return "left"

    async def _is_nobodys(self, found: Incoming) -> bool:
        """Whether somebody left a group who is not known: nothing is kept of them, so nothing ends."""
        if not isinstance(found, reading.Departure):
            return False
        async with self._database.read() as conn:
            return await people.find(conn, found.user.id) is None

    async def _take_note(self, found: Reading | None, stored: StoredUpdate) -> None:
        """Act on what no handler answers."""
        match found:
            case reading.Membership(user, blocked=True):
                async with self._database.write() as conn:
                    await people.deactivate(conn, user.id)
            case reading.Membership(user):
                await self._meet(user, stored, privately=True)
            case reading.Migration(old, new):
                await self._router.route_moved(old, new)
            case reading.AnonymousCommand(chat_id, topic_id, as_channel):
                text = translator(None).html("group.as_channel" if as_channel else "group.anonymous")
                await _quietly(self._messenger.send(chat_id, Screen(text), topic_id))
            case reading.LostTap(query_id, language):
                await self._messenger.answer(query_id, translator(language).plain("stale"))

    async def _request(self, incoming: Incoming, stored: StoredUpdate) -> Request:
        user, group = incoming.user, incoming.group
        tap = incoming if isinstance(incoming, reading.Tap) else None
        privately = group is None and not isinstance(incoming, reading.Vote)
        return Request(
            update=stored,
            person=await self._meet(user, stored, privately=privately),
            chat_id=incoming.chat_id,
            text=incoming.text if isinstance(incoming, reading.Text) else "",
            message_id=tap.message_id if tap else None,
            query_id=tap.query_id if tap else None,
            t=translator(None if group else user.language_code),
            database=self._database,
            messenger=self._messenger,
            name=user.full_name,
            group=group,
        )

    async def _meet(self, user: User, stored: StoredUpdate, *, privately: bool) -> people.Person:
        """The person behind a Telegram user; written only where there is something new.

        Who is unknown although the effect of this update is in the database was forgotten by it, and only
        waits for the answer: nothing is written of them.
        """
        async with self._database.read() as conn:
            person = await people.find(conn, user.id)
        if person is None and stored.state == "applied":
            at = datetime.now(UTC)
            return people.Person(0, user.id, user.language_code, active=True, created_at=at, seen_at=at)
        spoken = user.language_code
        if person is None or (privately and not person.active) or spoken not in (None, person.language):
            async with self._database.write() as conn:
                await updates.hold(conn, stored.seq)
                person = await people.meet(conn, user.id, spoken, datetime.now(UTC), privately=privately)
        return person

    async def _answer(self, request: Request, incoming: Incoming) -> None:
        """Call the handler, and have a tap answered, and a person apologised to, whatever comes of it."""
        later = False  # the toast comes with the next try
        try:
            await self._route(request, incoming)
        except StaleButton:
            await request.toast(request.t.plain("stale"))
        except (BadRequest, Forbidden) as error:
            if is_muted(error):
                self._messenger.muted(request.chat_id)
            elif isinstance(error, Forbidden):
                await self._turned_out(request)
            else:  # a NetworkError by inheritance only; a fault of ours
                await self._apologise(request)
                raise
        except RetryAfter:
            later = True  # now it would come before its time, and without its words
            raise
        except ChatMigrated as error:
            await self._router.route_moved(request.chat_id, error.new_chat_id)
            request.moved(error.new_chat_id)
            later = True
            raise
        except (NetworkError, TryLater, MaybeSent, Forgotten):
            raise
        except Exception:
            await self._apologise(request)
            raise
        finally:
            if not later:
                await _quietly(request.toast())

    async def _route(self, request: Request, incoming: Incoming) -> None:
        match incoming:
            case reading.Tap(data=data):
                await self._router.route_tap(request, data)
            case reading.Vote(poll_id=poll_id, positions=positions):
                await self._router.route_vote(request, poll_id, list(positions))
            case reading.Departure():
                await self._router.route_left(request)
            case reading.Presence(before=before, now=now) if before != now:
                await self._router.route_presence(request, now)
            case reading.Presence(now=True):
                await self._router.route_rights(request)
            case reading.Text(command=command):
                await self._router.route_message(request, command)

    async def _turned_out(self, request: Request) -> None:
        """The bot may not write where it was asked."""
        async with self._database.write() as conn:
            if request.group is not None:
                await chats.deactivate(conn, request.chat_id)
            else:
                await people.deactivate(conn, request.person.telegram_id)

    async def _apologise(self, request: Request) -> None:
        if request.query_id is not None:
            await _quietly(request.toast(request.t.plain("trouble")))
        else:
            await _quietly(request.reply(Screen(request.t.html("trouble"))))

    async def _stop_spinning(self, stored: StoredUpdate) -> None:
        """A button is answered even if its update could not be read. Answering twice does no harm."""
        query = stored.body.get("callback_query")
        if isinstance(query, dict):
            await _quietly(self._messenger.answer(str(query.get("id")), translator(None).plain("trouble")))


async def _quietly(courtesy: Awaitable[object]) -> None:
    """A courtesy that must not hide the real error."""
    try:
        await courtesy
    except (TelegramError, MaybeSent) as error:
        log.debug("courtesy failed", cause=str(error))
