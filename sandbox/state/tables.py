"""The state of the local Telegram: a table for each kind of record, and the look-ups that many need."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sandbox.errors import ControlError
from sandbox.state.records import Chat, File, Member, Message, Person, Poll, Query, Topic
from sandbox.state.store import Store

Key = TypeVar("Key")
Record = TypeVar("Record")


class Table(dict[Key, Record], Generic[Key, Record]):
    """The records of one kind by key. What was added or changed has to be saved."""

    def __init__(self, store: Store, kind: str, record: type[Record], key: Callable[[Record], Key]) -> None:
        self._store = store
        self._kind = kind
        self._key = key
        super().__init__((key(found), found) for found in (record(**body) for body in store.all(kind)))

    def save(self, record: Record) -> None:
        """Write a record that is new or was changed."""
        key = self._key(record)
        self[key] = record
        self._store.put(self._kind, _written(key), vars(record))

    def remove(self, record: Record) -> None:
        """Take a record out."""
        key = self._key(record)
        del self[key]
        self._store.delete(self._kind, _written(key))


class State:
    """What there is. `bot` is the bot's account; all else is in tables, which survive a restart."""

    def __init__(self, store: Store, bot: Person) -> None:
        self.bot = bot
        self.people = Table(store, "person", Person, lambda person: person.person_id)
        self.chats = Table(store, "chat", Chat, lambda chat: chat.chat_id)
        self.members = Table(store, "member", Member, lambda member: (member.chat_id, member.person_id))
        self.topics = Table(store, "topic", Topic, lambda topic: (topic.chat_id, topic.thread_id))
        self.messages = Table(store, "message", Message, lambda found: (found.chat_id, found.message_id))
        self.polls = Table(store, "poll", Poll, lambda poll: poll.poll_id)
        self.queries = Table(store, "query", Query, lambda query: query.query_id)
        self.files = Table(store, "file", File, lambda file: file.file_id)

    def person(self, person_id: int) -> Person:
        """Raises ControlError 404 for nobody we know."""
        if person_id not in self.people:
            raise ControlError(404, f"there is no person {person_id}", people=list(self.people))
        return self.people[person_id]

    def reachable(self, person_id: int) -> Person:
        """A person who can write to the bot. Raises ControlError 404, or 409 for one who blocked it."""
        person = self.person(person_id)
        if person.blocked:
            raise ControlError(409, f"{person.first_name} blocked the bot, and has to unblock it first")
        return person

    def chat(self, chat_id: int) -> Chat:
        """Raises ControlError 404 for no chat of ours."""
        if chat_id not in self.chats:
            raise ControlError(404, f"there is no chat {chat_id}", chats=list(self.chats))
        return self.chats[chat_id]

    def groups(self) -> list[Chat]:
        """Every group and supergroup, older ones first."""
        return [chat for chat in self.chats.values() if chat.type != "private"]

    def group(self, chat_id: int) -> Chat:
        """Raises ControlError 404 for no chat of ours, 409 for a private one."""
        chat = self.chat(chat_id)
        if chat.type == "private":
            raise ControlError(409, "this is a private chat, not a group")
        return chat

    def current_group(self, chat_id: int) -> Chat:
        """Raises ControlError as `group`, and 409 for one that has become a supergroup."""
        chat = self.group(chat_id)
        if chat.migrated_to is not None:
            raise ControlError(409, "this group became a supergroup", migrated_to=chat.migrated_to)
        return chat

    def member(self, chat_id: int, person_id: int) -> Member:
        """Somebody's place in a group; who was never there has "left"."""
        return self.members.get((chat_id, person_id)) or Member(chat_id, person_id, "left")

    def bot_member(self, chat_id: int) -> Member:
        """The bot's place in a group."""
        return self.member(chat_id, self.bot.person_id)

    def present_member(self, chat_id: int, person_id: int) -> Member:
        """A person's place in a group that they are in. Raises ControlError 404 or 409."""
        person, member = self.person(person_id), self.member(chat_id, person_id)
        if not member.present:
            raise ControlError(409, f"{person.first_name} is not in this group")
        return member

    def members_of(self, chat_id: int) -> list[Member]:
        """Everybody who is or was in a group, in the order in which they came."""
        return [member for member in self.members.values() if member.chat_id == chat_id]

    def topics_of(self, chat_id: int) -> list[Topic]:
        """The topics of a forum, older ones first."""
        return [topic for topic in self.topics.values() if topic.chat_id == chat_id]

    def topic(self, chat_id: int, thread_id: int) -> Topic:
        """Raises ControlError 404 for none, with those that there are."""
        if (chat_id, thread_id) not in self.topics:
            known = [topic.thread_id for topic in self.topics_of(chat_id)]
            raise ControlError(404, f"there is no topic {thread_id}", topics=known)
        return self.topics[chat_id, thread_id]

    def messages_of(self, chat_id: int) -> list[Message]:
        """The messages of a chat, oldest first."""
        found = [message for message in self.messages.values() if message.chat_id == chat_id]
        return sorted(found, key=lambda message: message.message_id)

    def message(self, chat_id: int, message_id: int) -> Message:
        """Raises ControlError 404 for none."""
        if (chat_id, message_id) not in self.messages:
            raise ControlError(404, f"there is no message {message_id} in this chat")
        return self.messages[chat_id, message_id]


def _written(key: Any) -> str:
    """A key as the store has it: "7", or "-100:7" for one of two parts."""
    return ":".join(map(str, key)) if isinstance(key, tuple) else str(key)
