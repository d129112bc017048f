"""Log lines: one object a line if asked for, no token, and no message of an error."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from bot.process import logs

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcu"
Form = Literal["console", "json"]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Logging is set up for the whole process: put it back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def fail() -> None:
    try:
        raise KeyError("what Ada wrote")
    except KeyError as error:
        raise ValueError("no film is called xyzzy") from error


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_exception_is_told_by_kind_and_place_alone(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", form=form)
    with structlog.contextvars.bound_contextvars(update_id=7, chat_id=12):
        try:
            fail()
        except ValueError:
            structlog.get_logger("bot.telegram.processor").exception("update failed")
    said = capsys.readouterr().err
    assert "update failed" in said
    assert "builtins.ValueError" in said
    assert "builtins.KeyError" in said
    assert "in fail" in said
    for text in ("Ada wrote'", "is called xyzzy\n", "ValueError: no film"):
        assert text not in said
    if form == "json":
        (line,) = said.splitlines()
        entry = json.loads(line)
        assert (entry["update_id"], entry["chat_id"], entry["level"]) == (7, 12, "error")


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_token_gets_through(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", "short-secret", form)
    structlog.get_logger("x").warning("polling", url=f"https://api.telegram.org/bot{TOKEN}/getMe")
    logging.getLogger("another.library").warning("with %s", "short-secret")
    said = capsys.readouterr().err
    assert TOKEN not in said
    assert "short-secret" not in said
    assert said.count("[token]") == 2
    if form == "json":
        assert [json.loads(line)["event"] for line in said.splitlines()] == ["polling", "with [token]"]
