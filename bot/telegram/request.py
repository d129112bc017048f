"""One update on its way through a handler: who asks, what for, and how to answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.telegram.messenger import Messenger
from bot.telegram.reading import Group
from bot.telegram.screen import Photo, Screen
from bot.texts import Html, Translator
from storage.database import AsyncConnection, Database
from storage.people.people import Person
from storage.running import updates
from storage.running.updates import StoredUpdate

P = ParamSpec("P")
T = TypeVar("T", bound=int | str | bool | list[Any] | dict[str, Any] | None)


@dataclass(slots=True)
class Request:
    """Handed to a handler. `text` is a message's text, or what follows a `command`.

    `message_id` is the message that a button sits on; it and `query_id` are None for messages. `name` is the
    person's, as others see it; `group` is None in a private chat.
    """

    update: StoredUpdate
    person: Person
    chat_id: int
    text: str
    message_id: int | None
    query_id: str | None
    t: Translator
    database: Database
    messenger: Messenger
    name: str = ""
    command: str | None = None
    group: Group | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    answered: bool = False
    ran: bool = False  # whether this try's effect was asked for

    async def once(
        self,
        effect: Callable[Concatenate[AsyncConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `effect(conn, *args)` in a transaction that also marks this update applied; at most once, ever.

        When the update comes back after a crash, the effect is not repeated: what it returned then is
        returned again, so that a handler renders from it and from the state.
        """
        if self.ran:
            raise RuntimeError("a handler has one effect: a second one would be skipped after a crash")
        self.ran = True
        if self.update.state == "applied":
            result: T = self.update.result  # type: ignore[assignment]  # what the effect returned, through JSON
            return result
        async with self.database.write() as conn:
            await updates.hold(conn, self.update.seq)
            value = await effect(conn, *args, **kwargs)
            await updates.mark_applied(conn, self.update.seq, value)
        self.update = replace(self.update, state="applied", result=value)
        return value

    async def reply(self, screen: Screen, to: int | None = None) -> None:
        """A new message in this chat, in answer to another one if that is named."""
        await self.messenger.send(self.chat_id, screen, self.group.topic_id if self.group else 0, to)

    async def reply_file(self, name: str, content: bytes, caption: Html) -> None:
        """A file in this chat."""
        await self.messenger.send_file(self.chat_id, name, content, caption)

    async def reply_photo(self, photo: Photo) -> None:
        """A picture in this chat."""
        await self.messenger.send_photo(self.chat_id, photo)

    def remainder(self) -> dict[str, Any]:
        """As little of this update's body as it takes to answer it again after a crash.

        Ids and what was tapped, no name and no text; empty for what is not a tap.
        """
        query: Any = self.update.body.get("callback_query")
        if not isinstance(query, dict):
            return {}
        message = query["message"]
        bare: dict[str, Any] = _only(query, "id", "chat_instance", "data")
        bare["from"] = {"is_bot": False, "first_name": "", **_only(query["from"], "id", "language_code")}
        bare["message"] = {
            **_only(message, "message_id", "date"),
            "chat": _only(message["chat"], "id", "type"),
        }
        return {"update_id": self.update.update_id, "callback_query": bare}

    def moved(self, chat_id: int) -> None:
        """The group has another id by now."""
        self.chat_id = chat_id
        if self.group is not None:
            self.group = replace(self.group, chat_id=chat_id)

    async def show(self, screen: Screen) -> None:
        """Change the message whose button was tapped; a new message where that is not possible."""
        if self.message_id is None or not await self.messenger.edit(self.chat_id, self.message_id, screen):
            await self.reply(screen)

    async def toast(self, text: str | None = None) -> None:
        """Answer the tap. Nothing for a message; each tap is answered once."""
        if self.query_id is not None and not self.answered:
            await self.messenger.answer(self.query_id, text)
            self.answered = True


def _only(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
