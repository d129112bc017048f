"""Logs: one line an event on standard error; never a token or password in it, nor what people wrote."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

from storage.database.urls import masked_text

# Telegram's tokens, wherever they stand: in a URL, an exception, a setting.
_TOKEN = re.compile(r"\d{3,}:[A-Za-z0-9_-]{6,}")

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def redact(text: str) -> str:
    """The text with every token replaced, and without the passwords of URLs."""
    return masked_text(_TOKEN.sub("[token]", text))


def configure(level: str, secret: str | None = None, form: Literal["console", "json"] = "console") -> None:
    """Set up structlog and the standard library's logging, to the same formatter.

    `secret` is the token in use: it is taken out even where it does not look like one. `form` is lines for
    people, or one JSON object a line.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(shared, _json() if form == "json" else _console(), secret))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)  # a traceback for each page of HTML
    for noisy in ("httpx", "httpcore", "telegram", "alembic", "aiosqlite", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """The last place that every line passes, tracebacks included."""

    def __init__(
        self,
        shared: list[structlog.types.Processor],
        rendering: list[structlog.types.Processor],
        secret: str | None,
    ) -> None:
        super().__init__(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _plain_order,
                *rendering,
            ],
        )
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return redact(text.replace(self._secret, "[token]") if self._secret else text)


def _console() -> list[structlog.types.Processor]:
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_print_trace)]


def _json() -> list[structlog.types.Processor]:
    return [
        structlog.processors.ExceptionRenderer(_trace),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _plain_order(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("positional_args", None)
    return event


def _print_trace(stream: TextIO, exc_info: _ExcInfo) -> None:
    stream.write("\n" + _trace(exc_info))


def _trace(exc_info: Any) -> str:
    """Where it went wrong, and what kind of error it was: a message may quote what somebody wrote.

    The whole of it is in the update's row, which goes when the person's data go.
    """
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        kind = f"{type(error).__module__}.{type(error).__qualname__}\n"
        frames = traceback.format_tb(error.__traceback__)
        parts.insert(0, "".join(["Traceback (most recent call last):\n", *frames, kind]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(parts).rstrip()
