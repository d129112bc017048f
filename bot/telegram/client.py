"""The Bot API client: python-telegram-bot's, with the raw updates that durable intake stores."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import structlog
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.errors import GaveUp
from bot.process.backoff import Backoff
from bot.process.metrics import Metrics
from bot.telegram.limits import Limiter, Limits, counted

log = structlog.get_logger(__name__)

POLL_SECONDS = 30
_NOT_PASSED_ON = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)  # the call had no effect
# Telegram sends `chat_member` to admins of a group alone.
ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member", "chat_member", "poll_answer"]


class _HttpRequest(HTTPXRequest):
    """What comes from something between us and Telegram is trouble of the network, not of the call."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if code in _NOT_PASSED_ON:
            raise NetworkError(f"{HTTPStatus(code).phrase} ({code})")
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            return HTTPXRequest.parse_json_payload(payload)
        except TelegramError as error:
            raise NetworkError("the answer is not JSON") from error


class Client(ExtBot[None]):
    """A bot whose updates can be had as Telegram sent them."""

    def __init__(self, token: str, api_url: str, limits: Limits, metrics: Metrics) -> None:
        # Certificates take megabytes; a Bot API server of one's own, without TLS, needs none.
        encrypted = {"verify": api_url.startswith("https:")}
        super().__init__(
            token=token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=_HttpRequest(
                connection_pool_size=64, connect_timeout=10, read_timeout=20, httpx_kwargs=encrypted
            ),
            get_updates_request=_HttpRequest(
                connection_pool_size=1, connect_timeout=10, httpx_kwargs=encrypted
            ),
            rate_limiter=Limiter(limits, metrics),
        )
        self._metrics = metrics
        metrics.calls.labels("getUpdates", "ok")  # at 0: polls that never succeed are seen too

    async def raw_updates(self, offset: int | None) -> list[dict[str, Any]]:
        """One long poll of at most `POLL_SECONDS`. Raises TelegramError.

        Not `get_updates`: one update that this version cannot parse would hold up its whole batch for ever.
        """
        with counted(self._metrics, "getUpdates"):  # the one call that the rate limiter never sees
            result: list[dict[str, Any]] = await self._post(
                "getUpdates",
                {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES},
                read_timeout=POLL_SECONDS + 10,
            )
        return result


async def greet(client: Client) -> None:
    """Learn who we are, and take a webhook away that would keep updates from us. Raises GaveUp.

    Waits for Telegram as long as it takes.
    """
    backoff = Backoff()
    while True:
        try:
            await client.initialize()
            break
        except TelegramError as error:
            if isinstance(error, InvalidToken) and is_refusal(error):
                raise GaveUp("Telegram does not know this MATINEE_TELEGRAM_TOKEN") from error
            pause = backoff.next()
            log.warning("Telegram is not there yet", seconds=pause, cause=str(error))
            await asyncio.sleep(pause)
    try:
        await client.delete_webhook()
    except TelegramError as error:
        log.warning("an old webhook could not be taken away", cause=str(error))


def is_refusal(error: BaseException | None) -> bool:
    """Whether Telegram itself refused the token: a 404 page of something in between reads the same."""
    while error is not None:
        if isinstance(error, NetworkError):
            return False
        error = error.__cause__
    return True
