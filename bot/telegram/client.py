"""The Bot API client: python-telegram-bot's, with the raw updates that durable intake stores."""

from __future__ import annotations

import asyncio
import json
import re
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
UNREADABLE = "matinee_unreadable"  # in place of an update: why it could not be read
_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,18})\b')
_MOST = 2**63
_NOT_PASSED_ON = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)  # the call had no effect
# Telegram sends `chat_member` to admins of a group alone.
ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member", "chat_member", "poll_answer"]


class _NotTelegrams(NetworkError):
    """An answer that Telegram would not give. `payload` is what could not be parsed."""

    def __init__(self, message: str, payload: bytes = b"") -> None:
        super().__init__(message)
        self.payload = payload


class ServerFailed(Exception):
    """The cause of an error of the network: a server took the call and answered with this status."""


class _HttpRequest(HTTPXRequest):
    """What comes from something between us and Telegram is trouble of the network, not of the call."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if code in _NOT_PASSED_ON:
            raise NetworkError(f"{HTTPStatus(code).phrase} ({code})")
        if code >= HTTPStatus.INTERNAL_SERVER_ERROR:  # it broke off, before the effect or after
            raise NetworkError(f"the server failed ({code})") from ServerFailed(code)
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """What proxies and portals write is no answer, whatever it is."""
        try:
            answer: Any = json.loads(payload.decode(errors="replace"))
        except (ValueError, RecursionError) as error:
            raise _NotTelegrams("the answer is not JSON", payload) from error
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise _NotTelegrams("the answer is not Telegram's") from ValueError(type(answer).__name__)
        return answer


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
            try:
                return await self._poll(offset, POLL_SECONDS)
            except _NotTelegrams as error:
                if not error.payload:
                    raise
            try:  # one update in the batch may be what cannot be read: the others come one by one
                return await self._poll(offset, 0, limit=1)
            except _NotTelegrams as error:
                number = _UPDATE_ID.search(error.payload)
                if number is None:
                    raise
                return [{"update_id": int(number[1]), UNREADABLE: str(error.__cause__)}]

    async def _poll(self, offset: int | None, seconds: float, **how: int) -> list[dict[str, Any]]:
        asked = {"offset": offset, "timeout": seconds, "allowed_updates": ALLOWED_UPDATES, **how}
        batch = await self._post("getUpdates", asked, read_timeout=seconds + 10)
        if batch and not any(is_update(each) for each in batch):
            raise _NotTelegrams("no update in the answer") from ValueError(f"{len(batch)} of something else")
        return [each for each in batch if is_update(each)]

    async def _do_post(self, endpoint: str, *args: Any, **kwargs: Any) -> Any:
        """Whatever is called: a result of another form than Telegram's is trouble of the network, too."""
        try:
            result = await super()._do_post(endpoint, *args, **kwargs)
        except KeyError as error:  # a 200 without a result
            raise _NotTelegrams("the answer is not Telegram's") from error
        if not _fits(endpoint, result):
            raise _NotTelegrams("the answer is not Telegram's") from ValueError(type(result).__name__)
        return result


def is_update(value: object) -> bool:
    """Whether something has a number by which Telegram would let us confirm it."""
    number = value.get("update_id") if isinstance(value, dict) else None
    return type(number) is int and 0 <= number < _MOST


def _fits(endpoint: str, result: Any) -> bool:
    """Whether a result has the form that the Bot API gives this method's."""
    if endpoint in ("getUpdates", "getChatAdministrators"):
        return isinstance(result, list)
    if endpoint == "getMe":
        return isinstance(result, dict) and {"id", "username"} <= result.keys()
    if endpoint.startswith("send") and endpoint != "sendChatAction":
        return isinstance(result, dict) and {"message_id", "chat", "date"} <= result.keys()
    if endpoint.startswith("edit"):
        return result is True or (isinstance(result, dict) and "message_id" in result)
    if endpoint.startswith(("get", "stop")):
        return isinstance(result, list) or (isinstance(result, dict) and bool(result))
    return result is True


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
