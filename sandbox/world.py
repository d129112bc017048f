"""The world of the local Telegram: its state, and what people do in it."""

import time
from typing import Any

from sandbox.entities import find_entities, tidy
from sandbox.errors import ControlError
from sandbox.files import MOST_BYTES
from sandbox.links import read_link
from sandbox.objects import bot_user, button_kind, chat_object, message_object, user_object
from sandbox.polls import Polls
from sandbox.records import Chat, Json, Message, Person, Query


class Sandbox(Polls):
    """The world that one bot and several people share. `token` names the bot: "<bot id>:<secret>".

    With `path` it is kept in a sqlite3 file: chats, unconfirmed updates and open queries survive a restart.
    All of it belongs to one event loop; `changes` announces what happens.
    Raises ValueError if the token is not of Telegram's form.
    """

    def say(
        self,
        person_id: int,
        text: str,
        chat_id: int | None = None,
        *,
        thread_id: int | None = None,
        reply_to: int | None = None,
        anonymous: bool = False,
    ) -> tuple[Message, int | None]:
        """A person writes, to the bot or in a group; the message, and the id of its update if there is one.

        An administrator of a group may be `anonymous`, and write in its name. Raises ControlError: 400 for
        a text that no app would send, 404 for a topic or message that is not there, 409 for somebody who
        cannot write there, or not so.
        """
        text, entities = tidy(text, find_entities(text))
        if not 1 <= len(text) <= 4096:
            raise ControlError(400, "a message has 1 to 4096 characters")
        if anonymous and not self.member(chat_id or person_id, person_id).governs:
            raise ControlError(409, "only an administrator of a group can be anonymous")
        return self._write(
            person_id, text, chat_id, thread_id, reply_to, entities=entities, anonymous=anonymous
        )

    def hand_over(
        self,
        person_id: int,
        name: str,
        content: bytes,
        mime_type: str | None = None,
        caption: str = "",
        chat_id: int | None = None,
        *,
        thread_id: int | None = None,
    ) -> tuple[Message, int | None]:
        """A person sends a document; the message and the id of its update.

        Raises ControlError: 400 for a file or a caption that no app would send, otherwise as `say`.
        """
        caption, entities = tidy(caption, find_entities(caption))
        if not name:
            raise ControlError(400, "a document has a name")
        if not 0 < len(content) <= MOST_BYTES:
            raise ControlError(400, f"a document has 1 to {MOST_BYTES} bytes")
        if len(caption) > 1024:
            raise ControlError(400, "a caption has up to 1024 characters")
        self._writable(person_id, chat_id, thread_id)
        found = self.files.add("document", name, content, mime_type)
        return self._write(person_id, caption, chat_id, thread_id, entities=entities, file_id=found.file_id)

    def _write(
        self,
        person_id: int,
        text: str,
        chat_id: int | None,
        thread_id: int | None,
        reply_to: int | None = None,
        **fields: Any,
    ) -> tuple[Message, int | None]:
        chat = self._writable(person_id, chat_id, thread_id)
        person = self.people[person_id]
        if chat.type == "private" and not person.started:
            person.started = True
            self.store.put("person", person_id, vars(person))
        replied = self.messages.get((chat.chat_id, reply_to)) if reply_to is not None else None
        if reply_to is not None and replied is None:
            raise ControlError(404, f"there is no message {reply_to} in this chat")
        thread_id = thread_id or self.thread_of_reply(chat, replied)
        message = self.new_message(
            chat.chat_id, person_id, text, thread_id=thread_id, reply_to=reply_to, **fields
        )
        return message, self.deliver(message)

    def _writable(self, person_id: int, chat_id: int | None, thread_id: int | None) -> Chat:
        """The chat, if the person can write there. Raises ControlError."""
        if chat_id in (None, person_id):
            self._reachable(person_id)
            return self.chats[person_id]
        chat = self.group(int(chat_id or 0))
        member = self.seat(chat.chat_id, person_id)
        if chat.migrated_to is not None:
            raise ControlError(409, "this group became a supergroup", migrated_to=chat.migrated_to)
        closed = thread_id is not None and self.topic(chat.chat_id, thread_id).closed
        if (closed or "can_send_messages" in chat.forbidden) and not member.governs:
            raise ControlError(409, "only administrators can write here")
        return chat

    def _reachable(self, person_id: int) -> Person:
        """A person who can write to the bot. Raises ControlError 409 for one who blocked it."""
        person = self.person(person_id)
        if person.blocked:
            raise ControlError(409, f"{person.first_name} blocked the bot, and has to unblock it first")
        return person

    def follow(self, person_id: int, url: str, chat_id: int | None = None) -> tuple[Message, int | None]:
        """A person opens the bot's link and presses Start: "/start PAYLOAD" in private.

        A ?startgroup link adds the bot to the person's group `chat_id`, and says it there. Returns the
        message and its update's id. Raises ControlError 400 for any other link.
        """
        link = read_link(url, self.bot.username or "")
        if not link.for_group:
            return self.say(person_id, f"/start {link.payload}".rstrip())
        if chat_id is None:
            raise ControlError(400, "the link asks for a group: give its chat_id")
        self.seat(chat_id, person_id)
        if not self.bot_member(chat_id).present:
            self.set_member(chat_id, self.bot.person_id, "member", person_id)
        return self.say(person_id, f"/start@{self.bot.username} {link.payload}".rstrip(), chat_id)

    def tap(
        self, person_id: int, label: str, message_id: int | None = None, chat_id: int | None = None
    ) -> Query | str:
        """A person taps the button `label`, on the newest message that has it unless `message_id` says which.

        Returns the query that the tap made, or the address that the button opens. Where a keyboard has the
        label twice, the first in reading order is tapped. Raises ControlError 404 with the labels there are.
        """
        messages = self.chat_messages(self._tappable(person_id, chat_id))[::-1]
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

    def tap_data(self, person_id: int, data: str, message_id: int, chat_id: int | None = None) -> Query:
        """A tap that carries `data`, whether or not the message still has such a button.

        This is what an app sends that has not seen the newest keyboard. Raises ControlError 404.
        """
        message = self.messages.get((self._tappable(person_id, chat_id), message_id))
        if message is None:
            raise ControlError(404, f"there is no message {message_id} in this chat")
        return self._new_query(message, person_id, data)

    def _tappable(self, person_id: int, chat_id: int | None) -> int:
        """The id of a chat where the person can tap. Raises ControlError 404 or 409."""
        if chat_id in (None, person_id):
            return self._reachable(person_id).person_id
        self.seat(self.group(int(chat_id or 0)).chat_id, person_id)
        return int(chat_id or 0)

    def _tap_button(self, message: Message, person_id: int, button: Json) -> Query | str:
        if "callback_data" in button:
            return self._new_query(message, person_id, button["callback_data"])
        if "url" in button:
            return str(button["url"])
        raise ControlError(501, f"tapping a {button_kind(button)} button is not supported yet")

    def _new_query(self, message: Message, person_id: int, data: str) -> Query:
        person = self.people[person_id]
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
