"""Which handler an update belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.errors import NotAdmin, StaleButton
from bot.telegram.callbacks import Record, unpack
from bot.telegram.request import Request
from storage.people import expected

R = TypeVar("R", bound=Record)
_MessageHandler = Callable[[Request], Awaitable[None]]
_VoteHandler = Callable[[Request, str, list[int]], Awaitable[None]]
_PresenceHandler = Callable[[Request, bool], Awaitable[None]]
_MovedHandler = Callable[[int, int], Awaitable[None]]


class Router:
    """Commands by name, buttons by record type, texts that were asked for by kind; one handler for all other
    text, one for unknown commands."""

    def __init__(self, text: _MessageHandler, unknown_command: _MessageHandler) -> None:
        self._text = text
        self._unknown_command = unknown_command
        self._commands: dict[str, _MessageHandler] = {}
        self._buttons: dict[type[Record], Callable[[Request, Any], Awaitable[None]]] = {}
        self._answers: dict[str, _MessageHandler] = {}
        self._keep_expected: set[str] = set()
        self._admin_commands: dict[str, _MessageHandler] = {}
        self._group_commands: dict[str, _MessageHandler] = {}
        self._group_buttons: set[type[Record]] = set()
        self._personal: _MessageHandler | None = None
        self._vote: _VoteHandler | None = None
        self._presence: _PresenceHandler | None = None
        self._moved: _MovedHandler | None = None
        self._left: _MessageHandler | None = None
        self._after_private: _MessageHandler | None = None

    def command(self, name: str, handler: _MessageHandler, *, ends_expected: bool = True) -> None:
        """`/name` goes to `handler`, which finds what follows it in `request.text`.

        A text that was asked for is expected no longer, unless the handler sees to that itself.
        """
        self._commands[name] = handler
        if not ends_expected:
            self._keep_expected.add(name)

    def admin_command(self, name: str, handler: _MessageHandler) -> None:
        """`/name` of an admin in private. The use case that `handler` calls checks who asks; where it raises
        NotAdmin the answer is that of an unknown command, as in groups and in deep links for everybody."""
        self._admin_commands[name] = handler

    @property
    def admin_commands(self) -> tuple[str, ...]:
        """The names of admins' commands, in the order in which they came."""
        return tuple(self._admin_commands)

    def button(
        self, kind: type[R], handler: Callable[[Request, R], Awaitable[None]], *, in_groups: bool = False
    ) -> None:
        """A tap on a button that carries a record of this type; in groups only where that is said."""
        self._buttons[kind] = handler
        if in_groups:
            self._group_buttons.add(kind)

    def group_command(self, name: str, handler: _MessageHandler) -> None:
        """`/name` in a group."""
        self._group_commands[name] = handler

    def group_events(
        self,
        *,
        personal: _MessageHandler,
        vote: _VoteHandler,
        presence: _PresenceHandler,
        moved: _MovedHandler,
        left: _MessageHandler,
        after_private: _MessageHandler,
    ) -> None:
        """`personal`: a command that belongs into a private chat. `vote`: Telegram's poll id, the options.
        `presence`: the bot was added (True) or removed. `moved`: old and new id of a group. `left`: somebody
        left a group. `after_private`: called when something was answered in private."""
        self._personal, self._vote, self._presence = personal, vote, presence
        self._moved, self._left, self._after_private = moved, left, after_private

    def answer(self, kind: str, handler: _MessageHandler) -> None:
        """A text that was asked for (storage.people.expected) goes to `handler`, until a command or a tap."""
        self._answers[kind] = handler

    async def on_message(self, request: Request, command: str | None) -> None:
        """Call the handler of a command (without slash and bot name), or of the text."""
        request.command = command
        if request.group is not None:
            await self._in_group(request, command)
            return
        if command == "start" and request.text in self._commands:  # a deep link to a command
            command, request.text = request.text, ""
        await self._in_private(request, command)
        if self._after_private is not None:
            await self._after_private(request)

    async def _in_group(self, request: Request, command: str | None) -> None:
        """Commands alone; an unknown one may be another bot's."""
        if command is None:
            return
        handler = self._group_commands.get(command)
        if handler is None and command in self._commands:
            handler = self._personal
        if handler is not None:
            await handler(request)

    async def _in_private(self, request: Request, command: str | None) -> None:
        if command is None:
            try:
                await self._answers.get(await _expected(request) or "", self._text)(request)
            except NotAdmin:  # one who is none any more
                await self._text(request)
            return
        if command not in self._keep_expected:
            await _end_expected(request)
        handler = self._commands.get(command) or self._admin_commands.get(command, self._unknown_command)
        try:
            await handler(request)
        except NotAdmin:
            await self._unknown_command(request)

    async def on_tap(self, request: Request, data: str) -> None:
        """Call the handler of a button. Raises StaleButton for data that this version cannot read, and for
        an admin's button under somebody else's finger."""
        record = unpack(data)
        if request.group is not None:
            if type(record) not in self._group_buttons:
                await request.toast(request.t.plain("private.only"))
                return
            await self._buttons[type(record)](request, record)
            return
        await _end_expected(request)
        try:
            await self._buttons[type(record)](request, record)
        except NotAdmin as error:
            raise StaleButton(str(error)) from error
        if self._after_private is not None:
            await self._after_private(request)

    async def on_vote(self, request: Request, poll_id: str, positions: list[int]) -> None:
        """Somebody voted in a poll of ours, or took their vote back."""
        if self._vote is not None:
            await self._vote(request, poll_id, positions)

    async def on_presence(self, request: Request, present: bool) -> None:
        """The bot was added to a group, or removed."""
        if self._presence is not None:
            await self._presence(request, present)

    async def on_left(self, request: Request) -> None:
        """The person of this request left a group."""
        if self._left is not None:
            await self._left(request)

    async def on_moved(self, old: int, new: int) -> None:
        """A group became a supergroup."""
        if self._moved is not None:
            await self._moved(old, new)


async def _expected(request: Request) -> str | None:
    async with request.database.read() as conn:
        return await expected.of(conn, request.person.id)


async def _end_expected(request: Request) -> None:
    """Before the effect; not when an update comes back after it, since the effect may have been to ask."""
    if request.update.state != "applied" and await _expected(request) is not None:
        async with request.database.write() as conn:
            await expected.forget(conn, request.person.id)
