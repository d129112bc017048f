"""Which handler an update belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.telegram.callbacks import Record, unpack
from bot.telegram.request import Request

__all__ = ["Router"]

R = TypeVar("R", bound=Record)
MessageHandler = Callable[[Request], Awaitable[None]]


class Router:
    """Commands by name, buttons by record type, one handler for free text, one for unknown commands."""

    def __init__(self, text: MessageHandler, unknown_command: MessageHandler) -> None:
        self._text = text
        self._unknown_command = unknown_command
        self._commands: dict[str, MessageHandler] = {}
        self._buttons: dict[type[Record], Callable[[Request, Any], Awaitable[None]]] = {}

    def command(self, name: str, handler: MessageHandler) -> None:
        """`/name` goes to `handler`, which finds what follows it in `request.text`."""
        self._commands[name] = handler

    def button(self, kind: type[R], handler: Callable[[Request, R], Awaitable[None]]) -> None:
        """A tap on a button that carries a record of this type."""
        self._buttons[kind] = handler

    async def on_message(self, request: Request, command: str | None) -> None:
        """Call the handler of a command (without slash and bot name), or of free text."""
        if command is None:
            await self._text(request)
        else:
            await self._commands.get(command, self._unknown_command)(request)

    async def on_tap(self, request: Request, data: str) -> None:
        """Call the handler of a button. Raises StaleButton for data that this version cannot read."""
        record = unpack(data)
        await self._buttons[type(record)](request, record)
