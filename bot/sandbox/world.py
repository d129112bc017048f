"""The world of the local Telegram: its state, and what people do in it."""

import time
from typing import Any

from bot.sandbox.entities import find_entities, tidy
from bot.sandbox.errors import ControlError
from bot.sandbox.files import MOST_BYTES
from bot.sandbox.objects import bot_user, button_kind, chat_object, message_object, user_object
from bot.sandbox.records import Json, Message, Person, Query
from bot.sandbox.state import State

__all__ = ["Sandbox"]


class Sandbox(State):
    """The world that one bot and several people share. `token` names the bot: "<bot id>:<secret>".

    With `path` it is kept in a sqlite3 file: chats, unconfirmed updates and open queries survive a restart.
    All of it belongs to one event loop; `changes` announces what happens.
    Raises ValueError if the token is not of Telegram's form.
    """

    def say(self, person_id: int, text: str) -> tuple[Message, int | None]:
        """A person writes to the bot; the message and the id of its update.

        Raises ControlError: 400 for a text that no app would send, 409 for somebody who blocked the bot.
        """
        text, entities = tidy(text, find_entities(text))
        if not 1 <= len(text) <= 4096:
            raise ControlError(400, "a message has 1 to 4096 characters")
        return self._write(person_id, text, entities=entities)

    def hand_over(
        self, person_id: int, name: str, content: bytes, mime_type: str | None = None, caption: str = ""
    ) -> tuple[Message, int | None]:
        """A person sends a document; the message and the id of its update.

        Raises ControlError: 400 for a file or a caption that no app would send, 409 for somebody who
        blocked the bot.
        """
        caption, entities = tidy(caption, find_entities(caption))
        if not name:
            raise ControlError(400, "a document has a name")
        if not 0 < len(content) <= MOST_BYTES:
            raise ControlError(400, f"a document has 1 to {MOST_BYTES} bytes")
        if len(caption) > 1024:
            raise ControlError(400, "a caption has up to 1024 characters")
        self._reachable(person_id)
        found = self.files.add("document", name, content, mime_type)
        return self._write(person_id, caption, entities=entities, file_id=found.file_id)

    def _write(self, person_id: int, text: str, **fields: Any) -> tuple[Message, int | None]:
        person = self._reachable(person_id)
        if not person.started:
            person.started = True
            self.store.put("person", person_id, vars(person))
        message = self.new_message(person_id, person_id, text, **fields)
        return message, self.updates.add("message", message_object(self, message))

    def _reachable(self, person_id: int) -> Person:
        """A person who can write to the bot. Raises ControlError 409 for one who blocked it."""
        person = self.person(person_id)
        if person.blocked:
            raise ControlError(409, f"{person.first_name} blocked the bot, and has to unblock it first")
        return person

    def tap(self, person_id: int, label: str, message_id: int | None = None) -> Query | str:
        """A person taps the button `label`, on the newest message that has it unless `message_id` says which.

        Returns the query that the tap made, or the address that the button opens. Where a keyboard has the
        label twice, the first in reading order is tapped. Raises ControlError 404 with the labels there are.
        """
        self.person(person_id)
        messages = self.chat_messages(person_id)[::-1]
        if message_id is not None:
            messages = [message for message in messages if message.message_id == message_id]
        for message in messages:
            for row in (message.reply_markup or {}).get("inline_keyboard", []):
                for button in row:
                    if button["text"] == label:
                        return self._tap_button(message, person_id, button)
        keyboards = {
            message.message_id: [
                [button["text"] for button in row] for row in message.reply_markup["inline_keyboard"]
            ]
            for message in messages
            if message.reply_markup
        }
        raise ControlError(404, f'there is no button "{label}"', labels=keyboards)

    def tap_data(self, person_id: int, data: str, message_id: int) -> Query:
        """A tap that carries `data`, whether or not the message still has such a button.

        This is what an app sends that has not seen the newest keyboard. Raises ControlError 404.
        """
        self.person(person_id)
        if (person_id, message_id) not in self.messages:
            raise ControlError(404, f"there is no message {message_id} in this chat")
        return self._new_query(self.messages[person_id, message_id], person_id, data)

    def _tap_button(self, message: Message, person_id: int, button: Json) -> Query | str:
        if "callback_data" in button:
            return self._new_query(message, person_id, button["callback_data"])
        if "url" in button:
            return str(button["url"])
        raise ControlError(501, f"tapping a {button_kind(button)} button is not supported yet")

    def _new_query(self, message: Message, person_id: int, data: str) -> Query:
        person = self._reachable(person_id)
        newest = max(map(int, self.queries), default=0)
        query = Query(
            str(max(time.time_ns(), newest + 1)),
            person_id,
            message.chat_id,
            message.message_id,
            data,
            time.time(),
        )
        self.queries[query.query_id] = query
        self.save_query(query)
        payload = {
            "id": query.query_id,
            "from": user_object(person),
            "chat_instance": str(message.chat_id * 7919),
            "message": message_object(self, message),
            "data": data,
        }
        self.updates.add("callback_query", payload)
        return query

    def set_blocked(self, person_id: int, blocked: bool) -> Person:
        """A person blocks or unblocks the bot, which hears of it by my_chat_member."""
        person = self.person(person_id)
        if person.blocked == blocked:
            return person
        person.blocked = blocked
        self.store.put("person", person_id, vars(person))
        self.touch(person_id)
        member = {"user": bot_user(self), "status": "member"}
        banned = {"user": bot_user(self), "status": "kicked", "until_date": 0}
        payload = {
            "chat": chat_object(self, self.chats[person_id]),
            "from": user_object(person),
            "date": int(time.time()),
            "old_chat_member": member if blocked else banned,
            "new_chat_member": banned if blocked else member,
        }
        self.updates.add("my_chat_member", payload)
        return person

    def expire_queries(self, query_id: str | None = None) -> list[str]:
        """Let one unanswered query, or all of them, be too old to answer; their ids."""
        expired = [
            query
            for query in self.queries.values()
            if query.answer is None and query_id in (None, query.query_id) and not query.expired
        ]
        for query in expired:
            query.expired = True
            self.save_query(query)
        return [query.query_id for query in expired]
