"""Saying things to Telegram, with its many ways of saying no handled in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import httpx
import structlog
from telegram import Bot, BotCommandScopeChat, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bot.process.backoff import Backoff
from bot.telegram.links import Links
from bot.telegram.screen import Photo, PollForm, Screen
from bot.texts import Html

log = structlog.get_logger(__name__)

T = TypeVar("T")
_FIRST_PAUSE = 0.5  # seconds, between two tries of a call
_MOST_REPEATS = 3
_TOAST_LENGTH = 200
# Telegram's words, since its errors carry no finer code than 400.
_UNCHANGED = "message is not modified"
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_NO_TOPIC = ("message thread not found", "topic_deleted", "topic_closed")
_MUTED = (
    "not enough rights to send text messages",
    "chat_write_forbidden",
    "have no rights to send a message",
)
_TOO_OLD = ("query is too old", "query_id_invalid", "query id is invalid")


def is_muted(error: TelegramError) -> bool:
    """Whether the bot may not write in a group, of which it is a member still."""
    return isinstance(error, BadRequest | Forbidden) and any(
        words in error.message.lower() for words in _MUTED
    )


class MaybeSent(Exception):
    """The connection broke after a new message was handed over: nobody knows whether it arrived."""


class Messenger:
    """Sends, edits and answers. Errors that are normal life end here; the others are telegram.error's."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._muted: set[int] = set()

    def muted(self, chat_id: int) -> None:
        """The bot may not write in a group: told once, until it may again."""
        if chat_id not in self._muted:
            log.info("muted in a group", chat_id=chat_id)
            self._muted.add(chat_id)

    @property
    def links(self) -> Links:
        """Links to the bot's private chats."""
        return Links(self._bot.username)

    async def send(self, chat_id: int, screen: Screen, topic_id: int = 0, reply_to: int | None = None) -> int:
        """A new message; its id. Repeated only if it cannot have arrived; raises MaybeSent if it may have.

        In a topic that is gone, it goes to the group as a whole.
        """
        reply = None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True)
        message = await self._in_topic(
            topic_id,
            lambda thread: self._bot.send_message(
                chat_id,
                screen.text,
                parse_mode=ParseMode.HTML,
                reply_markup=screen.markup,
                link_preview_options=screen.preview,
                message_thread_id=thread,
                reply_parameters=reply,
            ),
        )
        self._muted.discard(chat_id)
        return message.message_id

    async def send_poll(self, chat_id: int, poll: PollForm, topic_id: int = 0) -> tuple[str, int]:
        """A new poll that shows who voted for what: Telegram's id of it, and of its message; as `send`."""
        message = await self._in_topic(
            topic_id,
            lambda thread: self._bot.send_poll(
                chat_id,
                poll.question,
                list(poll.options),
                is_anonymous=False,
                allows_multiple_answers=poll.several,
                reply_markup=Screen("", poll.rows).markup,
                message_thread_id=thread,
            ),
        )
        if message.poll is None:
            raise MaybeSent("Telegram answered a poll with another message")
        return message.poll.id, message.message_id

    async def stop_poll(self, chat_id: int, message_id: int) -> None:
        """Let nobody vote any more. What Telegram refuses is let go: the poll may be gone, or stopped."""
        try:
            await _repeat(lambda: self._bot.stop_poll(chat_id, message_id))
        except BadRequest as error:
            log.debug("poll not stopped", cause=error.message)

    async def _in_topic(self, topic_id: int, call: Callable[[int | None], Awaitable[Message]]) -> Message:
        try:
            return await _send(lambda: call(topic_id or None))
        except BadRequest as error:
            if not topic_id or not any(words in error.message.lower() for words in _NO_TOPIC):
                raise
            log.warning("the topic is gone, the group gets it", topic_id=topic_id)
            return await _send(lambda: call(None))

    async def send_file(self, chat_id: int, name: str, content: bytes, caption: Html) -> int:
        """A file with a caption, as `send`."""
        message = await _send(
            lambda: self._bot.send_document(
                chat_id, content, filename=name, caption=caption, parse_mode=ParseMode.HTML
            )
        )
        return message.message_id

    async def send_photo(self, chat_id: int, photo: Photo) -> int:
        """A picture with its caption, as `send`."""
        message = await _send(
            lambda: self._bot.send_photo(
                chat_id,
                photo.content,
                caption=photo.caption,
                parse_mode=ParseMode.HTML,
                reply_markup=Screen("", photo.rows).markup,
            )
        )
        return message.message_id

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> bool:
        """Change a message in place; False if it is gone or too old to be changed."""
        try:
            await _repeat(
                lambda: self._bot.edit_message_text(
                    screen.text,
                    chat_id=chat_id,
                    message_id=message_id,
                    parse_mode=ParseMode.HTML,
                    reply_markup=screen.markup,
                    link_preview_options=screen.preview,
                )
            )
        except BadRequest as error:
            reason = error.message.lower()
            if _UNCHANGED in reason:
                return True
            if any(words in reason for words in _GONE):
                return False
            raise
        return True

    async def drop_menu(self, chat_id: int, languages: Sequence[str | None]) -> None:
        """Let a private chat have the menu of commands that everybody has, in these languages. What Telegram
        refuses is let go."""
        scope = BotCommandScopeChat(chat_id)
        try:
            for language in languages:
                await _repeat(partial(self._bot.delete_my_commands, scope=scope, language_code=language))
        except BadRequest as error:
            log.debug("menu not taken away", cause=error.message)

    async def answer(self, query_id: str, toast: str | None = None) -> None:
        """End the spinning of a button, with a toast or without. A query too old to answer is let go."""
        text = toast if toast is None or len(toast) <= _TOAST_LENGTH else toast[: _TOAST_LENGTH - 1] + "…"
        try:
            await _repeat(lambda: self._bot.answer_callback_query(query_id, text))
        except BadRequest as error:
            if not any(words in error.message.lower() for words in _TOO_OLD):
                raise
            log.debug("query too old to answer")


async def _send(call: Callable[[], Awaitable[Message]]) -> Message:
    try:
        return await _repeat(call, worth=_never_sent)
    except NetworkError as error:
        if isinstance(error, BadRequest) or _never_sent(error):
            raise
        raise MaybeSent(str(error)) from error


def _never_sent(error: NetworkError) -> bool:
    """Whether a request had no effect: there was no connection, or Telegram itself said that it failed.

    An answer that is not Telegram's JSON comes from something in between, which may have passed the
    request on before.
    """
    never = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return error.__cause__ is None or isinstance(error.__cause__, never)


async def _repeat(
    call: Callable[[], Awaitable[T]], worth: Callable[[NetworkError], bool] = lambda error: True
) -> T:
    """A call tried again over short trouble of the network, where repeating it is safe."""
    backoff = Backoff(_FIRST_PAUSE)
    for _ in range(_MOST_REPEATS):
        try:
            return await call()
        except BadRequest:  # a NetworkError by inheritance only
            raise
        except NetworkError as error:
            if not worth(error):
                raise
            await asyncio.sleep(backoff.next())
    return await call()
