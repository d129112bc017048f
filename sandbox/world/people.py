"""People: who there is, what they send to the bot or into a group, and whether they have blocked the bot."""

import secrets
from typing import Any

from sandbox.errors import ControlError
from sandbox.state.objects import member_change_object, message_object
from sandbox.state.records import Chat, Member, Message, Person
from sandbox.state.tables import State
from sandbox.text.entities import covered, find_entities, tidy
from sandbox.world.chats import Chats
from sandbox.world.files import MOST_BYTES, Files
from sandbox.world.groups import Groups
from sandbox.world.links import read_link
from sandbox.world.updates import UpdateQueue


class People:
    """What people do with their own account and in chats, and how the bot hears of it."""

    def __init__(
        self, state: State, chats: Chats, groups: Groups, files: Files, updates: UpdateQueue
    ) -> None:
        self._state = state
        self._chats = chats
        self._groups = groups
        self._files = files
        self._updates = updates

    def add(
        self,
        first_name: str,
        person_id: int | None = None,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str = "en",
    ) -> Person:
        """Somebody new, with a private chat, still empty. Raises ControlError 409 if the id is taken."""
        if person_id is None:
            person_id = 7_000_000_000 + secrets.randbelow(1_000_000_000)
        if person_id in self._state.people or person_id == self._state.bot.person_id:
            raise ControlError(409, f"the id {person_id} is taken")
        person = Person(person_id, first_name, last_name, username, language_code)
        self._state.people.save(person)
        self._chats.add(Chat(person_id))
        return person

    def set_blocked(self, person_id: int, blocked: bool) -> Person:
        """A person blocks or unblocks the bot, which hears of it by my_chat_member."""
        person = self._state.person(person_id)
        if person.blocked == blocked:
            return person
        person.blocked = blocked
        self._state.people.save(person)
        self._chats.touch(person_id)
        changes = [Member(person_id, self._state.bot.person_id, status) for status in ("member", "kicked")]
        before, after = changes if blocked else reversed(changes)
        self._updates.add("my_chat_member", member_change_object(self._state, before, after, person_id))
        return person

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
        if anonymous and not self._state.member(chat_id or person_id, person_id).governs:
            raise ControlError(409, "only an administrator of a group can be anonymous")
        chat = self._chat_to_write(person_id, chat_id, thread_id)
        if reply_to is not None:
            self._state.message(chat.chat_id, reply_to)
        fields = {"reply_to": reply_to, "entities": entities, "anonymous": anonymous}
        return self._send(person_id, text, chat, thread_id, **fields)

    def send_document(
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
        chat = self._chat_to_write(person_id, chat_id, thread_id)
        file_id = self._files.add("document", name, content, mime_type).file_id
        return self._send(person_id, caption, chat, thread_id, entities=entities, file_id=file_id)

    def open_link(self, person_id: int, url: str, chat_id: int | None = None) -> tuple[Message, int | None]:
        """A person opens the bot's link and presses Start: "/start PAYLOAD" in private.

        A ?startgroup link adds the bot to the person's group `chat_id`, and says it there. Returns the
        message and its update's id. Raises ControlError 400 for any other link.
        """
        bot = self._state.bot
        link = read_link(url, bot.username or "")
        if not link.for_group:
            return self.say(person_id, f"/start {link.payload}".rstrip())
        if chat_id is None:
            raise ControlError(400, "the link asks for a group: give its chat_id")
        self._state.present_member(chat_id, person_id)
        if not self._state.bot_member(chat_id).present:
            self._groups.set_member(chat_id, bot.person_id, "member", person_id)
        return self.say(person_id, f"/start@{bot.username} {link.payload}".rstrip(), chat_id)

    def _chat_to_write(self, person_id: int, chat_id: int | None, thread_id: int | None) -> Chat:
        """The chat, if the person can write there. Raises ControlError."""
        if chat_id in (None, person_id):
            self._state.reachable(person_id)
            return self._state.chats[person_id]
        chat = self._state.current_group(int(chat_id or 0))
        member = self._state.present_member(chat.chat_id, person_id)
        closed = thread_id is not None and self._state.topic(chat.chat_id, thread_id).closed
        if (closed or "can_send_messages" in chat.forbidden) and not member.governs:
            raise ControlError(409, "only administrators can write here")
        return chat

    def _send(
        self, person_id: int, text: str, chat: Chat, thread_id: int | None, **fields: Any
    ) -> tuple[Message, int | None]:
        """Add a message, and hand it to the bot where it may see it; the update's id, or None."""
        person = self._state.people[person_id]
        if chat.type == "private" and not person.started:
            person.started = True
            self._state.people.save(person)
        message = self._chats.add_message(chat.chat_id, person_id, text, thread_id=thread_id, **fields)
        if not self._bot_sees(chat, message):
            return message, None
        return message, self._updates.add("message", message_object(self._state, message))

    def _bot_sees(self, chat: Chat, message: Message) -> bool:
        """In a group, privacy mode shows a bot that is no administrator only what is for it."""
        if chat.type == "private":
            return True
        bot = self._state.bot_member(chat.chat_id)
        return bot.present and (bot.governs or self._is_for_bot(message))

    def _is_for_bot(self, message: Message) -> bool:
        """Commands, unless they name another bot, mentions, and replies to its messages."""
        replied = self._state.messages.get((message.chat_id, message.reply_to or 0))
        if replied is not None and replied.sender_id == self._state.bot.person_id:
            return True
        name = f"@{self._state.bot.username}".lower()
        for entity in message.entities:
            words = covered(message.text, entity).lower()
            if entity["type"] == "mention" and words == name:
                return True
            first_command = entity["type"] == "bot_command" and entity["offset"] == 0
            if first_command and words.partition("@")[2] in ("", name[1:]):
                return True
        return False
