"""Which handler an update belongs to, and who may reach it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Literal, TypeVar

from bot.errors import StaleButton
from bot.telegram.callbacks import AN_ADMINS, EVERYBODYS, Owned, Record, unpack
from bot.telegram.request import Request
from storage.database import AsyncConnection
from storage.people import expected

R = TypeVar("R", bound=Record)
Where = Literal["private", "group", "both"]
MessageHandler = Callable[[Request], Awaitable[None]]
_VoteHandler = Callable[[Request, str, list[int]], Awaitable[None]]
_PresenceHandler = Callable[[Request, bool], Awaitable[None]]
_MovedHandler = Callable[[int, int], Awaitable[None]]
# Whether what a button names is the business of who presses it, where they press it.
Guard = Callable[[AsyncConnection, Request, Any], Awaitable[bool]]


class Router:
    """Commands by name, buttons by record type, texts that were asked for by kind; one handler for all other
    text, one for unknown commands.

    `admins` are Telegram's ids of those who reach what is registered at `admin`.
    """

    def __init__(
        self, text: MessageHandler, unknown_command: MessageHandler, admins: Collection[int] = ()
    ) -> None:
        self._text = text
        self._unknown_command = unknown_command
        self.admin = AdminRouter(admins)
        self._commands: dict[str, MessageHandler] = {}
        self._buttons: dict[type[Record], Callable[[Request, Any], Awaitable[None]]] = {}
        self._guards: dict[Owned, Guard] = {}
        self._answers: dict[str, MessageHandler] = {}
        self._keep_expected: set[str] = set()
        self._group_commands: dict[str, MessageHandler] = {}
        self._group_buttons: set[type[Record]] = set()
        self._group_only: set[type[Record]] = set()
        self._personal: MessageHandler | None = None
        self._vote: _VoteHandler | None = None
        self._presence: _PresenceHandler | None = None
        self._moved: _MovedHandler | None = None
        self._left: MessageHandler | None = None
        self._rights: MessageHandler | None = None
        self._after_private: MessageHandler | None = None

    @property
    def guarded(self) -> set[Owned]:
        """Every kind of owner that is asked about."""
        return set(self._guards)

    @property
    def records(self) -> set[type[Record]]:
        """Every type of record that a button may carry."""
        return {*self._buttons, *self.admin.buttons}

    def command(self, name: str, handler: MessageHandler, *, ends_expected: bool = True) -> None:
        """`/name` goes to `handler`, which finds what follows it in `request.text`.

        A text that was asked for is expected no longer, unless the handler sees to that itself.
        """
        self._commands[name] = handler
        if not ends_expected:
            self._keep_expected.add(name)

    def button(
        self, kind: type[R], handler: Callable[[Request, R], Awaitable[None]], *, where: Where = "private"
    ) -> None:
        """A tap on a button that carries a record of this type, in private unless something else is said.

        Raises ValueError for a record that names what is an admin's business: it belongs to `admin`.
        """
        if AN_ADMINS in kind.owned.values():
            raise ValueError(f"{kind.__name__} is for admins")
        self._buttons[kind] = handler
        if where != "private":
            self._group_buttons.add(kind)
        if where == "group":
            self._group_only.add(kind)

    def guard(self, owned: Owned, guard: Guard) -> None:
        """Before a button that names rows of this kind is handled, `guard` says whether it may be."""
        self._guards[owned] = guard

    def group_command(self, name: str, handler: MessageHandler) -> None:
        """`/name` in a group."""
        self._group_commands[name] = handler

    def on_personal_command(self, handler: MessageHandler) -> None:
        """A command in a group that belongs into a private chat."""
        self._personal = handler

    def on_group_presence(self, presence: _PresenceHandler, moved: _MovedHandler) -> None:
        """`presence`: the bot was added (True) or removed. `moved`: old and new id of a group."""
        self._presence, self._moved = presence, moved

    def on_poll(self, vote: _VoteHandler) -> None:
        """Telegram's poll id, and the positions of the options that somebody chose."""
        self._vote = vote

    def on_member_left(self, left: MessageHandler) -> None:
        """The person of the request left a group."""
        self._left = left

    def on_rights(self, handler: MessageHandler) -> None:
        """The bot may do more in the group of the request, or less."""
        self._rights = handler

    def after_private(self, handler: MessageHandler) -> None:
        """Called when something was answered in private."""
        self._after_private = handler

    def answer(self, kind: str, handler: MessageHandler) -> None:
        """A text that was asked for (storage.people.expected) goes to `handler`, until a command or a tap."""
        self._answers[kind] = handler

    async def route_message(self, request: Request, command: str | None) -> None:
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
            await self._answers.get(await _expected(request) or "", self._text)(request)
            return
        if command not in self._keep_expected:
            await _end_expected(request)
        handler = self._commands.get(command) or self.admin.command_for(request, command)
        await (handler or self._unknown_command)(request)

    async def route_tap(self, request: Request, data: str) -> None:
        """Call the handler of a button. Raises StaleButton for data that this version cannot read, and for
        somebody else's button, or an admin's, under this finger."""
        record = unpack(data)
        kind = type(record)
        if request.group is not None:
            if kind not in self._group_buttons:
                await request.toast(request.t.plain("private.only"))
                return
            await self._check(request, record)
            await self._buttons[kind](request, record)
            return
        if kind in self._group_only:
            raise StaleButton(f"{record} in a private chat")
        await self._check(request, record)
        await _end_expected(request)
        handler = self._buttons.get(kind) or self.admin.button_for(request, kind)
        await handler(request, record)
        if self._after_private is not None:
            await self._after_private(request)

    async def _check(self, request: Request, record: Record) -> None:
        """Ask the guards of what a record names. Raises StaleButton, and KeyError where there is no guard."""
        asked = [
            (name, owned) for name, owned in record.owned.items() if owned not in (EVERYBODYS, AN_ADMINS)
        ]
        if not asked or request.update.state == "applied":  # it was theirs, and may be gone by their own tap
            return
        async with request.database.read() as conn:
            for name, owned in asked:
                if not await self._guards[owned](conn, request, getattr(record, name)):
                    raise StaleButton(f"{record} is not for person {request.person.id} in {request.chat_id}")

    async def route_vote(self, request: Request, poll_id: str, positions: list[int]) -> None:
        """Somebody voted in a poll of ours, or took their vote back."""
        if self._vote is not None:
            await self._vote(request, poll_id, positions)

    async def route_presence(self, request: Request, present: bool) -> None:
        """The bot was added to a group, or removed."""
        if self._presence is not None:
            await self._presence(request, present)

    async def route_rights(self, request: Request) -> None:
        """What the bot may do in a group has changed."""
        if self._rights is not None:
            await self._rights(request)

    async def route_left(self, request: Request) -> None:
        """The person of this request left a group."""
        if self._left is not None:
            await self._left(request)

    async def route_moved(self, old: int, new: int) -> None:
        """A group became a supergroup."""
        if self._moved is not None:
            await self._moved(old, new)


class AdminRouter:
    """What admins alone reach, in private alone. To anybody else its commands are unknown and its buttons
    stale. No handler checks it again, and none can forget to."""

    def __init__(self, admins: Collection[int]) -> None:
        self._admins = admins
        self._commands: dict[str, MessageHandler] = {}
        self.buttons: dict[type[Record], Callable[[Request, Any], Awaitable[None]]] = {}

    @property
    def commands(self) -> tuple[str, ...]:
        """The names of admins' commands, in the order in which they came."""
        return tuple(self._commands)

    def command(self, name: str, handler: MessageHandler) -> None:
        """`/name` of an admin."""
        self._commands[name] = handler

    def button(self, kind: type[R], handler: Callable[[Request, R], Awaitable[None]]) -> None:
        """A tap of an admin on a button that carries a record of this type."""
        self.buttons[kind] = handler

    def command_for(self, request: Request, name: str) -> MessageHandler | None:
        """The handler of a command; None if there is none for the one who asks."""
        return self._commands.get(name) if self._is_admin(request) else None

    def button_for(self, request: Request, kind: type[Record]) -> Callable[[Request, Any], Awaitable[None]]:
        """The handler of a button. Raises StaleButton for anybody else."""
        if not self._is_admin(request):
            raise StaleButton(f"{request.person.telegram_id} is no admin")
        return self.buttons[kind]

    def _is_admin(self, request: Request) -> bool:
        return request.person.telegram_id in self._admins


async def _expected(request: Request) -> str | None:
    async with request.database.read() as conn:
        return await expected.of(conn, request.person.id)


async def _end_expected(request: Request) -> None:
    """Before the effect; not when an update comes back after it, since the effect may have been to ask."""
    if request.update.state != "applied" and await _expected(request) is not None:
        async with request.database.write() as conn:
            await expected.forget(conn, request.person.id)
