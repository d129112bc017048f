"""Which handler an update belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.telegram.callbacks import Record, unpack
from bot.telegram.request import Request
from storage import expected

__all__ = ["Router"]

R = TypeVar("R", bound=Record)
MessageHandler = Callable[[Request], Awaitable[None]]


class Router:
    """Commands by name, buttons by record type, texts that were asked for by kind; one handler for all other
    text, one for unknown commands."""

    def __init__(self, text: MessageHandler, unknown_command: MessageHandler) -> None:
        self._text = text
        self._unknown_command = unknown_command
        self._commands: dict[str, MessageHandler] = {}
        self._buttons: dict[type[Record], Callable[[Request, Any], Awaitable[None]]] = {}
        self._answers: dict[str, MessageHandler] = {}
        self._keep_expected: set[str] = set()

    def command(self, name: str, handler: MessageHandler, *, ends_expected: bool = True) -> None:
        """`/name` goes to `handler`, which finds what follows it in `request.text`.

        A text that was asked for is expected no longer, unless the handler sees to that itself.
        """
        self._commands[name] = handler
        if not ends_expected:
            self._keep_expected.add(name)

    def button(self, kind: type[R], handler: Callable[[Request, R], Awaitable[None]]) -> None:
        """A tap on a button that carries a record of this type."""
        self._buttons[kind] = handler

    def answer(self, kind: str, handler: MessageHandler) -> None:
        """A text that was asked for (storage.expected) goes to `handler`, until a command or a tap."""
        self._answers[kind] = handler

    async def on_message(self, request: Request, command: str | None) -> None:
        """Call the handler of a command (without slash and bot name), or of the text."""
        if command is None:
            await self._answers.get(await _expected(request) or "", self._text)(request)
            return
        if command not in self._keep_expected:
            await _end_expected(request)
        await self._commands.get(command, self._unknown_command)(request)

    async def on_tap(self, request: Request, data: str) -> None:
        """Call the handler of a button. Raises StaleButton for data that this version cannot read."""
        record = unpack(data)
        await _end_expected(request)
        await self._buttons[type(record)](request, record)


async def _expected(request: Request) -> str | None:
    async with request.database.read() as conn:
        return await expected.of(conn, request.person.id)


async def _end_expected(request: Request) -> None:
    """Before the effect; not when an update comes back after it, since the effect may have been to ask."""
    if request.update.state != "applied" and await _expected(request) is not None:
        async with request.database.write() as conn:
            await expected.forget(conn, request.person.id)
