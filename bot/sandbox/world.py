"""The world of the local Telegram: people, chats, messages, the update queue, and what people do."""

import secrets
import time
from collections import deque
from pathlib import Path
from typing import Any

from bot.sandbox.changes import Changes
from bot.sandbox.entities import find_entities, tidy
from bot.sandbox.errors import ControlError
from bot.sandbox.objects import bot_user, button_kind, chat_object, message_object, user_object
from bot.sandbox.records import Call, Chat, Json, Message, Person, Query
from bot.sandbox.store import Store
from bot.sandbox.updates import UpdateQueue

__all__ = ["Sandbox"]

_CALLS_KEPT = 5000
_QUERY_LIFETIME = 15 * 60.0  # seconds in which a query can be answered; Telegram publishes no figure
_FIRST_PEOPLE = (  # one id above 2**31, as most new accounts have, one below
    Person(5_170_394_001, "Ada", username="ada_l", language_code="en"),
    Person(806_132_947, "Grace", username="grace_h", language_code="en"),
)


class Sandbox:
    """The world that one bot and several people share. `token` names the bot: "<bot id>:<secret>".

    With `path` it is kept in a sqlite3 file: chats, unconfirmed updates and open queries survive a restart.
    All of it belongs to one event loop; `changes` announces what happens.
    Raises ValueError if the token is not of Telegram's form.
    """

    def __init__(
        self,
        token: str,
        *,
        bot_username: str = "matinee_bot",
        bot_name: str = "Matinee",
        path: Path | None = None,
    ) -> None:
        number, _, secret = token.partition(":")
        if not (number.isdecimal() and secret):
            raise ValueError("the token must look like 123456:secret")
        self._token = token
        self.bot = Person(int(number), bot_name, username=bot_username)
        self.store = Store(path)
        self.changes = Changes()
        self.updates = UpdateQueue(self.store, self.changes)
        self.calls: deque[Call] = deque(maxlen=_CALLS_KEPT)
        self.people = {p["person_id"]: Person(**p) for p in self.store.all("person")}
        self.chats = {c["chat_id"]: Chat(**c) for c in self.store.all("chat")}
        self.queries = {q["query_id"]: Query(**q) for q in self.store.all("query")}
        self.messages = {(m["chat_id"], m["message_id"]): Message(**m) for m in self.store.all("message")}
        self._last_message_id: int = self.store.get("meta", "last_message_id") or 0
        self._last_call = 0
        if not self.people:
            for person in _FIRST_PEOPLE:
                self.add_person(**vars(person))

    def has_token(self, token: str) -> bool:
        """Whether this is the bot's token."""
        return secrets.compare_digest(token.encode(), self._token.encode())

    def close(self) -> None:
        """Close the file. The world cannot be used afterwards."""
        self.changes.close()
        self.store.close()

    # The state, and how it changes

    def chat_messages(self, chat_id: int) -> list[Message]:
        """The messages of a chat, oldest first."""
        return sorted(
            (message for message in self.messages.values() if message.chat_id == chat_id),
            key=lambda message: message.message_id,
        )

    def new_message(self, chat_id: int, sender_id: int, text: str, **fields: Any) -> Message:
        """Add a message. Ids count up over all private chats, as they do for a bot on Telegram."""
        self._last_message_id += 1
        self.store.put("meta", "last_message_id", self._last_message_id)
        message = Message(self._last_message_id, chat_id, sender_id, int(time.time()), text, **fields)
        self.messages[chat_id, message.message_id] = message
        if sender_id == self.bot.person_id:
            self.chats[chat_id].typing_until = 0.0
        self.save_message(message)
        return message

    def save_message(self, message: Message) -> None:
        """Write a message that is new or was changed."""
        message.version = self.touch(message.chat_id)
        self.store.put("message", f"{message.chat_id}:{message.message_id}", vars(message))

    def delete_message(self, message: Message) -> None:
        """Remove a message for everybody; its id is never given again."""
        del self.messages[message.chat_id, message.message_id]
        self.store.delete("message", f"{message.chat_id}:{message.message_id}")
        self.touch(message.chat_id)

    def save_query(self, query: Query) -> None:
        """Write a query that is new or was answered."""
        self.store.put("query", query.query_id, vars(query))
        self.touch(query.chat_id)

    def query_is_open(self, query: Query) -> bool:
        """Whether the bot can still answer."""
        return not query.expired and time.time() - query.time < _QUERY_LIFETIME

    def touch(self, chat_id: int) -> int:
        """Announce a change in a chat; its new version."""
        chat = self.chats[chat_id]
        chat.version += 1
        self.store.put("chat", chat_id, vars(chat))
        self.changes.notify()
        return chat.version

    def log_call(self, method: str, params: Json, verdict: str, error: tuple[int, str] | None) -> None:
        """Note a call of the bot; `error` is the code and description of a refusal."""
        self._last_call += 1
        code, description = error or (None, None)
        self.calls.append(
            Call(self._last_call, method, params, verdict, error is None, code, description, time.time())
        )

    # What people do

    def person(self, person_id: int) -> Person:
        """Raises ControlError 404 for nobody we know."""
        if person_id not in self.people:
            raise ControlError(404, f"there is no person {person_id}", people=list(self.people))
        return self.people[person_id]

    def add_person(
        self,
        first_name: str,
        person_id: int | None = None,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str = "en",
        **state: bool,
    ) -> Person:
        """Somebody new, with a private chat, still empty. Raises ControlError 409 if the id is taken."""
        if person_id is None:
            person_id = 7_000_000_000 + secrets.randbelow(1_000_000_000)
        if person_id in self.people or person_id == self.bot.person_id:
            raise ControlError(409, f"the id {person_id} is taken")
        person = Person(person_id, first_name, last_name, username, language_code, **state)
        self.people[person_id] = person
        self.chats.setdefault(person_id, Chat(person_id))
        self.store.put("person", person_id, vars(person))
        self.touch(person_id)
        return person

    def say(self, person_id: int, text: str) -> tuple[Message, int | None]:
        """A person writes to the bot; the message and the id of its update.

        Raises ControlError: 400 for a text that no app would send, 409 for somebody who blocked the bot.
        """
        person = self.person(person_id)
        text, entities = tidy(text, find_entities(text))
        if not 1 <= len(text) <= 4096:
            raise ControlError(400, "a message has 1 to 4096 characters")
        if person.blocked:
            raise ControlError(409, f"{person.first_name} blocked the bot, and has to unblock it first")
        if not person.started:
            person.started = True
            self.store.put("person", person_id, vars(person))
        message = self.new_message(person_id, person_id, text, entities=entities)
        return message, self.updates.add("message", message_object(self, message))

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
        person = self.person(person_id)
        if person.blocked:
            raise ControlError(409, f"{person.first_name} blocked the bot, and has to unblock it first")
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
