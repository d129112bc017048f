"""Misbehaviour on command: what a call meets instead of, before or after its effect.

A fault is armed for a method (a pattern such as `edit*`; `*` is any), for a chat or any, and for a number of
calls or until it is removed. The oldest armed fault that fits a call strikes; a call meets one at most.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sandbox.errors import ApiError, ControlError
from sandbox.state.changes import Changes

KINDS = {
    "flood": "429, Too Many Requests, with retry_after = seconds",
    "blocked": "403, as if the person had blocked the bot",
    "deactivated": "403, as if the account were gone",
    "kicked": "403, as if the bot had been removed from the group",
    "no_rights": "400, as if members of the group might not send polls",
    "error": "a failure of the server, with status (500 to 599)",
    "error_after": "a failure of the server, with status (500 to 599), after the call took effect",
    "html": "a page of HTML instead of JSON, with status (200, or 500 to 599)",
    "delay": "the call is carried out after so many seconds",
    "drop_before": "the connection breaks, and nothing has happened",
    "drop_after": "the connection breaks after the call took effect",
}
_LONGEST = 120.0  # seconds
_WORDS = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class NotJson(ApiError):
    """The answer is a page of HTML, as a proxy in front of Telegram writes it."""


class Dropped(ApiError):
    """There is no answer: the connection is closed without one."""


@dataclass
class Fault:
    """An armed fault; `left` counts down the calls that it still strikes, None is without end."""

    fault_id: int
    kind: str
    method: str = "*"
    chat_id: int | None = None
    left: int | None = 1
    seconds: float = 1.0
    status: int = 502
    struck: int = 0

    def fits(self, method: str, chat_id: int | None) -> bool:
        """Whether the fault is for this call."""
        same_method = fnmatchcase(method.lower(), self.method.lower())
        return self.left != 0 and same_method and self.chat_id in (None, chat_id)

    def refusal(self) -> ApiError | None:
        """What the call gets instead of its effect; None for a fault that lets it happen."""
        words = _WORDS.get(self.status, "Server Error")
        wait = max(round(self.seconds), 1)
        return {
            "flood": ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait),
            "blocked": ApiError(403, "Forbidden: bot was blocked by the user"),
            "deactivated": ApiError(403, "Forbidden: user is deactivated"),
            "kicked": ApiError(403, "Forbidden: bot was kicked from the group chat"),
            "no_rights": ApiError(400, "Bad Request: not enough rights to send polls to the chat"),
            "error": ApiError(self.status, words),
            "html": NotJson(self.status, "an HTML page instead of an answer"),
            "drop_before": Dropped(0, "the connection was dropped before the call took effect"),
        }.get(self.kind)


class Faults:
    """The armed faults of a world. They live in memory: a restart clears them."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._armed: dict[int, Fault] = {}
        self._last_id = 0
        self.version = 0  # counts everything that a reader of the list could notice

    def armed(self) -> list[Fault]:
        """The armed faults, oldest first."""
        return list(self._armed.values())

    def arm(
        self,
        kind: str,
        method: str = "*",
        chat_id: int | None = None,
        times: int | None = 1,
        seconds: float = 1.0,
        status: int = 502,
    ) -> Fault:
        """Arm a fault. Raises ControlError 400 for one that makes no sense."""
        if kind not in KINDS:
            raise ControlError(400, f'there is no fault "{kind}"', kinds=KINDS)
        if not method:
            raise ControlError(400, '"method" is a pattern such as "edit*", or "*" for any')
        if times is not None and times < 1:
            raise ControlError(400, '"times" must be at least 1, or null for "until removed"')
        if not 0 < seconds <= _LONGEST:
            raise ControlError(400, f'"seconds" must be above 0 and at most {_LONGEST:.0f}')
        if not (500 <= status <= 599 or (kind == "html" and status == 200)):
            raise ControlError(400, '"status" must be 500 to 599; for "html" also 200')
        self._last_id += 1
        fault = Fault(self._last_id, kind, method, chat_id, times, seconds, status)
        self._armed[fault.fault_id] = fault
        self._changed()
        return fault

    def remove(self, fault_id: int | None = None) -> list[int]:
        """Disarm one fault, or all; the ids. Raises ControlError 404 for one that is not armed."""
        if fault_id is not None and fault_id not in self._armed:
            raise ControlError(404, f"there is no armed fault {fault_id}", armed=list(self._armed))
        gone = list(self._armed) if fault_id is None else [fault_id]
        for number in gone:
            del self._armed[number]
        self._changed()
        return gone

    def strike(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault that this call meets; it counts down, and is gone after its last call."""
        fault = next((fault for fault in self._armed.values() if fault.fits(method, chat_id)), None)
        if fault is None:
            return None
        fault.struck += 1
        if fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                del self._armed[fault.fault_id]
        self._changed()
        return fault

    @staticmethod
    async def carry_out(fault: Fault | None, call: Callable[[], Awaitable[Any]]) -> Any:
        """The call's result, under the fault that it met. Raises ApiError in its place."""
        if fault is None:
            return await call()
        if refusal := fault.refusal():
            raise refusal
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        result = await call()
        if fault.kind == "error_after":
            raise ApiError(fault.status, _WORDS.get(fault.status, "Server Error"))
        if fault.kind == "drop_after":
            raise Dropped(0, "the connection was dropped after the call took effect")
        return result

    def _changed(self) -> None:
        self.version += 1
        self._changes.notify()
