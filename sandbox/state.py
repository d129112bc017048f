"""The state of the local Telegram: people, chats, members, messages, polls, files, the log of calls."""

import secrets
import time
from collections import deque
from pathlib import Path
from typing import Any

from sandbox.changes import Changes
from sandbox.errors import ControlError
from sandbox.faults import Faults
from sandbox.files import Files
from sandbox.records import Call, Chat, Json, Member, Message, Person, Poll, Query, Topic
from sandbox.schema import Upload
from sandbox.store import Store
from sandbox.updates import UpdateQueue

_CALLS_KEPT = 5000
_QUERY_LIFETIME = 15 * 60.0  # seconds in which a query can be answered; Telegram publishes no figure
_FIRST_PEOPLE = (  # one id above 2**31, as most new accounts have, one below
    Person(5_170_394_001, "Ada", username="ada_l", language_code="en"),
    Person(806_132_947, "Grace", username="grace_h", language_code="en"),
)


class State:
    """What there is, and how it changes: every change is written and announced."""

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
        self.files = Files(self.store)
        self.faults = Faults(self.changes)
        self.calls: deque[Call] = deque(maxlen=_CALLS_KEPT)
        self.people = {p["person_id"]: Person(**p) for p in self.store.all("person")}
        self.chats = {c["chat_id"]: Chat(**c) for c in self.store.all("chat")}
        self.queries = {q["query_id"]: Query(**q) for q in self.store.all("query")}
        self.messages = {(m["chat_id"], m["message_id"]): Message(**m) for m in self.store.all("message")}
        self.members = {(m["chat_id"], m["person_id"]): Member(**m) for m in self.store.all("member")}
        self.topics = {(t["chat_id"], t["thread_id"]): Topic(**t) for t in self.store.all("topic")}
        self.polls = {p["poll_id"]: Poll(**p) for p in self.store.all("poll")}
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

    def chat_messages(self, chat_id: int) -> list[Message]:
        """The messages of a chat, oldest first."""
        return sorted(
            (message for message in self.messages.values() if message.chat_id == chat_id),
            key=lambda message: message.message_id,
        )

    def new_message(self, chat_id: int, sender_id: int, text: str, **fields: Any) -> Message:
        """Add a message."""
        message_id = self._next_message_id(self.chats[chat_id])
        message = Message(message_id, chat_id, sender_id, int(time.time()), text, **fields)
        self.messages[chat_id, message.message_id] = message
        if sender_id == self.bot.person_id:
            self.chats[chat_id].typing_until = 0.0
        self.save_message(message)
        return message

    def _next_message_id(self, chat: Chat) -> int:
        """As for a bot on Telegram: a supergroup counts by itself, all other chats count together."""
        if chat.type == "supergroup":
            chat.last_message_id += 1
            return chat.last_message_id
        self._last_message_id += 1
        self.store.put("meta", "last_message_id", self._last_message_id)
        return self._last_message_id

    def save_message(self, message: Message) -> None:
        """Write a message that is new or was changed."""
        message.version = self.touch(message.chat_id)
        self.store.put("message", f"{message.chat_id}:{message.message_id}", vars(message))

    def delete_message(self, message: Message) -> None:
        """Remove a message for everybody; its id is never given again."""
        del self.messages[message.chat_id, message.message_id]
        self.store.delete("message", f"{message.chat_id}:{message.message_id}")
        if message.poll_id is not None:
            del self.polls[message.poll_id]
            self.store.delete("poll", message.poll_id)
        self.touch(message.chat_id)

    def save_member(self, member: Member) -> None:
        """Write a membership that is new or was changed."""
        self.members[member.chat_id, member.person_id] = member
        self.store.put("member", f"{member.chat_id}:{member.person_id}", vars(member))
        self.touch(member.chat_id)

    def member(self, chat_id: int, person_id: int) -> Member:
        """Somebody's place in a group; whoever was never there has "left"."""
        return self.members.get((chat_id, person_id)) or Member(chat_id, person_id, "left")

    def bot_member(self, chat_id: int) -> Member:
        """The bot's place in a group."""
        return self.member(chat_id, self.bot.person_id)

    def save_topic(self, topic: Topic) -> None:
        """Write a topic that is new or was changed."""
        self.topics[topic.chat_id, topic.thread_id] = topic
        self.store.put("topic", f"{topic.chat_id}:{topic.thread_id}", vars(topic))
        self.touch(topic.chat_id)

    def save_poll(self, poll: Poll) -> None:
        """Write a poll that is new or was changed, and so its message."""
        self.polls[poll.poll_id] = poll
        self.store.put("poll", poll.poll_id, vars(poll))
        if message := self.messages.get((poll.chat_id, poll.message_id)):
            self.save_message(message)

    def save_query(self, query: Query) -> None:
        """Write a query that is new or was answered."""
        self.store.put("query", query.query_id, vars(query))
        self.touch(query.chat_id)

    def query_is_open(self, query: Query) -> bool:
        """Whether the bot can still answer."""
        return not query.expired and time.time() - query.time < _QUERY_LIFETIME

    def chat_of(self, params: Json) -> int | None:
        """The chat that a call of the bot is about; a callback answer's is that of the tap."""
        query = self.queries.get(str(params.get("callback_query_id")))
        chat_id = query.chat_id if query else params.get("chat_id")
        return chat_id if isinstance(chat_id, int) else None

    def touch(self, chat_id: int) -> int:
        """Announce a change in a chat; its new version."""
        chat = self.chats[chat_id]
        chat.version += 1
        self.store.put("chat", chat_id, vars(chat))
        self.changes.notify()
        return chat.version

    def log_call(
        self,
        method: str,
        params: Json,
        verdict: str,
        error: tuple[int, str] | None,
        fault: str | None = None,
    ) -> None:
        """Note a call of the bot; `error` is the code and description of a refusal."""
        self._last_call += 1
        code, description = error or (None, None)
        params = {name: _loggable(value) for name, value in params.items()}
        self.calls.append(
            Call(
                self._last_call,
                method,
                params,
                verdict,
                ok=error is None,
                error_code=code,
                description=description,
                time=time.time(),
                chat_id=self.chat_of(params),
                fault=fault,
            )
        )
        self.changes.notify()

    def chat(self, chat_id: int) -> Chat:
        """Raises ControlError 404 for no chat of ours."""
        if chat_id not in self.chats:
            raise ControlError(404, f"there is no chat {chat_id}", chats=list(self.chats))
        return self.chats[chat_id]

    def group(self, chat_id: int) -> Chat:
        """Raises ControlError 404 for no chat of ours, 409 for a private one."""
        chat = self.chat(chat_id)
        if chat.type == "private":
            raise ControlError(409, "this is a private chat, not a group")
        return chat

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


def _loggable(value: Any) -> Any:
    """A parameter for the log: of a file only its name and size."""
    return {"file": value.filename, "bytes": len(value.content)} if isinstance(value, Upload) else value
