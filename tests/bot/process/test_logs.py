"""No token in any line."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.process import logs

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"


@pytest.fixture
def configured() -> Iterator[None]:
    """Logging as the process has it, and as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("DEBUG", "no-look-alike")
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_redact_takes_passwords_out() -> None:
    text = "cannot reach 'postgresql://me:hunter2@db/films' (or https://db/?sig=hunter2)"
    assert logs.redact(text) == "cannot reach 'postgresql://me:***@db/films' (or https://db/?sig=***"


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"POST https://api.telegram.org/bot{TOKEN}/getMe 200",
        f"https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg",
        f"InvalidToken: The token `{TOKEN}` was rejected",
        f"{TOKEN} and {TOKEN}",
    ],
)
def test_redact_takes_tokens_out(text: str) -> None:
    redacted = logs.redact(text)
    assert "[token]" in redacted
    assert "AAFD39" not in redacted


@pytest.mark.parametrize(
    "text", ["at 12:30:45", "2026-11-24T09:35:41.456260Z", "http://127.0.0.1:8081/", "1:2:3"]
)
def test_redact_leaves_the_rest(text: str) -> None:
    assert logs.redact(text) == text


def test_every_way_into_the_log_is_redacted(configured: None, capsys: pytest.CaptureFixture[str]) -> None:
    """structlog and logging, values and tracebacks, and a secret that does not look like a token."""
    capsys.readouterr()
    logs.configure("DEBUG", "no-look-alike")
    log = structlog.get_logger("test")
    log.info("plain", url=f"https://x/bot{TOKEN}/getMe")
    log.info("secret", where="bot/no-look-alike/")
    logging.getLogger("somebody.else").warning("calls %s", f"/bot{TOKEN}/x")
    try:
        raise ValueError(f"broken: {TOKEN}")
    except ValueError:
        log.exception("failed")
    written = capsys.readouterr().err
    assert "plain" in written
    assert "secret" in written
    assert "calls" in written
    assert "Traceback" in written
    assert "AAFD39" not in written
    assert "no-look-alike" not in written


def test_what_talks_of_urls_is_quiet(configured: None) -> None:
    for name in ("httpx", "httpcore", "telegram"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
