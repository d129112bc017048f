"""Logs: one line an event on standard error, and never a token in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

__all__ = ["configure", "redact"]

# Telegram's tokens, wherever they stand: in a URL, an exception, a setting.
_TOKEN = re.compile(r"\d{3,}:[A-Za-z0-9_-]{6,}")


def redact(text: str) -> str:
    """The text with every token replaced."""
    return _TOKEN.sub("[token]", text)


def configure(level: str, secret: str | None = None) -> None:
    """Set up structlog and the standard library's logging, to the same formatter.

    `secret` is the token in use: it is taken out even where it does not look like one.
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
    handler.setFormatter(_Redacting(shared, secret))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)  # a traceback for each page of HTML
    for noisy in ("httpx", "httpcore", "telegram", "alembic", "aiosqlite", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """The last place that every line passes, tracebacks included."""

    def __init__(self, shared: list[structlog.types.Processor], secret: str | None) -> None:
        super().__init__(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _plain_order,
                structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        )
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return redact(text.replace(self._secret, "[token]") if self._secret else text)


def _plain_order(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("positional_args", None)
    return event
