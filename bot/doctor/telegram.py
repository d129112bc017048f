"""The Bot API from here: whether it answers, knows the token, and agrees about the time."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.doctor.findings import Finding, Level
from bot.process.logs import redact
from bot.process.settings import Settings

PATIENCE = 10.0  # seconds for all of it, a lookup of the name that hangs included
_MOST_BYTES = 1 << 20  # of an answer
_SLOW, _WRONG = 5.0, 300.0  # seconds that clocks may differ: worth a word, and too much


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    skew: float | None  # seconds that our clock is ahead


def reach(settings: Settings) -> list[Finding]:
    """Ask getMe with the token, else just for an answer; compare the clocks by its Date header."""
    token = settings.telegram_token
    url = settings.telegram_api_url
    answer = _ask(f"{url}/bot{token.get_secret_value()}/getMe" if token else url)
    host = urlsplit(url).hostname
    if isinstance(answer, str):
        advice = "look at the network, the proxy and MATINEE_TELEGRAM_API_URL; the bot goes on trying"
        return [
            Finding("telegram", Level.FAIL, f"{host} does not answer: {answer}", advice),
            Finding("clock", Level.WARN, "nobody to compare it with", "see `telegram`"),
        ]
    return [
        _known(answer, host) if token else Finding("telegram", Level.OK, f"{host} answers"),
        _clock(answer),
    ]


def _ask(url: str) -> _Answer | str:
    """The answer, or why there is none. In a thread that may be left behind: a lookup cannot be stopped."""
    found: list[_Answer | str] = []
    thread = threading.Thread(target=lambda: found.append(_request(url)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return found[0] if found else f"not within {PATIENCE:.0f} s"


def _request(url: str) -> _Answer | str:
    try:
        with urllib.request.urlopen(_with_login(url), timeout=PATIENCE) as response:
            return _read(response.status, response)
    except urllib.error.HTTPError as error:  # an answer too
        with error:
            return _read(error.code, error)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return redact(str(reason) or type(reason).__name__)
    except HTTPException as error:  # its text may hold the URL
        return f"what comes is not HTTP ({type(error).__name__})"


def _with_login(url: str) -> urllib.request.Request:
    """A name and password in the URL go into a header, as the bot sends them: else they are looked up as a
    host."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())
    if at:
        name, _, password = login.partition(":")
        credentials = b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
        request.add_header("Authorization", f"Basic {credentials}")
    return request


def _read(status: int, response: Any) -> _Answer:
    body, date = response.read(_MOST_BYTES), response.headers.get("Date")
    try:
        skew = time.time() - parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:  # no date at all
        skew = None
    return _Answer(status, body, skew)


def _known(answer: _Answer, host: str | None) -> Finding:
    try:
        username = json.loads(answer.body)["result"]["username"]
    except (ValueError, RecursionError, KeyError, TypeError):
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            advice = "copy it again from @BotFather (/mybots): it may have been revoked"
            return Finding("telegram", Level.FAIL, f"{host} does not know this token", advice)
        advice = "is MATINEE_TELEGRAM_API_URL a Bot API server?"
        return Finding("telegram", Level.FAIL, f"{host} answers {answer.status} to getMe", advice)
    return Finding("telegram", Level.OK, f"{host} knows this bot as @{username}")


def _clock(answer: _Answer) -> Finding:
    if answer.skew is None:
        return Finding(
            "clock", Level.WARN, "the API told no time", "see that the clock is synchronised (NTP)"
        )
    off = abs(answer.skew)
    found = f"{off:.0f} s {'ahead of' if answer.skew > 0 else 'behind'} the API's"
    if off <= _SLOW:
        return Finding("clock", Level.OK, "within seconds of the API's")
    advice = "synchronise it (NTP, `timedatectl set-ntp true`): deadlines and what was shown go by it"
    return Finding("clock", Level.FAIL if off > _WRONG else Level.WARN, found, advice)
