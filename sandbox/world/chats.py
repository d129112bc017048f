"""Chats and the messages in them: every change is written and announced."""

import time
from typing import Any

from sandbox.state.changes import Changes
from sandbox.state.records import Chat, Message
from sandbox.state.store import Store
from sandbox.state.tables import State


class Chats:
    """Adds, changes and removes messages, and counts the versions of chats."""

    def __init__(self, store: Store, state: State, changes: Changes) -> None:
        self._store = store
        self._state = state
        self._changes = changes
        self._last_message_id: int = store.get("meta", "last_message_id") or 0

    def touch(self, chat_id: int) -> int:
        """Announce a change in a chat; its new version."""
        chat = self._state.chats[chat_id]
        chat.version += 1
        self._state.chats.save(chat)
        self._changes.notify()
        return chat.version

    def add(self, chat: Chat) -> Chat:
        """Add a chat, if its id is new."""
        added = self._state.chats.setdefault(chat.chat_id, chat)
        self.touch(chat.chat_id)
        return added

    def add_message(self, chat_id: int, sender_id: int, text: str, **fields: Any) -> Message:
        """Add a message, by default in the thread of the one that it answers."""
        chat = self._state.chats[chat_id]
        message = Message(self._next_message_id(chat), chat_id, sender_id, int(time.time()), text, **fields)
        message.thread_id = message.thread_id or self._thread_of_reply(chat, message.reply_to)
        if sender_id == self._state.bot.person_id:
            chat.typing_until = 0.0
        self.save_message(message)
        return message

    def save_message(self, message: Message) -> None:
        """Write a message that is new or was changed."""
        message.version = self.touch(message.chat_id)
        self._state.messages.save(message)

    def delete_message(self, message: Message) -> None:
        """Remove a message for everybody, and its poll; its id is never given again."""
        self._state.messages.remove(message)
        if message.poll_id is not None:
            self._state.polls.remove(self._state.polls[message.poll_id])
        self.touch(message.chat_id)

    def _thread_of_reply(self, chat: Chat, reply_to: int | None) -> int | None:
        """The topic of the message that is answered; elsewhere in a supergroup, a thread of replies."""
        replied = self._state.messages.get((chat.chat_id, reply_to or 0))
        if chat.type != "supergroup" or replied is None:
            return None
        return replied.thread_id or replied.message_id

    def _next_message_id(self, chat: Chat) -> int:
        """As for a bot on Telegram: a supergroup counts by itself, all other chats count together."""
        if chat.type == "supergroup":
            chat.last_message_id += 1
            return chat.last_message_id
        self._last_message_id += 1
        self._store.put("meta", "last_message_id", self._last_message_id)
        return self._last_message_id
