"""Who may speak to the local Telegram: programs of this machine and its own page, no other page in a browser.

A page of any site can send requests to this machine, and one whose name is rebound to 127.0.0.1 can read the
answers. What gives them away is the name that they ask for (Host), where they are from (Origin), and what the
browser says of them (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/).
"""

import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 51_000_000  # bytes of a body: the Bot API takes files of 50 MB
_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_LONG = f"a body has at most {LARGEST:,} bytes"
_OWN_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class TooLarge(Exception):
    """A body is longer than `LARGEST`."""


class Doorkeeper:
    """In front of every route, those to come included: refuses in one line, before anything is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = _foreign(headers, scope["method"], scope["path"]) or _too_large(headers)
        if refusal is not None:
            await _refused(*refusal)(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST:
                raise TooLarge
            return message

        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, bounded, watched)
        except TooLarge:
            if not begun:
                await _refused(413, _LONG)(scope, receive, send)


def _refused(status: int, why: str) -> PlainTextResponse:
    """One line, and the end of the connection: what is still on its way is not read."""
    return PlainTextResponse(why + "\n", status, {"connection": "close"})


def _foreign(headers: Headers, method: str, path: str) -> tuple[int, str] | None:
    """Why a request comes from elsewhere, with the status; None for one of our own."""
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        return 421, "this is for 127.0.0.1, localhost and [::1] alone"
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return 403, "only the local Telegram's own page may do this"
    site = headers.get("sec-fetch-site", "none")
    # To follow a link to the page is no harm; it cannot be framed.
    opened = headers.get("sec-fetch-mode") == "navigate" and method == "GET" and path == "/"
    if site not in ("none", "same-origin") and not opened:
        return 403, "only the local Telegram's own page may do this"
    return None


def _too_large(headers: Headers) -> tuple[int, str] | None:
    length = headers.get("content-length", "0")
    return (413, _LONG) if length.isdecimal() and int(length) > LARGEST else None


class Unframed:
    """Around everything, faults of ours included: answers say that no other page may frame or embed them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                have: Iterable[tuple[bytes, bytes]] = message.get("headers", ())
                message = {**message, "headers": [*have, *_OWN_HEADERS]}
            await send(message)

        await self._app(scope, receive, marked)
